"""What a hostile member may try on tables under custom rules, and does not get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import (
    MEMBERS,
    SHARED_MEMBERS,
    VIEWERS,
    Workshop,
    ask_here,
    members_rule,
    some_members,
    some_viewers,
    viewers_rule,
)

from antechamber.collaborate import Room
from antechamber.errors import QueryRefused

ATTACKS: list[dict[str, Any]] = YAML(typ="safe").load((Path(__file__).parent / "attacks_custom.yaml").read_text())[
    "queries"
]

ANY = {"analyses": ["ANY_QUERY"], "providers": ["streamly"]}
COLUMNS = {"identity": "email", "count": 3}
RULES: dict[str, dict[str, Any]] = {
    "threshold": {**ANY, "threshold": COLUMNS},
    "any": {**ANY, "threshold": {**COLUMNS, "expressions": "ANY_EXPRESSION"}},
    "controls": {**ANY, "threshold": COLUMNS, "comparisons": {"literal": ["tier"], "column": ["email"]}},
}
VICTIM = {
    "email": "victim",
    "phone": "pv",
    "tier": "platinum",
    "zip": "99999",
    "age": 77,
    "visits": 9,
    "score": 1e308,
}
"""The victim's record, twice with different other values; the third world has no victim."""
WORLDS = (
    {**VICTIM, "ltv": 9000, "active": True},
    {**VICTIM, "ltv": 20, "active": False, "visits": 2**62, "score": 0.5},
    None,
)


@pytest.fixture(scope="module")
def worlds(standing_of: Callable[[str], Workshop]) -> list[Workshop]:
    """The same room in three worlds, which differ in the victim alone."""
    made = []
    own = [*some_viewers(40), {"email": "victim", "phone": "pv", "plan": "target", "minutes": 77}]
    for number, victim in enumerate(WORLDS):
        workshop = standing_of(f"world{number}")
        template = some_members(60)
        # Nobody else has the victim's age or a lonely value, so that whatever tells them apart is the victim's.
        others = [{**each, "email": f"e{place % 40}", "zip": "10115"} for place, each in enumerate(template)]
        records = others if victim is None else [*others, {**template[0], **victim}]
        workshop.table("members", "acme", MEMBERS, records, members_rule(), SHARED_MEMBERS)
        workshop.table("viewers", "streamly", VIEWERS, own, viewers_rule())
        made.append(workshop)
    return made


def rooms(worlds: list[Workshop], kind: str) -> list[Room]:
    return [
        each.room(each.under("members", {"custom": RULES[kind]}), each.under("viewers", {"custom": ANY}))
        for each in worlds
    ]


def outcome(room: Room, sql: str) -> Any:
    return sorted(map(repr, ask_here(room, sql, member="streamly")))


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{n}: {each['ask'][:50]}" for n, each in enumerate(ATTACKS, 1)])
def test_an_attack_is_refused_or_gives_the_same_whoever_the_victim_is(
    worlds: list[Workshop], attack: dict[str, Any]
) -> None:
    first, *others = rooms(worlds, attack["room"])
    if attack.get("refused"):
        with pytest.raises(QueryRefused) as refused:
            first.explain(attack["ask"], member="streamly")
        said = f"{refused.value} {refused.value.remedy}"
        assert "victim" not in said
        assert "99999" not in said
    else:
        told = outcome(first, attack["ask"])
        assert all(outcome(other, attack["ask"]) == told for other in others)


def test_there_are_two_hundred_attacks(worlds: list[Workshop]) -> None:
    aggregation = YAML(typ="safe").load((Path(__file__).parent / "attacks.yaml").read_text())
    assert len(ATTACKS) + len(aggregation) >= 200
    assert sum(not each.get("refused") for each in ATTACKS) >= 60
    assert len(worlds) == 3
