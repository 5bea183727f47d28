"""Quality rules over change capture: the last state of a record is judged, deletions are not."""

from __future__ import annotations

from tests.connect.cdc_workspace import Capture, capture
from tests.end_to_end.quality_workspace import outcome
from tests.servers.postgres import Postgres

__all__ = ["capture"]

COLUMNS = (
    "id: {type: integer}",
    "name: {type: string, quality: {not_null: fail, length: {max: 3, then: quarantine}, unique: fail}}",
    "score: {type: integer, quality: {range: {max: 10, then: fail}}}",
)


def test_the_state_after_all_changes_is_judged_and_a_failed_gate_moves_nothing(
    postgres: Postgres, capture: Capture
) -> None:
    captured = capture("id int PRIMARY KEY, name text, score int", columns=COLUMNS)
    t = captured.table
    postgres.run(f"INSERT INTO {t} VALUES (1, 'ann', 1), (2, 'bo', 2), (3, 'cy', 3)")
    assert outcome(captured.succeed(), "range") == ("passed", 3, 0)
    postgres.run(
        f"UPDATE {t} SET score = 99 WHERE id = 1",
        f"UPDATE {t} SET score = 5 WHERE id = 1",
        f"DELETE FROM {t} WHERE id = 3",
        f"UPDATE {t} SET name = 'cy' WHERE id = 2",
        f"INSERT INTO {t} VALUES (4, 'too long', 4)",
    )
    second = captured.succeed()
    assert outcome(second, "range") == ("passed", 2, 0)
    assert outcome(second, "length")[0] == "quarantined"
    # The name of the record that was deleted is free again.
    assert outcome(second, "unique") == ("passed", 2, 0)
    assert captured.plain() == [(1, "ann", 5), (2, "cy", 2)]

    postgres.run(f"INSERT INTO {t} VALUES (5, 'ann', 5), (6, 'flo', 60)")
    failed = captured.run()
    assert failed.status == "failed"
    assert (outcome(failed, "range"), outcome(failed, "unique")) == (("failed", 2, 1), ("failed", 2, 1))
    assert captured.plain() == [(1, "ann", 5), (2, "cy", 2)]
    postgres.run(f"UPDATE {t} SET name = 'ed' WHERE id = 5", f"UPDATE {t} SET score = 6 WHERE id = 6")
    captured.succeed()
    assert captured.plain() == [(1, "ann", 5), (2, "cy", 2), (5, "ed", 5), (6, "flo", 6)]
