"""Every kind of mistake in a quality rule is told once, with its line, key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES, LOYALTY

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
CLUB = "connectors/loyalty.yaml"

# (the column, its rules, where below `columns.<name>.quality`, what, a part of the remedy)
OF_COLUMNS: list[tuple[str, str, str, str, str]] = [
    ("tier", "{}", "", "no rule is named", "not_null, range, one_of, pattern, length, unique"),
    ("tier", "warn", "", "expected a mapping, found text", "write key: value"),
    ("tier", "{notnull: warn}", ".notnull", "'notnull' is not a key that is known here", "did you mean 'not_null'?"),
    ("tier", "{not_null: fial}", ".not_null", "'fial' is not something that a rule does", "did you mean 'fail'?"),
    ("tier", "{not_null: true}", ".not_null", "expected text, found true or false", "warn, quarantine, fail"),
    ("tier", "{not_null: {}}", ".not_null.then", "this key is missing", "add then: one of warn, quarantine, fail"),
    ("tier", "{not_null: {then: warn, tolerate: 5}}", ".not_null.tolerate", "expected text, found a number",
     "quotes"),
    ("tier", "{not_null: {then: warn, tolerate: '5'}}", ".not_null.tolerate", "'5' is not a share", "such as 0.5%"),
    ("tier", "{not_null: {then: warn, tolerate: 101%}}", ".not_null.tolerate", "'101%' is more than all of them",
     "0% to 100%"),
    ("tier", "{not_null: {then: warn, tolerate: -1%}}", ".not_null.tolerate", "'-1%' is not a share", "such as 0.5%"),
    ("tier", "{range: {min: 1, then: warn}}", ".range", "`range` means nothing for type string", "integer, decimal"),
    ("ltv", "{range: {then: warn}}", ".range", "neither min nor max is given", "add min:"),
    ("ltv", "{range: {min: 5, max: 4, then: warn}}", ".range.max", "max is less than min: no value would pass",
     "greater"),
    ("ltv", "{range: {min: '5', then: warn}}", ".range.min", "'5' is not a number", "without quotes"),
    ("ltv", "{range: {min: [1], then: warn}}", ".range.min", "this is no bound", "write a number"),
    ("ltv", "{range: {least: 1, max: 2, then: warn}}", ".range.least", "'least' is not a key that is known here", ""),
    ("signup", "{range: {min: 2020, then: warn}}", ".range.min", "expected a day or a moment, found 2020",
     '"2026-01-31"'),
    ("signup", "{range: {min: 2020-02-30, then: warn}}", ".range.min", "'2020-02-30' is not a day", "2026-01-31"),
    ("signup", "{range: {min: '2020-02-20T10:00', then: warn}}", ".range.min", "'2020-02-20T10:00' is not a day",
     "2026-01-31"),
    ("seen", "{range: {max: soon, then: warn}}", ".range.max", "'soon' is not a day or a moment", "T12:00:00Z"),
    ("seen", "{range: {min: 2026-01-02, max: '2026-01-01T23:00:00Z', then: warn}}", ".range.max",
     "max is less than min: no value would pass", "greater"),
    ("tier", "{one_of: {values: [], then: warn}}", ".one_of.values", "the list is empty", "name at least one"),
    ("tier", "{one_of: {values: [gold, silver, gold], then: warn}}", ".one_of.values[2]",
     "'gold' is in the list before", "remove"),
    ("tier", "{one_of: {values: [1], then: warn}}", ".one_of.values[0]", "expected text, found a number", "quotes"),
    ("tier", "{one_of: {values: [platinum], then: warn}}", ".one_of.values",
     "none of them is in the column's own one_of: no value would pass", "that are valid"),
    ("ltv", "{one_of: {values: ['1'], then: warn}}", ".one_of", "`one_of` is for text, and type decimal is none",
     "use range"),
    ("tier", "{pattern: {matches: '(', then: warn}}", ".pattern.matches", "this is not a regular expression",
     "brackets"),
    ("tier", "{pattern: {matches: '(?x)a#', then: warn}}", ".pattern.matches",
     "the pattern cannot describe a whole value", "(?x)"),
    ("tier", "{pattern: {matches: '(?!a)', then: warn}}", ".pattern.matches",
     "the pattern looks ahead or behind, which these patterns cannot", "groups"),
    ("tier", "{pattern: {then: warn}}", ".pattern.matches", "this key is missing", "add matches: text"),
    ("signup", "{pattern: {matches: x, then: warn}}", ".pattern", "`pattern` is for text, and type date is none",
     "use range"),
    ("tier", "{length: {then: warn}}", ".length", "neither min nor max is given", "add min:"),
    ("tier", "{length: {min: 3, max: 2, then: warn}}", ".length.max", "2 is less than min, 3", "greater"),
    ("tier", "{length: {min: -1, then: warn}}", ".length.min", "-1 is too small", "0 or more"),
    ("score", "{length: {min: 1, then: warn}}", ".length", "`length` is for text, and type float is none", "range"),
    ("note", "{not_null: warn}", "", "`quality` means nothing for a column that is dropped", "publish the column"),
    ("card", "{unique: fail}", ".unique",
     "published values are compared, and under `protect: mask` equal values are not told from different ones",
     "sha256"),
    ("score", "{unique: fail}", ".unique", "'score' is a float, of which no two are sure to be equal", "decimal"),
    ("customer_id", "{unique: fail}", ".unique",
     "the table's key is in it, and an upsert keeps one record of each key", "remove"),
    ("tier", "{unique: quarantine}", ".unique.then",
     "in a table of mode upsert a record that is held back leaves an earlier one of its key there, which may have "
     "the value as well", "then: warn or then: fail"),
]  # fmt: skip

# (the rules, where below `quality`, what, a part of the remedy)
OF_TABLE: list[tuple[str, str, str, str]] = [
    ("{}", "", "no rule is named", "unique, freshness, row_count, references"),
    ("{uniqe: {columns: [tier], then: fail}}", ".uniqe", "'uniqe' is not a key that is known here", "'unique'"),
    ("{unique: {columns: [teir], then: fail}}", ".unique.columns[0]", "'teir' is not a published column",
     "did you mean 'tier'?"),
    ("{unique: [{columns: [tier, zip], then: fail}, {columns: [zip, zip], then: fail}]}", ".unique[1].columns[1]",
     "'zip' is in the list before", "remove"),
    ("{unique: {columns: [note], then: fail}}", ".unique.columns[0]", "the column 'note' is dropped",
     "protect: drop"),
    ("{unique: {columns: [], then: fail}}", ".unique.columns", "the list is empty", "at least one"),
    ("{unique: {columns: [zip, customer_id], then: fail}}", ".unique",
     "the table's key is in it, and an upsert keeps one record of each key", "remove"),
    ("{freshness: {column: seen, within: 2 days, then: fail}}", ".freshness.within", "'2 days' is not a span of time",
     "90m, 12h, 2d, 1w"),
    ("{freshness: {column: seen, within: 9999w, then: fail}}", ".freshness.within",
     "'9999w' is longer than a hundred years", "shorter"),
    ("{freshness: {column: tier, within: 2d, then: fail}}", ".freshness.column",
     "`freshness` needs a date or a timestamp, not type string", "another"),
    ("{freshness: {column: sen, within: 2d, then: fail}}", ".freshness.column", "'sen' is not a published column",
     "did you mean 'seen'?"),
    ("{freshness: {column: seen, within: 2d, then: quarantine}}", ".freshness.then",
     "freshness judges a run as a whole: there is no record to be held back", "then: fail"),
    ("{row_count: {min: 1, then: quarantine}}", ".row_count.then",
     "row_count judges a run as a whole: there is no record to be held back", "then: fail"),
    ("{row_count: {then: fail}}", ".row_count", "nothing is said of the count", "change:"),
    ("{row_count: {min: 5, max: 3, then: fail}}", ".row_count.max", "3 is less than min, 5", "greater"),
    ("{row_count: {change: lots, then: fail}}", ".row_count.change", "'lots' is not a share", "such as 0.5%"),
    ("{row_count: {min: 1, over: 7, then: fail}}", ".row_count.over", "only `change` looks at the last runs",
     "change: 30%"),
    ("{row_count: {change: 5%, over: 0, then: fail}}", ".row_count.over", "0 is too small", "1 to 100"),
    ("{row_count: {min: 1, tolerate: 5%, then: fail}}", ".row_count.tolerate",
     "'tolerate' is not a key that is known here", ""),
    ("{references: {columns: [tier], then: fail}}", ".references.table", "neither a table nor a file is named",
     "add table: or file:"),
    ("{references: {columns: [tier], table: orders, file: a.csv, then: fail}}", ".references.file",
     "both a table and a file are named", "remove one"),
    ("{references: {columns: [tier], table: loyalty, key: [zip], then: fail}}", ".references.table",
     "the table cannot refer to itself: the records of one run do not see each other", "another"),
    ("{references: {columns: [tier], table: order, key: [order_id], then: fail}}", ".references.table",
     "no connector of the tenant publishes a table 'order'", "did you mean 'orders'?"),
    ("{references: {columns: [tier], table: orders, then: fail}}", ".references.columns[0]",
     "the table 'orders' has no column 'tier'", "order_id"),
    ("{references: {columns: [tier], table: orders, key: [orderid], then: fail}}", ".references.key[0]",
     "the table 'orders' has no column 'orderid'", "did you mean 'order_id'?"),
    ("{references: {columns: [tier, zip], table: orders, key: [order_id], then: fail}}", ".references.key",
     "there are 2 columns and 1 to compare them with", "as many"),
    ("{references: {columns: [email], table: orders, key: [order_id], then: fail}}", ".references.key[0]",
     "'email' and 'order_id' differ in `protect` (sha256 and none): no value would ever be found", "same protect"),
    ("{references: {columns: [ltv], table: orders, key: [order_id], then: fail}}", ".references.key[0]",
     "'ltv' and 'order_id' differ in `type` (decimal and text): no value would ever be found", "same type"),
    ("{references: {columns: [seen], table: orders, key: [order_id], then: fail}}", ".references.key[0]",
     "'seen' and 'order_id' differ in `type` (timestamp and text): no value would ever be found", "same type"),
    ("{references: {columns: [tier], file: ../a.csv, then: fail}}", ".references.file",
     "the file is not in the workspace", "workspace's folder"),
    ("{references: {columns: [tier], file: a.xlsx, then: fail}}", ".references.file",
     "'.xlsx' is no kind of reference file", ".csv, .jsonl, .parquet"),
]  # fmt: skip


def line_of(text: str, wanted: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if wanted in line)


@pytest.mark.parametrize(("column", "rules", "where", "what", "remedy"), OF_COLUMNS)
def test_a_mistake_in_a_columns_rule_is_told_once(
    told: Told, column: str, rules: str, where: str, what: str, remedy: str
) -> None:
    old = next(line for line in LOYALTY.splitlines() if line.startswith(f"  {column}: {{"))
    text = LOYALTY.replace(old, old[:-1] + f", quality: {rules}" + "}")
    ((place, said, way_out),) = told({CLUB: text})
    assert place == f"{CLUB}:{line_of(text, old[:-1])}: columns.{column}.quality{where}"
    assert said == what
    assert remedy in way_out


@pytest.mark.parametrize(("rules", "where", "what", "remedy"), OF_TABLE)
def test_a_mistake_in_a_tables_rule_is_told_once(told: Told, rules: str, where: str, what: str, remedy: str) -> None:
    text = f"{LOYALTY}quality: {rules}\n"
    ((place, said, way_out),) = told({CLUB: text})
    assert place == f"{CLUB}:{len(text.splitlines())}: quality{where}"
    assert said == what
    assert remedy in way_out


def test_a_rule_of_a_column_with_several_keys_is_told_where_it_stands(told: Told) -> None:
    text = LOYALTY.replace(
        "  email:\n    type: email\n    protect: sha256\n",
        "  mail:\n    type: email\n    protect: sha256\n    quality: {range: {min: 1, then: warn}}\n"
        "    keys: {email: aws-entity-resolution, email_uid2: uid2}\n",
    )
    found = told({CLUB: text})
    assert [where.partition(": ")[0] for where, _, _ in found] == [f"{CLUB}:{line_of(text, 'min: 1')}"] * 2


GOOD = """\
quality:
  unique: [{columns: [email], then: fail}, {columns: [tier, zip], then: warn, tolerate: 0.5%}]
  freshness: {column: seen, within: 2d, then: warn}
  row_count: {min: 10, max: 1000, change: 30%, over: 7, then: fail}
  references: [{columns: [tier], file: ref/tiers.csv, key: [name], then: quarantine, tolerate: 1%}]
