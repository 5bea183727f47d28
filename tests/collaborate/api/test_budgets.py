"""A budget is spent where a query is accepted, once, and comes back when its period begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import OVERLAP, Pair, Premises, finished, paired, s3, serving

from antechamber.collaborate.api import signature
from antechamber.declare import Declarations


class Clock:
    """Now, and later when a test says so. Requests are signed by the real clock, so that skew is not looked at."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> float:
        return (datetime.now(UTC) + self.later).timestamp()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(signature, "SKEW", 10.0**9)
    return Clock()


@pytest.fixture
def timed(declared: Declarations, clock: Clock) -> Iterator[Premises]:
    with serving(declared, clock=clock) as premises:
        yield premises


def limit(pair: Pair, *parameters: dict[str, Any]) -> str:
    """An access budget of streamly for its viewers."""
    schema = pair.streamly.get_schema(collaborationIdentifier=pair.collaboration, name="viewers")["schema"]
    made = pair.streamly.create_privacy_budget_template(
        membershipIdentifier=pair.theirs,
        privacyBudgetType="ACCESS_BUDGET",
        parameters={"accessBudget": {"resourceArn": schema["resourceArn"], "budgetParameters": list(parameters)}},
    )
    identifier: str = made["privacyBudgetTemplate"]["id"]
    return identifier


def remaining(pair: Pair) -> int:
    (found,) = pair.acme.list_collaboration_privacy_budgets(
        collaborationIdentifier=pair.collaboration, privacyBudgetType="ACCESS_BUDGET"
    )["collaborationPrivacyBudgetSummaries"]
    left: int = found["budget"]["accessBudget"]["aggregateRemainingBudget"]
    return left


def ask(pair: Pair, sql: str = OVERLAP) -> None:
    query = pair.acme.start_protected_query(
        type="SQL", membershipIdentifier=pair.ours, sqlParameters={"queryString": sql}, resultConfiguration=s3()
    )["protectedQuery"]["id"]
    assert finished(pair.acme, pair.ours, query)["status"] == "SUCCESS"


def test_a_table_is_asked_as_often_as_its_budget_says_and_no_more(pair: Pair) -> None:
    budget = limit(pair, {"type": "LIFETIME", "budget": 2})
    ask(pair)
    ask(pair)
    assert remaining(pair) == 0
    with pytest.raises(ClientError, match="budget of viewers is used up"):
        ask(pair)
    ask(pair, "SELECT tier, COUNT(DISTINCT email) AS people FROM members GROUP BY tier")
    pair.streamly.update_privacy_budget_template(
        membershipIdentifier=pair.theirs,
        privacyBudgetTemplateIdentifier=budget,
        privacyBudgetType="ACCESS_BUDGET",
        parameters={"accessBudget": {"budgetParameters": [{"type": "LIFETIME", "budget": 1}]}},
    )
    assert remaining(pair) == 1


def test_a_query_that_is_refused_spends_nothing(pair: Pair) -> None:
    limit(pair, {"type": "LIFETIME", "budget": 1})
    for wrong in ("SELECT email FROM viewers", "SELECT COUNT(DISTINCT plan) FROM viewers"):
        with pytest.raises(ClientError, match="ValidationException"):
            ask(pair, wrong)
    with pytest.raises(ClientError, match="ValidationException"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(keyPrefix=".."),
        )
    assert remaining(pair) == 1


def test_a_budget_of_a_period_is_there_again_in_the_next_one(timed: Premises, clock: Clock) -> None:
    pair = paired(timed)
    limit(
        pair,
        {"type": "CALENDAR_DAY", "budget": 1, "autoRefresh": "ENABLED"},
        {"type": "LIFETIME", "budget": 2},
    )
    ask(pair)
    with pytest.raises(ClientError, match="used up"):
        ask(pair)
    clock.later = timedelta(days=1)
    assert remaining(pair) == 1
    ask(pair)
    clock.later = timedelta(days=2)
    with pytest.raises(ClientError, match="used up"):
        ask(pair)


def test_a_period_that_does_not_refresh_stays_used_up(timed: Premises, clock: Clock) -> None:
    pair = paired(timed)
    limit(pair, {"type": "CALENDAR_WEEK", "budget": 1, "autoRefresh": "DISABLED"})
    ask(pair)
    clock.later = timedelta(days=40)
    assert remaining(pair) == 0


def test_budgets_are_of_ones_own_tables_and_make_sense(pair: Pair) -> None:
    theirs = pair.acme.get_schema(collaborationIdentifier=pair.collaboration, name="viewers")["schema"]["resourceArn"]
    mine = pair.acme.get_schema(collaborationIdentifier=pair.collaboration, name="members")["schema"]["resourceArn"]
    life, day = {"type": "LIFETIME", "budget": 1}, {"type": "CALENDAR_DAY", "budget": 1}
    for arn, parameters in (
        (theirs, [life]),
        (mine, [life, life]),
        (mine, [day, {**day, "type": "CALENDAR_WEEK"}]),
        (mine, [{**life, "autoRefresh": "ENABLED"}]),
    ):
        with pytest.raises(ClientError, match=r"ValidationException|ResourceNotFoundException"):
            pair.acme.create_privacy_budget_template(
                membershipIdentifier=pair.ours,
                privacyBudgetType="ACCESS_BUDGET",
                parameters={"accessBudget": {"resourceArn": arn, "budgetParameters": parameters}},
            )


def test_a_collaboration_has_one_budget_of_differential_privacy(pair: Pair) -> None:
    given: dict[str, Any] = {
        "privacyBudgetType": "DIFFERENTIAL_PRIVACY",
        "parameters": {"differentialPrivacy": {"epsilon": 3, "usersNoisePerQuery": 30}},
    }
    pair.streamly.create_privacy_budget_template(membershipIdentifier=pair.theirs, **given)
    with pytest.raises(ClientError, match="ConflictException"):
        pair.acme.create_privacy_budget_template(membershipIdentifier=pair.ours, **given)
