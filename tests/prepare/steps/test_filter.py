"""What a filter lets through, and what it says of what it drops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.prepare.steps.conftest import batch_of

from antechamber.declare import Connector
from antechamber.prepare import compile_recipe
from antechamber.records import LEFT_OUT
from antechamber.secrets import Secrets


def test_dropped_records_are_counted_under_their_step_with_their_lines(through: Callable[..., Any]) -> None:
    records = [{"a": str(n)} for n in range(6)]
    done = through("- filter: a >= 2\n- filter: a <> '4'", records, ["a"])
    assert [row["a"] for row in done.rows] == ["2", "3", "5"]
    assert done.prepared.dropped == {"filter (step 1)": 2, "filter (step 2)": 1}
    assert {rule: lines.to_pylist() for rule, lines in done.prepared.dropped_at.items()} == {
        "filter (step 1)": [2, 3],
        "filter (step 2)": [6],
    }


def test_a_condition_that_fails_can_send_its_record_to_quarantine(through: Callable[..., Any]) -> None:
    step = '- rename: {b: a}\n- filter: {where: "a > 1", on_error: quarantine}'
    done = through(step, [{"b": "2"}, {"b": "x"}, {"b": None}], ["a"])
    assert done.rows == [{"a": "2"}]
    (rejected,) = done.prepared.rejected
    assert (rejected.line, rejected.column, rejected.raw) == (3, "filter", '{"b": "x"}')
    assert "cannot be worked out" in rejected.reason
    assert done.prepared.dropped == {"filter (step 2)": 1}


def test_of_a_table_with_a_key_the_keys_of_dropped_records_come_out(tmp_path: Path) -> None:
    connector = Connector.model_validate(
        {
            "connector": "m", "tenant": "t", "source": {"type": "landing", "path": "x/*.csv"},
            "steps": [{"filter": "s = 'on'"}, {"rename": {"n": "id"}}],
            "columns": {"id": {"type": "integer"}, "v": {"type": "string"}},
            "table": {"name": "m", "mode": "upsert", "key": "id"},
        }
    )  # fmt: skip
    recipe = compile_recipe(connector, secrets=Secrets(tmp_path))
    assert recipe.source_columns == ("v", "n", "s")
    assert recipe.key_columns == ("n",)
    records = [
        {"n": "1", "s": "on", "v": "a"},
        {"n": "2", "s": "off", "v": "b"},
        {"n": "x", "s": "off", "v": "c"},
        {"n": "x", "s": "on", "v": "d"},
        {"n": "5", "s": "on", "v": "e"},
    ]
    done = recipe.apply(batch_of(records))
    assert done.batch.to_pylist() == [{"id": 1, "v": "a"}, {"id": 2, "v": None}, {"id": 5, "v": "e"}]
    assert done.changes is not None
    assert done.changes.to_pylist() == [0, LEFT_OUT, 0]
    assert done.dropped == {"filter (step 1)": 1}  # whose key is not valid
    assert [each.line for each in done.rejected] == [5]
