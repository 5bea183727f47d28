"""The http source, incremental: whatever changes while pages are read, a later run has it; nothing is read twice."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from tests.connect.http_service import Rows, read, run, source
from tests.servers.rest import Asked, Reply, rest

from antechamber.connect.http import HttpSource
from antechamber.connect.http.rules import rules
from antechamber.declare.connector import Connector
from antechamber.errors import SourceError

COLUMNS = ("id", "name", "at")
SEEDS = range(200 if os.environ.get("ANTECHAMBER_SOAK") else 12)


@dataclass
class Living:
    """A service whose records change between two requests. order: keyset, id or newest (by offset)."""

    chance: random.Random
    order: str
    inclusive: bool = True
    changes: float = 0.6
    only_inserts: bool = False
    late: int = 0
    size: int = 5
    clock: float = field(default_factory=lambda: float(int(time.time()) - 3 * 86400))
    rows: dict[int, tuple[str, int]] = field(default_factory=dict)

    def change(self) -> None:
        self.clock += self.chance.choice([0, 0, 0.4, 1, 3, 3000])
        if self.chance.random() < self.changes:
            at = int(self.clock) - self.chance.randint(0, self.late)
            known = bool(self.rows) and not self.only_inserts and self.chance.random() < 0.5
            id = self.chance.choice(list(self.rows)) if known else len(self.rows)
            self.rows[id] = (f"n{self.chance.randint(0, 3)}", at)

    def answer(self, asked: Asked) -> Reply:
        self.change()
        since, until = float(asked.params.get("since") or "-inf"), float(asked.params.get("until") or "inf")
        found = [
            (at, id, name)
            for id, (name, at) in self.rows.items()
            if (at >= since if self.inclusive else at > since) and at <= until
        ]
        headers = {"Date": format_datetime(dt.datetime.fromtimestamp(self.clock, dt.UTC), usegmt=True)}
        if self.order == "newest":
            found.sort(key=lambda row: (-row[0], row[1]))
            start = int(asked.params.get("after") or 0)
            page = found[start : start + self.size]
            after: Any = start + self.size if start + self.size < len(found) else None
        else:

            def key(row: tuple[int, int, str]) -> list[int]:
                return [row[0], row[1]] if self.order == "keyset" else [row[1]]

            found.sort(key=key)
            last = json.loads(asked.params.get("after") or "[-1]")
            rest = [row for row in found if key(row) > last]
            page = rest[: self.size]
            after = json.dumps(key(page[-1])) if len(rest) > self.size else None
        items = [{"id": id, "name": name, "at": at} for at, id, name in page]
        return Reply({"items": items, "after": after}, headers=headers)

    @property
    def table(self) -> set[tuple[str, str, str]]:
        return {(str(id), name, str(at)) for id, (name, at) in self.rows.items()}


def declared(**cursor: Any) -> dict[str, Any]:
    return {
        "columns": COLUMNS,
        "records": "items",
        "pages": {"type": "cursor", "param": "after", "path": "after"},
        "cursor": {"field": "at", "type": "epoch", "param": "since", **cursor},
    }


def tuples(rows: Rows) -> list[tuple[str, str, str]]:
    return [(row["id"], row["name"], row["at"]) for row in rows]


@pytest.mark.parametrize(
    ("order", "windows"), [("keyset", None), ("id", None), ("newest", None), ("keyset", 0.5), ("id", 0.5)]
)
@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_an_upsert_table_equals_the_source_after_changes_crashes_and_runs(
    seed: int, order: str, windows: float | None, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    living = Living(chance, order, inclusive=chance.random() < 0.5, late=chance.choice([0, 3]))
    begin = dt.datetime.fromtimestamp(living.clock - 100, dt.UTC).isoformat()
    more = {"windows": windows, "start": begin, "until": "until"} if windows else {}
    options = declared(exclusive=not living.inclusive, lateness=living.late + 1, **more)
    table: dict[str, tuple[str, str, str]] = {}
    mark = None
    with rest(living.answer) as service:
        for _ in range(8):
            for _ in range(chance.randint(0, 20)):
                living.change()
            service.faults = [None] * chance.randint(0, 12) + [Reply(status=500)] if chance.random() < 0.4 else []
            try:
                new, rows = run(service.url, tmp_path, watermark=mark, key=("id",), retries=0, **options)
            except SourceError:
                continue
            mark, table = new or mark, table | {row[0]: row for row in tuples(rows)}
        living.changes, service.faults = 0, []
        mark, rows = run(service.url, tmp_path, watermark=mark, key=("id",), **options)
        table |= {row[0]: row for row in tuples(rows)}
        assert set(table.values()) == living.table
        again, rows = run(service.url, tmp_path, watermark=mark, key=("id",), **options)
        assert rows == [] and again is not None


@pytest.mark.parametrize("order", ["keyset", "id"])
@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_an_append_table_has_every_event_once_also_those_of_one_moment(seed: int, order: str, tmp_path: Path) -> None:
    chance = random.Random(seed)
    living = Living(chance, order, only_inserts=True, late=2, inclusive=seed % 2 == 0)
    options = declared(exclusive=not living.inclusive, lateness=3)
    table: Counter[tuple[str, str, str]] = Counter()
    mark = None
    with rest(living.answer) as service:
        for number in range(8):
            for _ in range(chance.randint(0, 20)):
                living.change()
            if number == 7:
                living.changes = 0
            service.faults = [None] * chance.randint(0, 4) + [Reply(status=500)] if chance.random() < 0.3 else []
            if number == 7:
                service.faults = []
            try:
                new, rows = run(service.url, tmp_path, watermark=mark, retries=0, **options)
            except SourceError:
                continue
            mark = new or mark
            table.update(tuples(rows))
    assert table == Counter(living.table)


def test_windows_are_parts_whose_bounds_the_service_may_take_as_it_likes(tmp_path: Path) -> None:
    day = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=3)
    moments = [day + dt.timedelta(hours=hours) for hours in (0, 1, 24, 25, 48, 70)]
    rows: Rows = [{"id": number, "at": moment.isoformat()} for number, moment in enumerate(moments)]

    def answer(asked: Asked) -> Reply:
        return Reply([row for row in rows if asked.params["from"] <= row["at"][:10] <= asked.params["to"]])

    cursor = {
        "field": "at",
        "param": "from",
        "until": "to",
        "windows": 1,
        "send": "%Y-%m-%d",
        "start": str(day.date()),
    }
    with rest(answer) as service:
        opened = source(service.url, tmp_path, columns=("id",), cursor=cursor)
        listing, found = read(opened)
        assert [row["id"] for row in found] == ["0", "1", "2", "3", "4", "5"]
        assert len(listing.partitions) == 4 and len({part.id for part in listing.partitions}) == 4
        mark = opened.watermark(listing)
        listing, found = read(source(service.url, tmp_path, columns=("id",), cursor=cursor), mark)
        assert found == [] and len(listing.partitions) == 2
        assert len(read(source(service.url, tmp_path, columns=("id",), cursor=cursor), mark, full=True)[1]) == 6


def test_each_group_has_a_mark_of_its_own_and_a_new_one_is_read_from_the_start(tmp_path: Path) -> None:
    numbers = {"a": [1, 2, 900], "b": [5]}

    def answer(asked: Asked) -> Reply:
        return Reply([{"id": n} for n in numbers[asked.path[1:]] if n >= int(asked.params.get("min", 0))])

    options: dict[str, Any] = {"columns": ("id",), "cursor": {"field": "id", "type": "number", "param": "min"}}
    with rest(answer) as service:
        mark, rows = run(service.url + "/{x}", tmp_path, for_each={"x": ["a"]}, **options)
        assert len(rows) == 3
        numbers["a"].append(901)
        mark, rows = run(service.url + "/{x}", tmp_path, watermark=mark, for_each={"x": ["a", "b"]}, **options)
        assert [row["id"] for row in rows] == ["901", "5"]
        with pytest.raises(SourceError, match="before it was changed"):
            run(service.url + "/{x}", tmp_path, watermark=mark, for_each={"x": ["a"]}, params={"z": 1}, **options)
        with pytest.raises(SourceError, match="before it was changed"):
            run(service.url + "/{x}", tmp_path, watermark={"column": "id"}, for_each={"x": ["a"]}, **options)


def test_more_records_of_one_moment_than_are_remembered(tmp_path: Path) -> None:
    rows = [{"id": number, "name": "n", "at": 5 if number else 4} for number in range(300)]
    options = declared(remember=10)
    with rest(lambda _: Reply({"items": rows})) as service:
        with pytest.raises(SourceError, match="more than 10 records lie at the last value"):
            run(service.url, tmp_path, **options)
        mark, first = run(service.url, tmp_path, key=("id",), **options)
        _, second = run(service.url, tmp_path, watermark=mark, key=("id",), **options)
        assert (len(first), len(second)) == (300, 299)


def test_a_cursor_that_cannot_be_read_is_an_error_and_a_missing_one_is_not(tmp_path: Path) -> None:
    rows = [{"id": 1, "at": None}, {"id": 2}, {"id": 3, "at": "2026-11-24T10:00:00+01:00"}]
    cursor = {"field": "at", "param": "since"}
    with rest(lambda _: Reply(rows)) as service:
        mark, found = run(service.url, tmp_path, columns=("id",), cursor=cursor)
        assert len(found) == 3 and mark is not None
        assert service.asked[0].params == {}
        run(service.url, tmp_path, columns=("id",), cursor=cursor, watermark=mark)
        assert service.asked[1].params == {"since": "2026-11-24T09:00:00Z"}
        rows.append({"id": 4, "at": "jane@example.com"})
        with pytest.raises(SourceError, match="record 4 of a page has a 'at' that is no timestamp") as error:
            run(service.url, tmp_path, columns=("id",), cursor=cursor)
        assert "jane" not in str(error.value)


GOOD: dict[str, Any] = {"type": "http", "url": "https://api.example.test/x"}


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"url": "http://api.example.test/x"}, "url"),
        ({"url": "https://user:secret@api.example.test/x"}, "url"),
        ({"url": "https://api.example.test/x?key=secret"}, "url"),
        ({"url": "ftp://api.example.test"}, "url"),
        ({"url": "https://[bad"}, "url"),
        ({"headers": {"Authorization": "Bearer secret"}}, "Authorization"),
        ({"headers": {"X": "a\nb"}}, "X"),
        ({"auth": {"type": "api-key"}}, "auth"),
        ({"auth": {"type": "oauth2", "token_url": "http://a.test", "client_id": "env:A"}}, "token_url"),
        ({"params": {"a": {"b": 1}}}, "a"),
        ({"body": {"a": 1}}, "body"),
        ({"pages": {"type": "cursor"}}, "path"),
        ({"pages": {"type": "page", "into": "body"}}, "into"),
        ({"pages": {"type": "page", "short": True}}, "short"),
        ({"pages": {"type": "next", "path": "a..b"}}, "path"),
        ({"format": "csv", "records": "data"}, "records"),
        ({"cursor": {"field": "at"}}, "param"),
        ({"cursor": {"field": "at", "param": "p", "start": "yesterday"}}, "start"),
        ({"cursor": {"field": "at", "param": "p", "until": "q"}}, "windows"),
        ({"cursor": {"field": "at", "param": "p", "windows": 1}}, "start"),
        (
            {"cursor": {"field": "at", "type": "number", "param": "p", "until": "q", "windows": 1, "start": "1"}},
            "windows",
        ),
        ({"params": {"q": "at > {from}"}, "cursor": {"field": "at"}}, "start"),
        ({"for_each": {"shop": ["a"]}}, "shop"),
        ({"for_each": {"from": ["a"]}}, "from"),
        ({"hosts": ["https://x"]}, 0),
    ],
)
def test_a_mistake_of_a_declaration_is_told_at_its_key_and_without_its_value(
    changed: dict[str, Any], where: Any
) -> None:
    connector = Connector.model_validate(
        {
            "connector": "c", "tenant": "t", "source": {**GOOD, **changed}, "columns": {"id": {"type": "id"}},
            "table": {"name": "n"},
        }
    )  # fmt: skip
    assert isinstance(connector.source, HttpSource)
    found = list(rules(connector.source, connector))
    assert where in [mistake.path[-1] for mistake in found]
    assert "secret" not in " ".join(mistake.what for mistake in found if where != "Authorization").replace(
        "a secret", ""
    )
