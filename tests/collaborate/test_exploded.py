"""EXPLODE, LATERAL VIEW and CACHE TABLE give what Spark gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from tests.collaborate.workshop import Workshop, ask_here

from antechamber.collaborate import Room

ANY = {"custom": {"analyses": ["ANY_QUERY"], "providers": ["acme"]}}
ROWS = [{"id": 1, "text": "a,b"}, {"id": 2, "text": ""}, {"id": 3, "text": None}, {"id": 4, "text": "b,c,b"}]


@pytest.fixture(scope="module")
def room(standing_of: Callable[[str], Workshop]) -> Room:
    workshop = standing_of("exploded")
    rule = {"aggregate": [{"columns": ["id"], "function": "COUNT"}], "minimum": {"column": "id", "count": 2}}
    workshop.table("t", "acme", pa.schema([("id", pa.int64()), ("text", pa.string())]), ROWS, rule)
    return workshop.room(workshop.under("t", ANY))


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT EXPLODE(ARRAY(10, 20)) FROM t WHERE id = 1", [(10,), (20,)]),
        (
            "SELECT id, EXPLODE(SPLIT(text, ',')) AS word FROM t",
            [(1, "a"), (1, "b"), (2, ""), (4, "b"), (4, "c"), (4, "b")],
        ),
        (
            "SELECT id, EXPLODE_OUTER(SPLIT(text, ',')) FROM t WHERE id > 1",
            [(2, ""), (3, None), *[(4, w) for w in "bcb"]],
        ),
        (
            "SELECT id, w FROM t LATERAL VIEW EXPLODE(SPLIT(text, ',')) v AS w WHERE w > 'a'",
            [(1, "b"), *[(4, w) for w in "bcb"]],
        ),
        (
            "SELECT id, v.w FROM t LATERAL VIEW OUTER EXPLODE(SPLIT(text, ',')) v AS w WHERE id IN (1, 3)",
            [(1, "a"), (1, "b"), (3, None)],
        ),
        (
            "SELECT id, p, w FROM t LATERAL VIEW POSEXPLODE(SPLIT(text, ',')) v AS p, w WHERE id = 4",
            [(4, 0, "b"), (4, 1, "c"), (4, 2, "b")],
        ),
        (
            "SELECT id, a, b FROM t LATERAL VIEW EXPLODE(SPLIT(text, ',')) v AS a LATERAL VIEW "
            "EXPLODE(ARRAY(a, 'z')) u AS b WHERE id = 1",
            [(1, "a", "a"), (1, "a", "z"), (1, "b", "b"), (1, "b", "z")],
        ),
        (
            "SELECT w, COUNT(*) FROM t LATERAL VIEW EXPLODE(SPLIT(text, ',')) v AS w GROUP BY w",
            [("a", 1), ("b", 3), ("", 1), ("c", 1)],
        ),
        ("SELECT DISTINCT EXPLODE(SPLIT(text, ',')) AS w FROM t ORDER BY w LIMIT 2", [("",), ("a",)]),
        (
            "SELECT COUNT(*) FROM (SELECT EXPLODE(ids) AS i FROM (SELECT COLLECT_LIST(id) AS ids FROM t) x) y",
            [(4,)],
        ),
        (
            "SELECT a.id FROM t a JOIN t b ON a.id = b.id LATERAL VIEW EXPLODE(ARRAY(a.id, b.id)) v AS n WHERE n = 2",
            [(2,), (2,)],
        ),
        (
            "CACHE TABLE c AS SELECT id FROM t WHERE id > 2; SELECT a.id FROM c a JOIN c b ON a.id = b.id",
            [(3,), (4,)],
        ),
        ("CACHE TABLE c AS SELECT RAND() AS r FROM t; SELECT COUNT(*) FROM c a JOIN c b ON a.r = b.r", [(4,)]),
    ],
)
def test_a_statement_gives_what_spark_gives(room: Room, sql: str, rows: list[tuple[Any, ...]]) -> None:
    assert Counter(ask_here(room, sql)) == Counter(rows)
