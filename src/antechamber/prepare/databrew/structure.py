"""Column structure steps: columns are put together, split, and flagged."""

from __future__ import annotations

import re

from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.java_regex import NotRegular, translate, uncaptured
from antechamber.prepare.databrew.operation import (
    ACTION,
    FUNCTION,
    TARGET,
    Call,
    Native,
    Operation,
    Refused,
    optional,
    required,
)

SOURCE = required("sourceColumn", "column")
NAMED = "The new columns are called as the source with `_1`, `_2` … behind it, and the source stays."


def _merge(call: Call) -> list[Native]:
    call.no_conditions("it makes one column of all rows")
    delimiter = sql.lit(call["delimiter"])
    parts = [f"nullif({call.text(column)}, '')" for column in call["sourceColumns"]]
    return call.make(f"nullif(concat_ws({delimiter}, {', '.join(parts)}), '')")


def _parts(call: Call, expressions: list[str]) -> list[Native]:
    call.no_conditions("it makes new columns in all rows")
    source = call["sourceColumn"]
    made: list[Native] = []
    for place, expression in enumerate(expressions, 1):
        call.state.numeric.discard(f"{source}_{place}")
        made.append(call.set(f"{source}_{place}", sql.present(expression)))
    merged = {column: expression for each in made for column, expression in each["derive"].items()}
    return [{"derive": merged}]


def _position(call: Call, name: str, least: int = 1) -> int:
    value: int = call[name]
    if value < least:
        raise Refused(f"positions are counted from {least}", f"write {least} or more", name)
    return value


def _from_start(call: Call) -> list[Native]:
    text, at = call.text(call["sourceColumn"]), _position(call, "position")
    return _parts(call, [f"left({text}, {at})", f"substring({text}, {at + 1})"])


def _from_end(call: Call) -> list[Native]:
    text, at = call.text(call["sourceColumn"]), _position(call, "position")
    return _parts(call, [f"left({text}, greatest(length({text}) - {at}, 0))", f"right({text}, {at})"])


def _between_positions(call: Call) -> list[Native]:
    text = call.text(call["sourceColumn"])
    start, end = _position(call, "startPosition"), _position(call, "endPosition")
    if end < start:
        raise Refused(f"it is before the startPosition {start}", f"write {start} or more", "endPosition")
    middle = f"substring({text}, {start}, {end - start + 1})"
    return _parts(call, [f"left({text}, {start - 1})", middle, f"substring({text}, {end + 1})"])


def _option(call: Call, name: str) -> tuple[str, bool]:
    """A delimiter and whether it stays in the new column."""
    option = call[name]
    return _pattern(option, name)


def _pattern(option: object, name: str) -> tuple[str, bool]:
    if not isinstance(option, dict) or not isinstance(option.get("pattern"), str) or not option["pattern"]:
        raise Refused("it names no pattern", 'write {"pattern": ",", "includeInSplit": false}', name)
    return _delimiter(option["pattern"], name), str(option.get("includeInSplit", "false")).lower() == "true"


def _between_delimiters(call: Call) -> list[Native]:
    text = call.text(call["sourceColumn"])
    (first, keep_first), (second, keep_second) = _option(call, "patternOption1"), _option(call, "patternOption2")
    pattern = f"(?s)^(.*?)({first})(.*?)({second})(.*)$"

    def group(number: int) -> str:
        return f"regexp_extract({text}, {sql.lit(pattern)}, {number})"

    middle = " || ".join([*([group(2)] if keep_first else []), group(3), *([group(4)] if keep_second else [])])
    left = f"CASE WHEN regexp_matches({text}, {sql.lit(pattern)}) THEN {group(1)} ELSE {text} END"
    return _parts(call, [left, middle, group(5)])


def _single(call: Call) -> list[Native]:
    return _split(call, _delimiter(call["pattern"], "pattern"), call["includeInSplit"])


def _delimiter(characters: str, parameter: str) -> str:
    """The characters of a delimiter as a pattern that finds them; one with a backslash is a pattern already."""
    if not characters:
        raise Refused("it is empty", "write the characters at which the text is split", parameter)
    if "\\" not in characters:
        return re.sub(
            r"([^0-9A-Za-z\s])", lambda found: "\\" + found[1] if found[1].isascii() else found[1], characters
        )
    try:
        return uncaptured(translate(characters))
    except NotRegular as error:
        raise Refused(f"the pattern cannot be used: {error.what}", "write it in another way", parameter) from None


def _multiple(call: Call) -> list[Native]:
    options = call["patternOptions"]
    if not options:
        raise Refused("it names no pattern", 'write [{"pattern": ",", "includeInSplit": false}]', "patternOptions")
    read = [_pattern(each, "patternOptions") for each in options]
    if len({stays for _, stays in read}) > 1:
        raise Refused("some patterns stay in the new column and some do not", "use the same includeInSplit for all",
                      "patternOptions")  # fmt: skip
    return _split(call, "|".join(f"(?:{pattern})" for pattern, _ in read), read[0][1])


