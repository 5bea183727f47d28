"""Analysis templates: reviewed statements, whose parameters stand for literals and for nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collaborate.workshop import Workshop

from antechamber.collaborate import Parameter, Room, Template
from antechamber.errors import QueryRefused

REACH = Template(
    "reach",
    "streamly",
    "SELECT tier, COUNT(*) AS n FROM members WHERE tier = :tier AND age >= :age GROUP BY tier",
    {"tier": Parameter("VARCHAR"), "age": Parameter("INTEGER", "18")},
    arn="arn:aws:cleanrooms:eu-west-1:111122223333:membership/m-1/analysistemplate/t-1",
)


def room_of(standing: Workshop, **fields: Any) -> Room:
    return standing.room(standing.under("members", {"custom": {"analyses": ["reach"], **fields}}))


def ask(room: Room, template: Template = REACH, /, **parameters: str) -> list[dict[str, Any]]:
    answer = room.answer(template.sql, member="acme", template=template, parameters=parameters)
    return list(answer.table.to_pylist())


def test_a_template_that_was_reviewed_runs_with_its_parameters(standing: Workshop) -> None:
    room = room_of(standing)
    gold = ask(room, tier="gold")
    assert gold[0]["tier"] == "gold"
    assert ask(room, tier="gold", age="21")[0]["n"] < gold[0]["n"]


def test_a_template_is_allowed_by_its_name_by_its_arn_or_by_its_author(standing: Workshop) -> None:
    allowing: list[dict[str, Any]] = [
        {"analyses": ["reach"]},
        {"analyses": [REACH.arn]},
        {"analyses": ["ANY_QUERY"], "providers": ["streamly"]},
    ]
    for allowed in allowing:
        assert ask(room_of(standing, **allowed), tier="gold")
    others: list[dict[str, Any]] = [
        {"analyses": ["spend"]},
        {"analyses": []},
        {"analyses": ["ANY_QUERY"], "providers": ["acme"]},
        {"analyses": ["ANY_JOB"], "providers": ["streamly"]},
    ]
    for other in others:
        with pytest.raises(QueryRefused):
            ask(room_of(standing, **other), tier="gold")


def test_every_table_of_a_template_must_allow_it(standing: Workshop) -> None:
    both = Template("both", "acme", "SELECT COUNT(*) FROM members m JOIN viewers v ON m.email = v.email")
    members = standing.under("members", {"custom": {"analyses": ["both"]}})
    viewers = standing.under("viewers", {"custom": {"analyses": ["another"]}})
    with pytest.raises(QueryRefused, match="template 'both' is not allowed on viewers"):
        ask(standing.room(members, viewers), both)


@pytest.mark.parametrize(
    "value",
    [
        "gold' OR '1' = '1",
        'gold" OR "1" = "1',
        "gold'; DROP TABLE members; --",
        "' UNION SELECT email, 1 FROM members --",
        "gold\\' OR 1 = 1 --",
        "gold/*",
        ":age",
        "${tier}",
        "gold\u2019 OR 1 = 1",
        "",
    ],
)
def test_a_text_is_a_text_whatever_it_holds(standing: Workshop, value: str) -> None:
    room = room_of(standing)
    assert ask(room, tier=value) == []
    explained = room.explain(REACH.sql, member="acme", template=REACH, parameters={"tier": value})
    assert explained.columns == ("tier", "n")


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("INTEGER", "1 OR 1 = 1"),
        ("INTEGER", "18; DROP TABLE members"),
        ("INTEGER", "99999999999"),
        ("SMALLINT", "40000"),
        ("TINYINT", "128"),
        ("BIGINT", "9223372036854775808"),
        ("INTEGER", "1.5"),
        ("INTEGER", "0x12"),
        ("INTEGER", "１８"),
        ("INTEGER", ""),
        ("DECIMAL", "1e5"),
        ("DOUBLE", "inf"),
        ("BOOLEAN", "yes"),
        ("DATE", "2026-02-30"),
        ("DATE", "current_date"),
        ("TIMESTAMP", "now()"),
        ("VARCHAR", "x\0"),
        ("VARCHAR", "x" * 1001),
        ("VARBYTE", "00"),
        ("MYSTERY", "1"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_refused_and_not_told(standing: Workshop, type_: str, value: str) -> None:
    template = Template("reach", "acme", "SELECT COUNT(*) FROM members WHERE age > :x", {"x": Parameter(type_)})
    with pytest.raises(QueryRefused) as refused:
        ask(room_of(standing), template, x=value)
    assert refused.value.where == "parameters"
    assert len(value) < 3 or value not in f"{refused.value}{refused.value.remedy}"


@pytest.mark.parametrize(
    ("type_", "value", "column", "operator"),
    [
        ("INTEGER", "-5", "age", ">"),
        ("BIGINT", "+7", "visits", "="),
        ("DECIMAL", "-3.25", "ltv", ">"),
        ("DOUBLE", "1.5e0", "score", "<="),
        ("BOOLEAN", "TRUE", "active", "="),
        ("DATE", "2026-01-15", "signup", ">="),
        ("TIMESTAMP", "2026-01-02 03:04:05", "seen", ">="),
        ("STRING", "gold", "tier", "="),
        ("CHAR", "gold", "tier", "<>"),
    ],
)
def test_a_value_of_each_type_stands_for_its_literal(
    standing: Workshop, type_: str, value: str, column: str, operator: str
) -> None:
    template = Template(
        "reach",
        "acme",
        f"SELECT COUNT(*) AS n FROM members WHERE {column} {operator} :x",
        {"x": Parameter(type_)},
    )
    assert ask(room_of(standing), template, x=value)[0]["n"] > 0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM :x",
        "SELECT COUNT(*) AS :x FROM members",
        "SELECT :x(tier) FROM members",
        "SELECT tier FROM members m ORDER BY m.:x",
    ],
)
def test_a_parameter_is_no_name(standing: Workshop, sql: str) -> None:
    template = Template("reach", "acme", sql, {"x": Parameter("VARCHAR")})
    with pytest.raises(QueryRefused):
        ask(room_of(standing), template, x="members")


def test_a_parameter_stands_in_a_limit_too(standing: Workshop) -> None:
    template = Template(
        "reach", "acme", "SELECT email FROM members ORDER BY email LIMIT :n", {"n": Parameter("INTEGER")}
    )
    assert len(ask(room_of(standing), template, n="4")) == 4


def test_what_is_missing_or_unknown_is_told(standing: Workshop) -> None:
    room = room_of(standing)
    with pytest.raises(QueryRefused, match="':tier' has no value"):
        ask(room)
    with pytest.raises(QueryRefused, match="has no such parameter"):
        ask(room, tier="gold", zip="1")
    undeclared = Template("reach", "acme", "SELECT COUNT(*) FROM members WHERE age > :x")
    with pytest.raises(QueryRefused, match="a parameter that it does not declare"):
        ask(room, undeclared)


def test_the_statement_that_runs_is_the_one_that_was_reviewed(standing: Workshop) -> None:
    with pytest.raises(QueryRefused, match="not that of template 'reach'"):
        room_of(standing).answer("SELECT * FROM members", member="acme", template=REACH, parameters={"tier": "gold"})


def test_a_template_is_for_custom_rules_alone(standing: Workshop, room: Room) -> None:
    template = Template("reach", "acme", "SELECT COUNT(DISTINCT email) FROM members")
    with pytest.raises(QueryRefused, match="tables of custom rules"):
        ask(room, template)
    with pytest.raises(QueryRefused, match="parameters are given, and no template"):
        room.answer("SELECT COUNT(DISTINCT email) FROM members", member="acme", parameters={"x": "1"})


def test_thresholds_hold_for_templates_too(standing: Workshop) -> None:
    template = Template("reach", "acme", "SELECT email, COUNT(*) FROM members GROUP BY email")
    room = room_of(standing, threshold={"identity": "email", "count": 3})
    assert ask(room, template) == []
