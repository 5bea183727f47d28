"""Every kind of mistake in a step is told once, with its line, key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.declare.conftest import FILES, lay_out

from antechamber.declare import load_workspace

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
CLUB = list(FILES)[1]

# (the steps, where below `steps`, what, a part of the remedy)
CASES: list[tuple[str, str, str, str]] = [
    ("- renam: {a: b}", "[0].renam", "'renam' is not a step", "did you mean 'rename'?"),
    ("- dedupe: {by: a}\n- where: a", "[1].where", "'where' is not a step", "did you mean 'filter'?"),
    ("- rename", "[0]", "expected a mapping, found text", "write key: value"),
    ("- {rename: {a: b}, fill: {c: d}}", "[0]", "a step has one key, its name, and this one has 2", "of its own"),
    ("- rename:", "[0].rename", "expected a mapping, found nothing", "write key: value"),
    ("- rename: {}", "[0].rename", "the mapping is empty", "name at least one"),
    ("- rename: {a: 7}", "[0].rename.a", "expected text, found a number", "put it in quotes"),
    ("- rename: {a: c, b: c}", "[0].rename.b", "two columns would be called 'c'", "a name of its own"),
    ("- rename: {a: a}", "[0].rename.a", "the new name of 'a' is the old one", "remove it"),
    ("- rename: {a: b}\n- fill: {a: x}", "[1].fill",
     "the column 'a' is not there any more: steps[0] (rename) took it away", "name what it became: b"),
    ("- replace: {columns: a, put: x}", "[0].replace.find", "neither find nor pattern is given", "add find: text"),
    ("- replace: {columns: a, find: x, pattern: y, put: z}", "[0].replace.find", "both find and pattern are given",
     "keep one"),
    ("- replace: {columns: a, pattern: '(', put: z}", "[0].replace.pattern", "this is not a regular expression",
     "brackets"),
    ("- replace: {columns: a, pattern: '(?=x)', put: z}", "[0].replace.pattern",
     "the pattern looks ahead or behind, which these patterns cannot", "in groups"),
    ("- replace: {columns: a, pattern: '(x)', put: '${2}'}", "[0].replace.put", "the pattern has no group '2'", "$$"),
    ("- replace: {columns: a, find: x, put: y, which: last}", "[0].replace.which",
     "'last' is not something that is replaced", "all, first, whole"),
    ("- replace: {columns: a, find: x, with: y}", "[0].replace.with", "'with' is not a key that is known here", ""),
    ("- map: {column: a, values: {x: y}, otherwise: drop}", "[0].map.otherwise",
     "'drop' is not something that becomes of a value that is not listed", "keep, null, quarantine, value"),
    ("- map: {column: a, values: {x: y}, otherwise: value}", "[0].map.default", "`otherwise: value` needs a value",
     "add default:"),
    ("- map: {column: a, values: {x: y}, default: z}", "[0].map.default", "only `otherwise: value` uses default",
     "otherwise: value"),
    ("- map: {column: a}", "[0].map.values", "this key is missing", "add values: a mapping"),
    ("- merge: {columns: [a], into: b}", "[0].merge.columns", "the list has 1 of at least 2 entries", "at least 2"),
    ("- split: {column: a, by: '', into: [b, c]}", "[0].split.by", "the text is empty", "write it"),
    ("- split: {column: a, by: x, into: [b, b]}", "[0].split.into[1]", "'b' is in the list before", "of its own"),
    ("- extract: {column: a, pattern: 'x(.*)'}", "[0].extract.pattern", "the pattern names no group", "(?P<"),
    ("- extract: {column: a, pattern: '(?P<b>'}", "[0].extract.pattern", "this is not a regular expression", "\\"),
    ("- parse_json: {column: a, take: {b: 'x..y'}}", "[0].parse_json.take.b", "'x..y' is not a path of keys",
     "address.city"),
    ("- parse_json: {column: a, take: {b: x}, on_error: drop}", "[0].parse_json.on_error",
     "'drop' is not something that becomes of a text that is not JSON", "null, quarantine"),
    ("- derive: {b: uper(a)}", "[0].derive.b", "the function 'uper' cannot be used here", "did you mean upper?"),
    ("- derive: {b: {sql: 'a +'}}", "[0].derive.b.sql", "this is not an SQL expression", "as in a SELECT"),
    ("- derive: {b: (SELECT 1)}", "[0].derive.b", "a query cannot stand in an expression", "operators and functions"),
    ("- derive: {b: now()}", "[0].derive.b", "the function 'now' cannot be used here", ""),
    ("- derive: {b: current_date}", "[0].derive.b", "current_date is not the record's", "double quotes"),
    ("- derive: {b: sum(a)}", "[0].derive.b", "the function 'sum' cannot be used here", ""),
    ("- derive: {b: {sql: a, on_error: drop}}", "[0].derive.b.on_error",
     "'drop' is not something that becomes of a value that cannot be worked out", "null, quarantine"),
    ("- derive: {b: 7}", "[0].derive.b", "expected text, found a number", "quotes"),
    ("- derive: {b: a / 0}", "[0].derive.b", "this divides by zero", "something else"),
    ("- derive: {b: CAST(a AS JSON)}", "[0].derive.b", "a cast makes no such type", "VARCHAR, INTEGER"),
    ("- filter: a = 1; b", "[0].filter", "the expression is more than one statement", "remove the ';'"),
    ("- filter: {where: read_csv('x')}", "[0].filter", "the function 'read_csv' cannot be used here", ""),
    ("- filter: {where: a = 1, on_error: skip}", "[0].filter.on_error",
     "'skip' is not something that becomes of a record whose condition fails", "drop, quarantine"),
    ("- filter: a = 1 LIMIT 5", "[0].filter", "an expression has no LIMIT", "behind SELECT"),
    ("- sample: {fraction: 2, by: a}", "[0].sample.fraction", "2 is too large", "use more than 0"),
    ("- sample: {fraction: 0.1, by: []}", "[0].sample.by", "the list is empty", "name at least one"),
    ("- deduplicate: email", "[0].deduplicate", "expected a mapping, found text", "write key: value"),
    ("- deduplicate: {by: email}", "[0].deduplicate.keep", "this key is missing", "add keep:"),
    ("- deduplicate: {by: email, keep: newest}", "[0].deduplicate.keep", "'newest' is not one of several records",
     "first, last"),
    ("- deduplicate: {by: [a, a], keep: last}", "[0].deduplicate.by[1]", "'a' is in the list before", "remove it"),
    ("- deduplicate: {by: a, keep: {}}", "[0].deduplicate.keep", "neither greatest nor least is given",
     "add greatest"),
    ("- deduplicate: {by: a, keep: {greatest: b, least: c}}", "[0].deduplicate.keep",
     "both greatest and least are given", "keep one"),
    ("- deduplicate: {by: a, keep: {latest: b}}", "[0].deduplicate.keep.latest",
     "'latest' is not a key that is known here", "did you mean 'greatest'?"),
    ("- deduplicate: {by: a, keep: {least: max(b)}}", "[0].deduplicate.keep.least",
     "the function 'max' cannot be used here", ""),
    ("- deduplicate: {by: a, keep: first, missing: drop}", "[0].deduplicate.missing",
     "'drop' is not something that becomes of a record without a value", "keep, equal"),
    ("- drop: {columns: [b]}\n- deduplicate: {by: a, keep: {greatest: b}}", "[1].deduplicate",
     "the column 'b' is not there any more: steps[0] (drop) took it away", ""),
    ("- lookup: {file: /etc/x.csv, on: {a: b}, take: {c: d}}", "[0].lookup.file", "the file is not in the workspace",
     "workspace's folder"),
    ("- lookup: {file: ref/../../x.csv, on: {a: b}, take: {c: d}}", "[0].lookup.file",
     "the file is not in the workspace", "workspace's folder"),
    ("- lookup: {file: ref/x.xlsx, on: {a: b}, take: {c: d}}", "[0].lookup.file",
     "'.xlsx' is no kind of reference file", ".csv, .jsonl, .parquet"),
    ("- lookup: {file: ref/x.csv, on: {}, take: {c: d}}", "[0].lookup.on", "the mapping is empty", "at least one"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "where", "what", "remedy"), CASES)
def test_a_mistake_in_a_step_is_told_with_its_place(
    told: Told, steps: str, where: str, what: str, remedy: str
) -> None:
    lines = "".join(f"  {line}\n" for line in steps.splitlines())
    found = told({CLUB: FILES[CLUB].replace("columns:\n  customer_id", f"steps:\n{lines}columns:\n  customer_id", 1)})
    mine = [each for each in found if each[0].endswith(f": steps{where}")]
    assert len(mine) == 1, found
    line = FILES[CLUB].splitlines().index("columns:") + 2 + int(where[1 : where.index("]")])
    assert mine[0][0].startswith(f"{CLUB}:{line}:")
    assert mine[0][1].startswith(what)
    assert remedy in mine[0][2]


def test_a_column_that_a_step_took_away_is_told_at_the_column(told: Told) -> None:
    text = FILES[CLUB].replace(
        "columns:\n  customer_id", "steps:\n  - rename: {email: mail}\ncolumns:\n  customer_id", 1
    )
    ((where, what, remedy),) = told({CLUB: text})
    assert where.endswith(": columns.email")
    assert "steps[0] (rename) took it away" in what
    assert remedy == "did you mean 'mail'?"


@pytest.mark.parametrize(("keep", "warned"), [("first", True), ("last", True), ("{greatest: score}", False)])
def test_the_first_or_last_of_a_database_is_warned_of(keep: str, warned: bool, tmp_path: Path) -> None:
    text = (
        "connector: crm\ntenant: acme\n"
        'source: {type: postgresql, url: "env:CRM", table: members}\n'
        f"steps:\n  - deduplicate: {{by: email, keep: {keep}}}\n"
        "columns: {email: {type: email, protect: sha256}}\ntable: {name: crm}\n"
    )
    found = load_workspace(lay_out(tmp_path, {"connectors/crm.yaml": text})).warnings
    mine = [each for each in found if each.startswith("connectors/crm.yaml:5: steps[0].deduplicate.keep: a database")]
    assert len(mine) == warned