def _split(call: Call, pattern: str, stays: bool) -> list[Native]:
    """The first `limit` delimiters split the text; the rest of it is the last column."""
    text, limit = call.text(call["sourceColumn"]), call["limit"]
    if not 1 <= limit <= 20:
        raise Refused(f"{limit} is not between 1 and 20", "DataBrew splits at 1 to 20 delimiters", "limit")
    columns = []
    for place in range(limit + 1):
        before = f"(?:.*?(?:{pattern})){{{place}}}" if place else ""
        if place < limit:
            # A delimiter that stays goes to the column that it ends.
            own = f"(.*?(?:{pattern}))" if stays else f"(.*?)(?:{pattern})"
            whole = f"(?s)^{before}{own}"
            rest = f"(?s)^{before}(.*)$"
            columns.append(
                f"CASE WHEN regexp_matches({text}, {sql.lit(whole)}) THEN regexp_extract({text}, {sql.lit(whole)}, "
                f"1) "
                f"ELSE regexp_extract({text}, {sql.lit(rest)}, 1) END"
            )
        else:
            columns.append(f"regexp_extract({text}, {sql.lit(f'(?s)^{before}(.*)$')}, 1)")
    return _parts(call, columns)


def _flag(call: Call, condition: str) -> list[Native]:
    true, false = sql.lit(call["trueString"]), sql.lit(call["falseString"])
    return call.make(f"CASE WHEN {condition} THEN {true} ELSE {false} END")


def _flag_null(call: Call) -> list[Native]:
    return _flag(call, f"coalesce({call.text(call['sourceColumn'])}, '') = ''")


def _flag_pattern(call: Call) -> list[Native]:
    return _flag(
        call, f"coalesce(regexp_matches({call.text(call['sourceColumn'])}, {sql.lit(call['pattern'])}), false)"
    )


STRINGS = (optional("trueString", "text", default="True"), optional("falseString", "text", default="False"))
MERGED = (required("sourceColumns", "columns"), TARGET, optional("delimiter", "text", default=""))
STAYS = optional("includeInSplit", "flag", default=False)
LIMIT = required("limit", "whole")

OPERATIONS = (
    Operation(
        "MERGE",
        f"{ACTION}MERGE",
        MERGED,
        "The values of the columns, with the delimiter between them; missing ones are left out with their delimiter.",
        _merge,
    ),
    Operation("MERGE_COLUMNS_AND_VALUES", f"{FUNCTION}MERGE", MERGED, "As MERGE.", _merge),
    Operation(
        "SPLIT_COLUMN_FROM_START",
        f"{ACTION}SPLIT_COLUMN_FROM_START",
        (SOURCE, required("position", "whole")),
        f"Two columns: the first characters, and the rest. {NAMED}",
        _from_start,
    ),
    Operation(
        "SPLIT_COLUMN_FROM_END",
        f"{ACTION}SPLIT_COLUMN_FROM_END",
        (SOURCE, required("position", "whole")),
        f"Two columns: what comes before the last characters, and these. {NAMED}",
        _from_end,
    ),
    Operation(
        "SPLIT_COLUMN_BETWEEN_POSITIONS",
        f"{ACTION}SPLIT_COLUMN_BETWEEN_POSITIONS",
        (SOURCE, required("startPosition", "whole"), required("endPosition", "whole")),
        "Three columns: what comes before, what stands from one position to the other, both included and "
        f"counted from 1, and the rest. {NAMED}",
        _between_positions,
    ),
    Operation(
        "SPLIT_COLUMN_BETWEEN_DELIMITER",
        f"{ACTION}SPLIT_COLUMN_BETWEEN_DELIMITER",
        (SOURCE, required("patternOption1", "map"), required("patternOption2", "map")),
        "Three columns: what comes before the first delimiter, what stands between it and the second, and the "
        f"rest; delimiters that stay go to the middle. {NAMED}",
        _between_delimiters,
    ),
    Operation(
        "SPLIT_COLUMN_SINGLE_DELIMITER",
        f"{ACTION}SPLIT_COLUMN_SINGLE_DELIMITER",
        (SOURCE, required("pattern", "text"), LIMIT, STAYS),
        "One column more than `limit`: the text is split at the first `limit` delimiters (characters as they "
        f"stand; with a backslash, a regular expression); one that stays goes to the column that it ends. {NAMED}",
        _single,
    ),
    Operation(
        "SPLIT_COLUMN_MULTIPLE_DELIMITER",
        f"{ACTION}SPLIT_COLUMN_MULTIPLE_DELIMITER",
        (SOURCE, required("patternOptions", "objects"), LIMIT),
        "As SPLIT_COLUMN_SINGLE_DELIMITER, at whichever of the delimiters comes first.",
        _multiple,
    ),
    Operation(
        "FLAG_COLUMN_FROM_NULL",
        f"{ACTION}FLAG_COLUMN_FROM_NULL",
        (SOURCE, TARGET, optional("flagType", "text", "Null values"), *STRINGS),
        "A new column that says whether the value is missing (null, or no characters).",
        _flag_null,
    ),
    Operation(
        "FLAG_COLUMN_FROM_PATTERN",
        f"{ACTION}FLAG_COLUMN_FROM_PATTERN",
        (SOURCE, TARGET, optional("flagType", "text", "Pattern"), required("pattern", "pattern"), *STRINGS),
        "A new column that says whether the regular expression is found.",
        _flag_pattern,
    ),
)
