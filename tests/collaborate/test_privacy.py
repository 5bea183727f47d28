"""Differential privacy: the noise is Laplace's, nobody adds more than their share, and every answer is paid for."""

from __future__ import annotations

import math
import sqlite3
import statistics
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.collaborate.workshop import MEMBERS, SHARED_MEMBERS, Workshop, ask_here, members_rule

from antechamber.collaborate import Ledger, Policy, Room
from antechamber.collaborate.privacy.noise import noisy
from antechamber.errors import QueryRefused

PEOPLE = 4_000
RULE = {"custom": {"analyses": ["ANY_QUERY"], "providers": ["acme"], "differential_privacy": {"user": "email"}}}
FREE = Policy(10, lambda epsilon: None)


def people(count: int) -> list[dict[str, Any]]:
    """Two in three are gold, the others silver; one person alone is platinum; ages from 20 to 29."""
    return [
        {"email": f"e{n}", "tier": "gold" if n % 3 else "silver", "age": 20 + n % 10, "visits": n % 5}
        for n in range(count)
    ] + [{"email": "lonely", "tier": "platinum", "age": 99, "visits": 9}]


@pytest.fixture(scope="module")
def crowd(standing_of: Callable[[str], Workshop]) -> Room:
    workshop = standing_of("crowd")
    workshop.table("members", "acme", MEMBERS, people(PEOPLE), members_rule(), SHARED_MEMBERS)
    return replace(workshop.room(workshop.under("members", RULE)), privacy={"acme": FREE})


def test_the_noise_has_the_spread_and_the_shape_of_laplace() -> None:
    scale, count = 20.0, 20_000
    drawn = noisy([1_000] * count, scale=scale, sensitivity=1, epsilon=1.0)
    noise = [value - 1_000 for value in drawn]
    # Six deviations of each estimate: one run in a thousand million fails by chance.
    assert abs(statistics.fmean(noise)) < 6 * scale * math.sqrt(2 / count)
    assert abs(statistics.pstdev(noise) / (scale * math.sqrt(2)) - 1) < 6 * math.sqrt(1.25 / count)
    for quantile in (0.5, 1, 2, 3):
        beyond = sum(abs(value) > quantile * scale for value in noise) / count
        expected = math.exp(-quantile)
        assert abs(beyond - expected) < 6 * math.sqrt(expected / count) + 1 / scale


def test_the_noise_hides_as_many_users_as_the_policy_says() -> None:
    policy = Policy(10, lambda epsilon: None, records=4)
    scale = policy.scale(policy.records)
    assert scale * math.sqrt(2) == pytest.approx(10 * 4), "ten users of four records each"
    assert policy.epsilon == pytest.approx(policy.records / scale)


def test_answers_are_near_the_truth_and_differ_each_time(crowd: Room) -> None:
    sql = (
        "SELECT COUNT(*) AS n, COUNT(DISTINCT email) AS d, SUM(LEAST(GREATEST(visits, 0), 10)) AS s, "
        "AVG(LEAST(GREATEST(age, 0), 100)) AS a, STDDEV(LEAST(GREATEST(age, 0), 100)) AS sd FROM members"
    )
    answers = [crowd.answer(sql, member="acme").table.to_pylist()[0] for _ in range(5)]
    assert len({row["n"] for row in answers}) > 1
    for row in answers:
        assert row["n"] == pytest.approx(PEOPLE, abs=1_000)
        assert row["d"] == pytest.approx(PEOPLE, abs=1_000)
        assert row["s"] == pytest.approx(2 * PEOPLE, abs=10_000)
        assert row["a"] == pytest.approx(24.5, abs=20)
        assert row["sd"] >= 0


def test_groups_of_few_users_are_not_told(crowd: Room) -> None:
    for _ in range(5):
        answer = crowd.answer("SELECT tier, COUNT(*) AS n FROM members GROUP BY tier ORDER BY n DESC", member="acme")
        assert answer.table.column("tier").to_pylist() == ["gold", "silver"]


