"""Expressions give the same for the same record, and null with a count where they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antechamber.errors import RecipeError
from antechamber.prepare.sql.engine import evaluate
from antechamber.prepare.sql.expression import Expression, read


def values(text: str, **columns: list[Any]) -> tuple[list[Any], list[bool]]:
    expression = read(text)
    assert isinstance(expression, Expression), expression
    ((found, failed),) = evaluate(pl.DataFrame(columns), [expression])
    return found.to_list(), failed.to_list()


@pytest.mark.parametrize(
    ("text", "expected", "failed"),
    [
        ("a > 10", [True, None, None, False], [False, True, False, False]),
        ("a + 1", [13.5, None, None, 8.0], [False, True, False, False]),
        ("CAST(a AS INTEGER) * 2000000000", [None, None, None, None], [True, True, False, True]),
        ("10 / (a - 7)", [10 / 5.5, None, None, None], [False, True, False, True]),
        ("10 % CAST(a AS INTEGER)", [10, None, None, 3], [False, True, False, False]),
        ("a BETWEEN 7 AND 8", [False, None, None, True], [False, True, False, False]),
        ("a IN (7, 12.5)", [True, None, None, True], [False, True, False, False]),
        ("a || '!'", ["12.50!", "abc!", None, "7!"], [False] * 4),
        ("coalesce(a, 'none')", ["12.50", "abc", "none", "7"], [False] * 4),
        ("CASE WHEN a = '7' THEN 'seven' ELSE upper(a) END", ["12.50", "ABC", None, "seven"], [False] * 4),
        ("CAST(a AS DECIMAL(38, 2)) * CAST(a AS DECIMAL(38, 2)) > 0", [True, None, None, True],
         [False, True, False, False]),
        ("exp(a * 1000)", [None, None, None, None], [True, True, False, True]),
        ("year(strptime(a, '%d'))", [None, None, None, 1900], [True, True, False, False]),
        ("regexp_replace(a, '[0-9]', '#', 'g')", ["##.##", "abc", None, "#"], [False] * 4),
        ("a IS NULL", [False, False, True, False], [False] * 4),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_worked_out_is_null_and_told(
    text: str, expected: list[Any], failed: list[bool]
) -> None:
    assert values(text, a=["12.50", "abc", None, "7"]) == (expected, failed)


def test_names_are_taken_letter_by_letter() -> None:
    assert values('Name || "name" || "E-Mail"', Name=["a"], name=["b"], **{"E-Mail": ["c"]}) == (["abc"], [False])


def test_an_expression_that_does_not_fit_its_columns_says_so_without_a_value() -> None:
    with pytest.raises(RecipeError, match="does not fit the types") as raised:
        values("date_trunc('month', a)", a=["secret@person.example"])
    assert "secret" not in str(raised.value)


EXPRESSIONS = [
    "a + b", "a / b", "a || b", "CAST(a AS INTEGER) % CAST(b AS INTEGER)", "CAST(a AS DATE)", "a > 3 OR b < 2",
    "CASE WHEN a > 1 THEN b ELSE a END", "substr(a, 2, 3)", "replace(a, b, 'x')", "CAST(a AS TIMESTAMP)",
    "lpad(a, 9, '0')", "CAST(a AS DECIMAL(9, 2)) * 3", "strptime(a, '%Y-%m-%d')", "nullif(a, b)", "sqrt(a)",
    "regexp_extract(a, '([0-9]+)', 1)", "a LIKE b", "split_part(a, '.', 1)", "round(a * 1.5, 1)", "md5(a)",
]  # fmt: skip
TEXTS = (
    st.none()
    | st.sampled_from(["0", "1", "-2.5", "1e308", "abc", "2024-02-30", "2024-01-31", "", " 7", "NaN"])
    | st.text(max_size=8)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12), st.sampled_from(EXPRESSIONS))
def test_no_value_makes_an_error_and_batches_of_any_size_agree(records: list[tuple[Any, Any]], text: str) -> None:
    a, b = [record[0] for record in records], [record[1] for record in records]
    frame = pl.DataFrame({"a": a, "b": b}, schema={"a": pl.String, "b": pl.String})
    expression = read(text)
    assert isinstance(expression, Expression)
    ((whole, failed),) = evaluate(frame, [expression])
    for place in range(len(frame)):
        ((one, fails),) = evaluate(frame[place : place + 1], [expression])
        assert (one.dtype, one.to_list(), fails.to_list()) == (
            whole.dtype, whole[place : place + 1].to_list(), failed[place : place + 1].to_list()
        )  # fmt: skip


def test_expressions_serve_many_threads(through: Callable[..., Any] | None = None) -> None:
    from concurrent.futures import ThreadPoolExecutor

    frame = pl.DataFrame({"a": [str(n) for n in range(5000)]})
    expression = read("CAST(a AS INTEGER) * 2")
    assert isinstance(expression, Expression)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: evaluate(frame, [expression])[0][0].to_list(), range(24)))
    assert all(each == [n * 2 for n in range(5000)] for each in found)
