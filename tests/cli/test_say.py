"""Tables for people: counts are easy to read, values of the data are what they are."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from antechamber.cli.query import named_apart, show
from antechamber.cli.say import print_table


def test_an_answer_shows_values_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"year": [2025], "mean": [0.0225], "sum": [Decimal("1234.50")], "[bold]": ["[red]"], "none": [None]}
    show(pa.table(answer), title="an answer")
    shown = capsys.readouterr().out
    for cell in ("2025", "0.0225", "1234.50", "[bold]", "[red]"):
        assert f" {cell} " in shown


def test_what_others_wrote_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(pa.table({"tier\x1b[2J": ["gold\x1b]0;owned\x07", "one\ntwo\u202e"]}), title="an answer")
    shown = capsys.readouterr().out
    assert "tier\\x1b[2J" in shown and "one\\ntwo\\u202e" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


def test_counts_have_separators(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("runs", ("run", "read", "seconds"), [(20261124, 1234567, 1.26)], numbers=("read", "seconds"))
    shown = capsys.readouterr().out
    assert "20261124" in shown and "1,234,567" in shown and " 1.3 " in shown


def test_two_columns_of_one_name_are_both_in_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    answer = pa.Table.from_arrays([pa.array([each]) for each in (11, 22, 33)], names=["n", "n", "n (2)"])
    apart = named_apart(answer)
    assert apart.to_pylist() == [{"n": 11, "n (2)": 22, "n (2) (2)": 33}]
    show(apart, title="an answer")
    assert {"11", "22", "33"} <= set(capsys.readouterr().out.split())