@pytest.mark.parametrize(
    ("sql", "most"),
    [
        ("SELECT COUNT(*) FROM members", 1),
        ("SELECT COUNT(DISTINCT zip) FROM members", 1),
        ("SELECT SUM(LEAST(GREATEST(visits, -3), 7)) FROM members", 7),
        ("SELECT tier, COUNT(age) FROM members GROUP BY tier", 1),
        ("SELECT zip, SUM(LEAST(GREATEST(age, 0), 50)) FROM members GROUP BY zip", 50),
        ("SELECT STDDEV(LEAST(GREATEST(age, 0), 100)) FROM members", 100 * 100),
        ("WITH x AS (SELECT email, zip FROM members) SELECT zip, COUNT(*) FROM x GROUP BY zip", 1),
    ],
)
def test_no_user_changes_the_sums_by_more_than_their_share(workshop: Workshop, sql: str, most: int) -> None:
    others = [{"email": f"e{n}", "tier": "gold", "zip": "1", "age": 30, "visits": 2} for n in range(5)]
    greedy = [{"email": "greedy", "tier": f"t{n}", "zip": f"z{n}", "age": 1_000, "visits": 10**9} for n in range(300)]
    sums = []
    for name, rows in (("with", [*others, *greedy]), ("without", others)):
        made = workshop.table(name, "acme", MEMBERS, rows, members_rule(), SHARED_MEMBERS)
        shared = replace(workshop.under(name, RULE), name="members")
        assert shared.table is made.table
        room = replace(workshop.room(shared), privacy={"acme": FREE})
        keys = 1 if "GROUP BY" in sql else 0
        sums.append({row[:keys]: row[keys:-1] for row in ask_here(room, sql)})
    groups = {*sums[0], *sums[1]}
    length = len(next(iter(sums[0].values())))
    for place in range(length):
        change = sum(
            abs(sums[0].get(key, (0,) * length)[place] - sums[1].get(key, (0,) * length)[place]) for key in groups
        )
        assert change <= most * FREE.records


def test_a_budget_is_spent_exactly_and_then_nothing_is_told(crowd: Room, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "budget.db", 5 * math.sqrt(2) / 10)
    room = replace(crowd, privacy={"acme": Policy(10, ledger.spend)})
    counted, averaged = "SELECT COUNT(*) FROM members", "SELECT AVG(LEAST(GREATEST(age, 0), 99)) FROM members"
    by_tier = "SELECT tier, COUNT(*) FROM members GROUP BY tier"
    for sql, sums in ((counted, 1), (averaged, 2), (by_tier, 2)):
        before = ledger.left
        assert room.explain(sql, member="acme").epsilon == pytest.approx(sums * math.sqrt(2) / 10)
        assert ledger.left == before, "to look costs nothing"
        room.answer(sql, member="acme")
        assert before - ledger.left == pytest.approx(sums * math.sqrt(2) / 10)
    assert ledger.left == pytest.approx(0, abs=1e-9)
    with pytest.raises(QueryRefused, match="the privacy budget is used up"):
        room.answer(counted, member="acme")
    assert Ledger(tmp_path / "budget.db", 5).left > 4, "a budget that was raised has what was added"


def test_a_new_month_brings_a_new_budget_only_when_it_refreshes(tmp_path: Path) -> None:
    now = [datetime(2026, 1, 31, 23, 59, tzinfo=UTC)]
    monthly = Ledger(tmp_path / "monthly.db", 1.0, monthly=True, clock=lambda: now[0])
    once = Ledger(tmp_path / "once.db", 1.0, clock=lambda: now[0])
    for ledger in (monthly, once):
        ledger.spend(1.0)
    now[0] = datetime(2026, 2, 1, tzinfo=UTC)
    monthly.spend(1.0)
    with pytest.raises(QueryRefused):
        once.spend(0.1)


def test_many_at_once_never_spend_more_than_there_is(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "budget.db", 10.0)
    taken: list[float] = []

    def spender() -> None:
        for _ in range(10):
            try:
                ledger.spend(0.25)
            except QueryRefused:
                return
            taken.append(0.25)

    threads = [threading.Thread(target=spender) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == pytest.approx(10.0)
    with closing(sqlite3.connect(tmp_path / "budget.db")) as connection:
        assert connection.execute("SELECT sum(epsilon) FROM spent").fetchone() == (pytest.approx(10.0),)


def test_an_answer_that_dies_after_it_was_paid_for_stays_paid(crowd: Room, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "budget.db", 1.0)

    def spend_and_die(epsilon: float) -> None:
        ledger.spend(epsilon)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(crowd, privacy={"acme": Policy(10, spend_and_die)}).answer(
            "SELECT COUNT(*) FROM members", member="acme"
        )
    assert Ledger(tmp_path / "budget.db", 1.0).left == pytest.approx(1.0 - math.sqrt(2) / 10)


def test_without_a_budget_a_private_table_is_not_asked(crowd: Room) -> None:
    with pytest.raises(QueryRefused, match="has no privacy budget"):
        replace(crowd, privacy={}).explain("SELECT COUNT(*) FROM members", member="acme")