"""


def test_good_rules_load(told: Told) -> None:
    text = LOYALTY.replace(
        "scale: 2}", "scale: 2, quality: {not_null: warn, range: {min: 0, max: 1e6, then: fail}}}"
    ).replace("bronze]}", "bronze], quality: {one_of: {values: [gold], then: warn}, length: {max: 9, then: fail}}}")
    assert told({CLUB: text + GOOD}) == []
    assert len(FILES) == 4


OTHER = """\
connector: {name}
tenant: acme
source: {{type: landing, path: "{name}/*.csv"}}
columns:
  key: {column}
table: {{name: {name}}}
{quality}
"""


@pytest.mark.parametrize(
    ("mine", "theirs", "aspect"),
    [
        ("{type: email, protect: hmac-sha256, secret: env:A}", "{type: email, protect: hmac-sha256, secret: env:B}",
         "secret"),
        ("{type: email, protect: sha256}", "{type: email, protect: sha256, standard: uid2}", "encoding"),
        ("{type: email, protect: sha256}", "{type: email, protect: sha256, salt: env:S}", "salt"),
        ("{type: id, protect: tokenize, secret: env:A, token_group: a}",
         "{type: id, protect: tokenize, secret: env:A}", "token_group"),
        ("{type: decimal, scale: 3}", "{type: decimal}", "scale"),
        ("{type: date}", "{type: timestamp}", "type"),
        ("{type: email, protect: sha256}", "{type: email, protect: sha256, standard: uid2, encoding: hex}", None),
        ("{type: integer}", "{type: string}", None),
    ],
)  # fmt: skip
def test_columns_whose_published_values_never_agree_are_told(
    told: Told, mine: str, theirs: str, aspect: str | None
) -> None:
    rule = "quality: {references: {columns: [key], table: other, then: warn}}"
    found = told(
        {
            "connectors/mine.yaml": OTHER.format(name="mine", column=mine, quality=rule),
            "connectors/other.yaml": OTHER.format(name="other", column=theirs, quality=""),
        }
    )
    if aspect is None:
        assert found == []
    else:
        ((where, what, remedy),) = found
        assert where == "connectors/mine.yaml:7: quality.references.columns[0]"
        assert what.startswith(f"'key' and 'key' differ in `{aspect}`")
        assert remedy == f"give both the same {aspect}"
        assert "env:" not in what
