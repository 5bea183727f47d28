"""What a list query gives: the rows of the overlap, once each, and nothing of anybody who does not overlap."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collaborate.workshop import (
    MEMBERS,
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

MEMBERS_LISTED = {"list": {"columns": ["tier", "age"], "join": ["email", "phone"], "join_operators": ["AND", "OR"]}}
VIEWERS_LISTED = {
    "list": {"columns": ["plan", "minutes"], "join": ["email", "phone"], "join_operators": ["AND", "OR"]}
}


@pytest.fixture
def listed(workshop: Workshop) -> Room:
    workshop.table("members", "acme", MEMBERS, some_members(60, 5), members_rule())
    workshop.table("viewers", "streamly", VIEWERS, some_viewers(60, 6), viewers_rule())
    return workshop.room(workshop.under("members", MEMBERS_LISTED), workshop.under("viewers", VIEWERS_LISTED))


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_a_list_is_the_overlap_each_row_once(listed: Room, operator: str) -> None:
    def met(left: Any, right: Any) -> bool:
        return left is not None and left == right

    combine = all if operator == "AND" else any
    expected = {
        (m["tier"], v["plan"])
        for m in some_members(60, 5)
        for v in some_viewers(60, 6)
        if combine((met(m["email"], v["email"]), met(m["phone"], v["phone"])))
        and v["minutes"] is not None
        and v["minutes"] > 5
    }
    sql = (
        "SELECT DISTINCT m.tier, v.plan FROM members m JOIN viewers v "
        f"ON m.email = v.email {operator} m.phone = v.phone WHERE v.minutes > 5"
    )
    found = ask_here(listed, sql)
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_a_limit_holds(listed: Room) -> None:
    sql = "SELECT DISTINCT m.tier, v.minutes FROM members m JOIN viewers v ON m.email = v.email LIMIT 3"
    assert listed.answer(sql, member="acme").table.num_rows == 3


def test_whoever_asks_joins_a_table_of_their_own(workshop: Workshop, listed: Room) -> None:
    workshop.table("more", "streamly", VIEWERS, some_viewers(9), viewers_rule())
    room = workshop.room(*listed.tables.values(), workshop.under("more", VIEWERS_LISTED))
    sql = "SELECT DISTINCT v.plan FROM viewers v JOIN more o ON v.email = o.email"
    assert ask_here(room, sql, member="streamly")
    with pytest.raises(QueryRefused, match="joined with a table of the member who asks"):
        room.explain(sql, member="acme")


def test_tables_of_two_kinds_of_rules_are_not_asked_together(workshop: Workshop, listed: Room) -> None:
    room = workshop.room(workshop.made["members"], listed.tables["viewers"])
    sql = "SELECT COUNT(DISTINCT m.email) FROM members m JOIN viewers v ON m.email = v.email"
    with pytest.raises(QueryRefused, match="tables of different kinds of rules"):
        room.explain(sql, member="acme")


def test_an_answer_goes_only_to_receivers_whom_every_owner_names(workshop: Workshop, listed: Room) -> None:
    viewers = workshop.under("viewers", VIEWERS_LISTED, receivers=["streamly"])
    room = workshop.room(listed.tables["members"], viewers)
    sql = "SELECT DISTINCT v.plan FROM members m JOIN viewers v ON m.email = v.email"
    assert room.answer(sql, member="acme", receiver="streamly").receiver == "streamly"
    with pytest.raises(QueryRefused) as refused:
        room.answer(sql, member="acme")
    assert "acme may not be given what rests on viewers" in refused.value.what
    assert "receivers of viewers" in (refused.value.remedy or "")


def test_what_goes_into_a_further_analysis_only_is_not_given_out(workshop: Workshop, listed: Room) -> None:
    rule = {"list": {**VIEWERS_LISTED["list"], "additional_analyses": "REQUIRED"}}
    room = workshop.room(listed.tables["members"], workshop.under("viewers", rule))
    sql = "SELECT DISTINCT v.plan FROM members m JOIN viewers v ON m.email = v.email"
    with pytest.raises(QueryRefused, match="further analysis only"):
        room.answer(sql, member="acme")
