"""EXPLODE, LATERAL VIEW, PIVOT, UNPIVOT and CACHE TABLE give what Spark gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from tests.collaborate.workshop import Columns, Workshop, ask_here

from antechamber.collaborate import Room

ANY = {"custom": {"analyses": ["ANY_QUERY"], "providers": ["acme"]}}
COLUMNS: Columns = {"id": pa.int64(), "text": pa.string()}
TEXTS = {1: "a,b", 2: "", 3: None, 4: "b,c,b"}
ROWS = [{"id": number, "text": text} for number, text in TEXTS.items()]
SALES: Columns = {"shop": pa.string(), "kind": pa.string(), "n": pa.int64(), "m": pa.int64()}
SOLD = [("x", "tea", 1, 5), ("x", "tea", 2, None), ("x", "jam", 4, 1), ("y", "jam", None, 2), ("y", None, 7, 7)]


@pytest.fixture(scope="module")
def room(standing_of: Callable[[str], Workshop]) -> Room:
    workshop = standing_of("exploded")
    rule = {"aggregate": [{"columns": ["id"], "function": "COUNT"}], "minimum": {"column": "id", "count": 2}}
    workshop.table("t", "acme", pa.schema(COLUMNS), ROWS, rule)
    sold = [dict(zip(SALES, each, strict=True)) for each in SOLD]
    counted = {"aggregate": [{"columns": ["n"], "function": "COUNT"}], "minimum": {"column": "n", "count": 2}}
    workshop.table("sales", "acme", pa.schema(SALES), sold, counted)
    return workshop.room(workshop.under("t", ANY), workshop.under("sales", ANY))


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
        (
            "SELECT * FROM (SELECT shop, kind, n FROM sales) PIVOT (SUM(n) FOR kind IN ('tea', 'jam' AS j))",
            [("x", 3, 4), ("y", None, None)],
        ),
        (
            "SELECT p.shop, p.tea_s, p.jam_c FROM (SELECT shop, kind, n FROM sales) PIVOT (SUM(n) s, COUNT(n) c "
            "FOR kind IN ('tea', 'jam')) AS p",
            [("x", 3, 1), ("y", None, 0)],
        ),
        ("SELECT * FROM (SELECT kind FROM sales) PIVOT (COUNT(*) FOR kind IN ('tea', 'rye'))", [(2, None)]),
        (
            "SELECT shop, jam FROM sales PIVOT (COUNT(DISTINCT n) FOR kind IN ('jam')) WHERE shop = 'x'",
            [("x", None), ("x", None), ("x", 1)],
        ),
        (
            "SELECT * FROM (SELECT shop, n, m FROM sales WHERE kind = 'tea') "
            "UNPIVOT (number FOR what IN (n, m AS other))",
            [("x", "n", 1), ("x", "n", 2), ("x", "other", 5)],
        ),
        (
            "SELECT what, number FROM (SELECT n, m FROM sales WHERE n = 2) "
            "UNPIVOT INCLUDE NULLS (number FOR what IN (n, m)) AS u WHERE u.what <> 'q'",
            [("n", 2), ("m", None)],
        ),
    ],
)
def test_a_statement_gives_what_spark_gives(room: Room, sql: str, rows: list[tuple[Any, ...]]) -> None:
    assert Counter(ask_here(room, sql)) == Counter(rows)
