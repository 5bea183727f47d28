"""What must not be output stays so in an intermediate table, through whatever statement it was made by."""

from __future__ import annotations

import pytest

from antechamber.collaborate.api.inherited import constraints
from antechamber.collaborate.api.relations import Relation
from antechamber.collaborate.api.state import Row

MEMBERS = Relation(
    Row("1", "association", "111111111111", 0.0, 0.0, {}, name="members"),
    {"email": "string", "tier": "string", "age": "int"},
    (),
    {},
    {"v1": {"custom": {"allowedAnalyses": [], "disallowedOutputColumns": ["age"]}}},
    None,
    made=0.0,
    changed=0.0,
    reasons={},
)


@pytest.mark.parametrize(
    ("sql", "barred"),
    [
        ("SELECT age + 1 AS x, tier AS y FROM members", ["x"]),
        ("WITH m AS (SELECT age AS a, tier FROM members) SELECT a AS x, tier AS y FROM m", ["x"]),
        ("SELECT EXPLODE(ARRAY(age)) AS x, tier AS y FROM members", ["x"]),
        ("CACHE TABLE c AS SELECT tier FROM members; SELECT age AS x, 1 AS y FROM members", ["x", "y"]),
        ("CACHE TABLE c AS SELECT tier FROM members; SELECT tier AS x, 1 AS y FROM c", []),
        ("SELECT v.x, tier AS y FROM members LATERAL VIEW EXPLODE(ARRAY(age)) v AS x", ["x", "y"]),
        ("SELECT * FROM (SELECT age, tier FROM members) PIVOT (SUM(age) FOR tier IN ('a' x, 'b' y))", ["x", "y"]),
    ],
)
def test_a_column_that_rests_on_a_barred_one_is_barred(sql: str, barred: list[str]) -> None:
    found = constraints([MEMBERS], sql, ["x", "y"]).get("disallowedOutputColumns", {"value": []})
    assert found["value"] == barred
