"""Random schedules of a service's changes, failures, runs and kills: the table that follows its cursor equals it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.connect.test_http_cursor import Living
from tests.end_to_end.schedules import Scheduled, schedules
from tests.servers.rest import Reply, rest

CONNECTOR = """
connector: people
tenant: acme
source:
  type: http
  url: {url}
  records: items
  retries: 0
  pages: {{type: cursor, param: after, path: after}}
  cursor: {{field: at, type: epoch, param: since, lateness: {lateness}, exclusive: {exclusive}}}
columns:
  id: {{type: integer}}
  name: {{type: string}}
  at: {{type: integer}}
table: {{name: people, mode: upsert, key: id}}
"""


class Shrinking(Living):
    """A service whose records are deleted, too, which only a full run can see."""

    deletes = False

    def change(self) -> None:
        super().change()
        if self.deletes and self.rows and self.chance.random() < self.changes * 0.1:
            self.rows.pop(self.chance.choice(list(self.rows)))

    def records(self) -> list[tuple[int, str, int]]:
        return sorted((id, name, at) for id, (name, at) in self.rows.items())


@pytest.mark.soak
@pytest.mark.parametrize("seed", schedules(6))
def test_every_schedule_of_changes_failures_runs_and_kills_ends_as_the_service(seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"http {seed}")
    living = Shrinking(
        random.Random(seed), ("keyset", "id")[seed % 2], inclusive=chance.random() < 0.5, late=chance.choice([0, 3])
    )
    living.deletes = chance.random() < 0.5
    with rest(living.answer) as service:
        connector = CONNECTOR.format(
            url=service.url, lateness=living.late + 1, exclusive=str(not living.inclusive).lower()
        )
        workspace = Scheduled(tmp_path, {"connectors/people.yaml": connector})

        def run_and_compare(*, full: bool = False) -> None:
            living.changes, service.faults = 0.0, []
            workspace.succeed(full=full)
            found = workspace.rows(("id", "name", "at"))
            if not full:
                assert living.deletes or {row[0] for row in found} <= set(living.rows)
                found = [row for row in found if row[0] in living.rows]
            assert found == living.records()
            living.changes = 0.6

        for _ in range(10):
            living.change()
        run_and_compare()
        kills = 0
        for _ in range(24):
            kind = chance.random()
            if kind < 0.1 and kills < 2:
                kills += 1
                workspace.killed(chance, full=chance.random() < 0.2)
            elif kind < 0.2:
                service.faults = [None] * chance.randint(0, 6) + [Reply(status=500)]
                workspace.run(full=chance.random() < 0.2)
            elif kind < 0.3:
                run_and_compare(full=chance.random() < 0.2)
            else:
                for _ in range(chance.randint(1, 6)):
                    living.change()
        run_and_compare()
        living.changes = 0.0
        assert workspace.succeed().read == 0
        if living.deletes:
            run_and_compare(full=True)
        assert workspace.rows(("id", "name", "at")) == living.records()
