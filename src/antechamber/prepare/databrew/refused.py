"""Operations of DataBrew that are not carried over, and why."""

from __future__ import annotations

from dataclasses import dataclass

ALL_ROWS = "its result for one row depends on all rows, and the same record would give other bytes in another file"
RESHAPES = "it makes other rows out of the rows, and no record could be accounted for"
NESTED = "it makes a column of lists or objects, which a clean room cannot use"
CHANCE = "its result is chance, and the same record must give the same bytes in every run"
CLOCK = "its result depends on when it runs, and the same record must give the same bytes in every run"
DETECTED = "DataBrew does not document how it detects an advanced data type"
UNSAID = "the guide does not say what the result is"


@dataclass(frozen=True)
class Unsupported:
    """why: one clause. instead: one line that says what to do."""

    why: str
    instead: str


AT_THE_SOURCE = "do it in a query at the source, or afterwards on the published table"
UNDER_COLUMNS = "give the column that type under columns: with on_invalid"


def _all(names: str, why: str, instead: str = AT_THE_SOURCE) -> dict[str, Unsupported]:
    return {name: Unsupported(why, instead) for name in names.split()}


REFUSED = {
    **_all(
        "DELETE_DUPLICATE_ROWS FLAG_DUPLICATE_ROWS",
        "it compares whole rows, and only the columns that are needed are read",
        "use the step deduplicate with the columns that tell rows apart",
    ),
    **_all("FLAG_DUPLICATES_IN_COLUMN", ALL_ROWS, "use REMOVE_DUPLICATES, or the step deduplicate"),
    **_all(
        "FILL_WITH_AVERAGE FILL_WITH_MEDIAN FILL_WITH_MODE FILL_WITH_MOST_FREQUENT FILL_WITH_SUM "
        "FILL_WITH_LAST_VALID "
        "REPLACE_WITH_AVERAGE REPLACE_WITH_MEDIAN REPLACE_WITH_MODE REPLACE_WITH_MOST_FREQUENT REPLACE_WITH_SUM "
        "REPLACE_WITH_LAST_VALID REPLACE_WITH_ROLLING_AVERAGE REPLACE_WITH_ROLLING_SUM",
        ALL_ROWS,
        "use FILL_WITH_CUSTOM or REPLACE_WITH_CUSTOM with a fixed value",
    ),
    **_all(
        "FLAG_OUTLIERS REMOVE_OUTLIERS REPLACE_OUTLIERS RESCALE_OUTLIERS_WITH_Z_SCORE RESCALE_OUTLIERS_WITH_SKEW "
        "ONE_HOT_ENCODING SKEWNESS MIN_MAX_NORMALIZATION MEAN_NORMALIZATION SCALE_BETWEEN Z_SCORE_NORMALIZATION "
        "STANDARDIZATION",
        ALL_ROWS,
    ),
    **_all(
        "FILL NEXT PREV ROLLING_AVERAGE ROLLING_COUNT_A ROLLING_KTH_LARGEST ROLLING_KTH_LARGEST_UNIQUE ROLLING_MAX "
        "ROLLING_MIN ROLLING_MODE ROLLING_STANDARD_DEVIATION ROLLING_SUM ROLLING_VARIANCE ROW_NUMBER SESSION",
        ALL_ROWS,
    ),
    **_all("GROUP_BY PIVOT UNPIVOT TRANSPOSE UNNEST_ARRAY", RESHAPES),
    **_all("JOIN", "it needs a second dataset", "use the step lookup with a reference file, or join at the source"),
    **_all("UNION", "it needs a second dataset", "write a connector for each, with the same table"),
    **_all(
        "NEST_TO_ARRAY NEST_TO_MAP NEST_TO_STRUCT JSON_TO_STRUCTS",
        NESTED,
        "use MERGE, or EXTRACT_VALUE for single fields",
    ),
    **_all(
        "UNNEST_MAP UNNEST_STRUCT UNNEST_STRUCT_N",
        "which columns it makes depends on the values",
        "use EXTRACT_VALUE for each field that is needed",
    ),
    **_all(
        "SPLIT_COLUMN_WITH_INTERVALS",
        "how many columns it makes depends on the values",
        "use SPLIT_COLUMN_BETWEEN_POSITIONS, or EXTRACT_BETWEEN_POSITIONS for each piece",
    ),
    **_all("TOKENIZATION", "the guide does not document its dictionaries of words"),
    **_all(
        "ADVANCED_DATATYPE_FILTER ADVANCED_DATATYPE_FLAG GET_ADVANCED_DATATYPE EXTRACT_ADVANCED_DATATYPE_DETAILS",
        DETECTED,
        UNDER_COLUMNS,
    ),
    **_all(
        "REPLACE_WITH_RANDOM_BETWEEN REPLACE_WITH_RANDOM_DATE_BETWEEN RANDOM RANDOM_BETWEEN",
        CHANCE,
        "use MASK_RANGE, or a protection under columns:",
    ),
    **_all("SHUFFLE_ROWS", ALL_ROWS, "use a protection under columns:"),
    **_all("NOW TODAY", CLOCK, "the table's snapshots say when each run was"),
    **_all(
        "ENCRYPT",
        "it draws a new data key from AWS KMS for every value, so that equal values never match",
        "use CRYPTOGRAPHIC_HASH, or protect: under columns:",
    ),
    **_all("DECRYPT", "it would bring back what was hidden, with a key of AWS KMS", "decrypt at the source"),
    **_all(
        "DETERMINISTIC_ENCRYPT",
        "DataBrew documents AES-GCM-SIV with a 256-bit key, and neither its nonce nor how the "
        "ciphertext is written, and says that nothing else can decrypt it",
        "use CRYPTOGRAPHIC_HASH, or protect: under columns:",
    ),
    **_all(
        "DETERMINISTIC_DECRYPT", "DataBrew does not document how its ciphertext is written", "decrypt in DataBrew"
    ),
    **_all(
        "FIND RIGHT_FIND",
        f"{UNSAID}, the position or the piece that is found",
        "use EXTRACT_PATTERN or FLAG_COLUMN_FROM_PATTERN",
    ),
    **_all(
        "WEEK_DAY", f"{UNSAID}, a name or a number, nor which day is the first", "use DATE_FORMAT, or a step derive"
    ),
    **_all(
        "KTH_LARGEST KTH_LARGEST_UNIQUE MEDIAN MODE STANDARD_DEVIATION VARIANCE",
        "statistics of one row's columns are not carried over",
        "use a step derive",
    ),
    **_all(
        "URL_PARAMS",
        "the guide does not say how it decodes what is encoded",
        "use EXTRACT_PATTERN for each parameter",
    ),
    **_all(
        "GET_ACTION_RESULT GET_STEP_DATAFRAME",
        "it belongs to a project's session, not to a recipe",
        "remove the step",
    ),
}
"""Every documented operation that is not carried over."""
