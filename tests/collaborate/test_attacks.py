"""What a hostile member may try, and does not get."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.collaborate.test_queries import rows
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

from antechamber.collaborate import Limits, Room
from antechamber.errors import QueryFailed, QueryRefused


@pytest.mark.parametrize("row", rows("attacks.yaml"))
def test_an_attack_is_refused_without_a_value(room: Room, row: dict[str, Any]) -> None:
    with pytest.raises(QueryRefused) as refused:
        room.answer(row["ask"], member="acme")
    said = str(refused.value)
    assert "'gold'" not in said
    assert "e1" not in said
    assert "/etc" not in said


@pytest.mark.parametrize(
    "hostile",
    [
        "SELECT COUNT(email) FROM members WHERE " + "(" * 5000 + "age = 1" + ")" * 5000,
        "SELECT COUNT(email) FROM members WHERE " + "NOT " * 5000 + "age = 1",
        "SELECT COUNT(email) FROM members WHERE age = " + "-" * 0 + "- " * 5000 + "1",
        "SELECT COUNT(email) FROM members WHERE age = 1" + " + 1" * 9000,
        "SELECT " + "UPPER(" * 2000 + "tier" + ")" * 2000 + ", COUNT(email) FROM members GROUP BY 1",
        "SELECT COUNT(email) FROM members WHERE " + "CASE WHEN " * 3000,
        "SELECT COUNT(email) FROM members WHERE f" + "((x,(y," * 2000,
        "SELECT COUNT(email) FROM members WHERE tier = '" + "a" * 200_000 + "'",
        "SELECT COUNT(email) FROM members " + "JOIN viewers ON a = b " * 3000,
        "SELECT COUNT(email) FROM members WHERE " + "a" * 90_000,
        "SELECT COUNT(email) FROM members WHERE age = " + "9" * 90_000,
        "/*" * 40_000,
        "SELECT " + "(" * 29 + "SELECT " * 29,
        "`" * 99_999,
        "SELECT COUNT(email) FROM members WHERE x -> " + "x -> " * 9000 + "1",
        "SELECT COUNT(email) FROM members JOIN viewers ON "
        + " AND ".join("(members.email = viewers.email OR members.phone = viewers.phone)" for _ in range(60)),
    ],
    ids=range(16),
)
def test_a_statement_that_is_too_much_is_refused_soon(room: Room, hostile: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryRefused):
        room.explain(hostile, member="acme")
    assert time.process_time() - began < 5


def test_a_long_flat_condition_is_no_attack(room: Room) -> None:
    many = " OR ".join(f"zip = '{number}'" for number in range(2000))
    listed = ", ".join(f"'{number}'" for number in range(5000))
    assert room.explain(f"SELECT COUNT(email) FROM members WHERE {many}", member="acme").constraints
    assert room.explain(f"SELECT COUNT(email) FROM members WHERE zip IN ({listed})", member="acme").constraints


def test_names_in_any_case_and_quotes_mean_the_same(room: Room) -> None:
    plain = room.explain("SELECT tier, COUNT(DISTINCT email) AS n FROM members GROUP BY tier", member="acme")
    odd = room.explain(
        "sElEcT `M`.`TIER` AS tier, count(DISTINCT m.`Email`) AS n /* GROUP BY email */ "
        "FROM `MEMBERS` m GROUP BY M.Tier",
        member="acme",
    )
    assert odd.sql == plain.sql
    assert odd.columns == plain.columns


def test_an_alias_never_reaches_the_engine(room: Room) -> None:
    alias = '"x" FROM members; --'
    ask = f"SELECT tier AS `{alias}`, COUNT(DISTINCT email) AS `members` FROM members GROUP BY tier"
    explained = room.explain(ask, member="acme")
    assert explained.columns == (alias, "members")
    assert alias not in explained.sql
    assert room.answer(ask, member="acme").table.column_names == [alias, "members"]


def test_a_column_comes_before_an_alias_in_group_by(room: Room) -> None:
    # If the alias won, the groups would be of UPPER(tier), and zip would be output ungrouped.
    grouped = room.explain("SELECT UPPER(tier) AS tier, COUNT(email) FROM members GROUP BY tier", member="acme")
    assert 'GROUP BY "members"."tier"' in grouped.sql
    with pytest.raises(QueryRefused, match=r"members\.zip is neither"):
        room.explain("SELECT zip AS tier, COUNT(email) FROM members GROUP BY tier", member="acme")


def test_the_minimum_holds_beside_a_having_that_would_undo_it(room: Room) -> None:
    for having in ("COUNT(email) >= 0 OR COUNT(email) < 0", "COUNT(DISTINCT email) = 1", "COUNT(DISTINCT email) < 3"):
        ask = f"SELECT zip, age, tier, COUNT(DISTINCT email) n FROM members GROUP BY zip, age, tier HAVING {having}"
        found = room.answer(ask, member="acme").table.column("n").to_pylist()
        assert all(count is not None and count >= 3 for count in found)


def test_a_text_keeps_its_quotes_and_signs(workshop: Workshop) -> None:
    odd = ["O'Brien", '"; DROP', "%_", "--", "/*", "ünïcödé", "'' OR ''='", "$$", "a\\b"]
    people = [{"email": f"e{number}", "tier": text} for text in odd for number in range(3)]
    workshop.table("members", "acme", MEMBERS, people, members_rule())
    room = workshop.room()
    for text in odd[:-1]:
        quote = '"' if "'" in text else "'"
        ask = f"SELECT tier, COUNT(DISTINCT email) n FROM members WHERE tier = {quote}{text}{quote} GROUP BY tier"
        assert ask_here(room, ask) == [(text, 3)]


@pytest.mark.parametrize(
    "expression",
    [
        "LN(age - 100)",
        "LOG(age, age - 30)",
        "SQRT(0 - age)",
        "age / (age - age)",
        "age % (age - age)",
        "age * 9223372036854775807 * 9223372036854775807",
        "CAST(tier AS INT) + 1",
        "CAST(zip AS DECIMAL(3, 2))",
        "CAST(age AS DECIMAL(1, 0))",
        "ABS(CAST('-9223372036854775808' AS BIGINT))",
        "EXTRACT(YEAR FROM DATEADD(year, 999999, signup))",
        "EXTRACT(YEAR FROM CAST(tier AS DATE))",
        "EXTRACT(YEAR FROM TO_DATE(zip, 'yyyyMMdd'))",
        "EXTRACT(YEAR FROM signup + 2147483647)",
        "CAST(score * 1e300 * 1e300 AS BIGINT)",
        "CEILING(score * 1e300 * 1e300)",
        "FLOOR(score / 0)",
        "ROUND(CAST('99999999999999999999999999999999999999' AS DECIMAL(38, 0)) * 9)",
        "CAST(zip AS BIGINT) * CAST(zip AS BIGINT) * CAST(zip AS BIGINT) * CAST(zip AS BIGINT) * CAST(zip AS BIGINT)",
    ],
)
def test_no_value_makes_a_query_fail(room: Room, expression: str) -> None:
    # A failure on one row would tell, whatever the minimum, that there is such a row.
    assert ask_here(room, f"SELECT COUNT(email) n FROM members WHERE {expression} IS NULL OR age > 0")
    ask_here(room, f"SELECT COUNT(email) n FROM members WHERE {expression} > 3")


def test_a_table_that_requires_a_join_is_not_asked_alone(workshop: Workshop) -> None:
    workshop.table("viewers", "streamly", VIEWERS, some_viewers(60), viewers_rule(join_required=True))
    workshop.table("others", "streamly", VIEWERS, some_viewers(60, 5), viewers_rule())
    workshop.table("members", "acme", MEMBERS, some_members(60), members_rule(join_required=True))
    room = workshop.room()
    alone = "SELECT COUNT(DISTINCT email) FROM viewers"
    with_own = "SELECT COUNT(DISTINCT v.email) FROM viewers v JOIN others o ON v.email = o.email"
    with_asker = f"{with_own} JOIN members m ON m.phone = o.phone"
    for refused in (alone, with_own):
        with pytest.raises(QueryRefused, match="must be joined with a table of the member who asks"):
            room.explain(refused, member="acme")
    assert room.explain(with_asker, member="acme").constraints
    assert room.explain(alone, member="streamly").constraints, "its owner needs no join"


def test_or_needs_the_leave_of_every_table(workshop: Workshop) -> None:
    workshop.table("members", "acme", MEMBERS, some_members(30), members_rule())
    workshop.table("viewers", "streamly", VIEWERS, some_viewers(30), viewers_rule(join_operators=["AND"]))
    room = workshop.room()
    either = "SELECT COUNT(DISTINCT m.email) FROM members m JOIN viewers v ON m.email = v.email OR m.phone = v.phone"
    with pytest.raises(QueryRefused, match="join_operators of viewers"):
        room.explain(either, member="acme")
    assert room.explain(either.replace(" OR ", " AND "), member="acme").constraints
    single = workshop.room(workshop.made["members"], workshop.ruled("viewers", viewers_rule(join_operators=[])))
    with pytest.raises(QueryRefused, match="put together with AND"):
        single.explain(either.replace(" OR ", " AND "), member="acme")


def test_who_may_not_query_or_receive_gets_nothing(standing: Workshop) -> None:
    ask = "SELECT COUNT(DISTINCT email) FROM members"
    room = standing.room(acme=["query"], streamly=["receive"])
    with pytest.raises(QueryRefused, match="acme may not be given the answer"):
        room.answer(ask, member="acme")
    assert room.answer(ask, member="acme", receiver="streamly").receiver == "streamly"
    for member in ("streamly", "nobody", "ACME", ""):
        with pytest.raises(QueryRefused):
            room.answer(ask, member=member, receiver="streamly")
        with pytest.raises(QueryRefused):
            room.explain(ask, member=member)


def test_a_failure_says_nothing_of_a_value(workshop: Workshop) -> None:
    shared = workshop.table("members", "acme", MEMBERS, some_members(30), members_rule())
    for file in workshop.root.rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:200] + b"PAR1")
    with pytest.raises(QueryFailed) as failed:
        workshop.room(shared).answer("SELECT COUNT(DISTINCT email) FROM members", member="acme")
    assert "e1" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_a_query_that_takes_too_long_is_stopped(workshop: Workshop) -> None:
    same = [{"email": "e", "phone": f"p{number}"} for number in range(4000)]
    workshop.table("members", "acme", MEMBERS, same, members_rule())
    workshop.table("viewers", "streamly", VIEWERS, same, viewers_rule())
    workshop.table("others", "streamly", VIEWERS, same, viewers_rule())
    room = workshop.room(limits=Limits(seconds=2, memory=256 * 2**20, threads=1))
    began = time.perf_counter()
    with pytest.raises(QueryFailed, match="took longer than 2 seconds"):
        room.answer(
            "SELECT COUNT(DISTINCT m.email) FROM members m JOIN viewers v ON m.email = v.email "
            "JOIN others o ON o.email = v.email",
            member="acme",
        )
    assert time.perf_counter() - began < 20
