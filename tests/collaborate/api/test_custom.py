"""Custom rules through the API: templates that were reviewed, and answers that are kept to be asked again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    TENANTS,
    Pair,
    Premises,
    collaboration_of,
    custom,
    finished,
    s3,
    serving,
    share,
    table_of,
)
from tests.collaborate.api.test_budgets import Clock

from antechamber.collaborate.api import signature
from antechamber.declare import Declarations

PEOPLE = "SELECT plan, COUNT(DISTINCT email) AS people FROM viewers WHERE plan = :plan GROUP BY plan"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(signature, "SKEW", 10.0**9)
    return Clock()


@pytest.fixture
def premises(declared: Declarations, clock: Clock) -> Iterator[Premises]:
    with serving(declared, clock=clock) as served:
        yield served


@pytest.fixture
def pair(premises: Premises) -> Pair:
    """Acme asks; streamly's viewers stand under a custom rule that no analysis is allowed by yet."""
    acme, streamly = premises.client("acme"), premises.client("streamly")
    given = collaboration_of("streamly")
    given["members"][0]["memberAbilities"] = ["CAN_RECEIVE_RESULTS"]
    made = acme.create_collaboration(**given)["collaboration"]["id"]
    ours = acme.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
    theirs = streamly.create_membership(
        collaborationIdentifier=made,
        queryLogStatus="DISABLED",
        defaultResultConfiguration=s3("results-of-streamly", resultFormat="PARQUET"),
    )["membership"]["id"]
    any_query = custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]])
    members = share(acme, ours, table_of("acme", "members", "email", "tier"), "members", any_query)
    viewers = share(streamly, theirs, table_of("streamly", "viewers", "email", "plan", "secret"), "viewers", custom())
    return Pair(acme, streamly, made, ours, theirs, members, viewers)


def rule(pair: Pair, policy: dict[str, Any]) -> None:
    """Streamly's rule for its viewers."""
    pair.streamly.update_configured_table_analysis_rule(
        configuredTableIdentifier=pair.viewers["configuredTableId"],
        analysisRuleType="CUSTOM",
        analysisRulePolicy=policy,
    )


def start(pair: Pair, **sql: Any) -> str:
    query: str = pair.acme.start_protected_query(
        type="SQL", membershipIdentifier=pair.ours, sqlParameters=sql, resultConfiguration=s3()
    )["protectedQuery"]["id"]
    return query


def rows(premises: Premises, pair: Pair, query: str) -> list[list[str]]:
    ended = finished(pair.acme, pair.ours, query)
    assert ended["status"] == "SUCCESS", ended
    location = ended["result"]["output"]["s3"]["location"].removeprefix("s3://")
    with (premises.root / "results" / location).open() as file:
        return list(csv.reader(file))[1:]


def template(pair: Pair) -> str:
    arn: str = pair.acme.create_analysis_template(
        membershipIdentifier=pair.ours,
        name="people_of_a_plan",
        format="SQL",
        source={"text": PEOPLE},
        analysisParameters=[{"name": "plan", "type": "VARCHAR"}],
    )["analysisTemplate"]["arn"]
    return arn


def test_a_template_runs_once_the_owner_of_the_table_lists_it(pair: Pair, premises: Premises) -> None:
    arn = template(pair)
    state = pair.acme.get_schema(collaborationIdentifier=pair.collaboration, name="viewers")["schema"]
    assert state["schemaStatusDetails"][0]["reasons"][0]["code"] == "ANALYSIS_TEMPLATES_NOT_CONFIGURED"
    with pytest.raises(ClientError, match="allows no analysis"):
        start(pair, analysisTemplateArn=arn, parameters={"plan": "max"})
    rule(pair, custom(arn))
    assert rows(premises, pair, start(pair, analysisTemplateArn=arn, parameters={"plan": "max"})) == [["max", "40"]]
    with pytest.raises(ClientError, match="ValidationException"):
        start(pair, queryString="SELECT COUNT(DISTINCT email) AS people FROM viewers")


def test_a_parameter_is_a_literal_whatever_it_holds(pair: Pair, premises: Premises) -> None:
    arn = template(pair)
    rule(pair, custom(arn))
    for value in ("max' OR '1'='1", "max'; DROP TABLE viewers; --", "' UNION SELECT email, 1 FROM viewers --"):
        query = start(pair, analysisTemplateArn=arn, parameters={"plan": value})
        assert rows(premises, pair, query) == []
    for parameters in ({}, {"plan": "max", "other": "x"}):
        with pytest.raises(ClientError, match="ValidationException"):
            start(pair, analysisTemplateArn=arn, parameters=parameters)
    with pytest.raises(ClientError, match="either queryString or analysisTemplateArn"):
        start(pair, analysisTemplateArn=arn, queryString="SELECT 1")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        start(pair, analysisTemplateArn=arn.replace(arn[-12:], "0" * 12))


def test_a_result_is_distributed_to_several_members(pair: Pair, premises: Premises) -> None:
    rule(pair, custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]]))
    locations = [{**s3()["outputConfiguration"]}, {"member": {"accountId": TENANTS["streamly"]}}]
    query = pair.acme.start_protected_query(
        type="SQL",
        membershipIdentifier=pair.ours,
        sqlParameters={"queryString": "SELECT plan, COUNT(DISTINCT email) AS people FROM viewers GROUP BY plan"},
        resultConfiguration={"outputConfiguration": {"distribute": {"locations": locations}}},
    )["protectedQuery"]["id"]
    ended = finished(pair.acme, pair.ours, query)
    assert ended["status"] == "SUCCESS", ended
    assert ended["result"]["output"]["distribute"] == {
        "s3": {"location": f"s3://results-of-acme/spring/{query}.csv"},
        "memberList": [{"accountId": TENANTS["streamly"]}],
    }
    theirs = premises.root / f"results/results-of-streamly/spring/{query}.parquet"
    assert pq.read_table(theirs).column("people").to_pylist() == [40, 40]


def kept(pair: Pair, sql: str, name: str = "kept", **more: Any) -> tuple[str, dict[str, Any]]:
    """An intermediate table that was populated: its id, and what it is then."""
    own = {"membershipIdentifier": pair.ours}
    made = pair.acme.create_intermediate_table(
        **own, name=name, populationAnalysisConfiguration={"sqlParameters": {"queryString": sql}}, **more
    )["intermediateTable"]["id"]
    named = {**own, "intermediateTableIdentifier": made}
    analysis = pair.acme.populate_intermediate_table(**named)["analysisId"]
    ended = finished(pair.acme, pair.ours, analysis)
    assert ended["status"] == "SUCCESS", ended
    return made, pair.acme.get_intermediate_table(**named)["intermediateTable"]


def allow(pair: Pair, table: str, **more: Any) -> None:
    pair.acme.create_intermediate_table_analysis_rule(
        membershipIdentifier=pair.ours,
        intermediateTableIdentifier=table,
        analysisRuleType="CUSTOM",
        analysisRulePolicy=custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]], **more),
    )


def test_a_kept_answer_inherits_what_must_not_be_output_and_is_asked_again(pair: Pair, premises: Premises) -> None:
    rule(
        pair,
        custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]], disallowedOutputColumns=["email", "secret"]),
    )
    table, found = kept(pair, "SELECT lower(email) AS who, plan FROM viewers")
    inherited = found["intermediateTableVersion"]["inheritedConstraints"]["disallowedOutputColumns"]
    assert inherited["value"] == ["who"]
    assert [(each["column"], each["sourceColumn"]) for each in inherited["columnLineage"]] == [("who", "email")]
    with pytest.raises(ClientError, match="more than the base tables"):
        allow(pair, table)
    with pytest.raises(ClientError, match="no analysis rule"):
        start(pair, queryString="SELECT plan FROM kept")
    allow(pair, table, disallowedOutputColumns=["who"])
    with pytest.raises(ClientError, match="ValidationException"):
        start(pair, queryString="SELECT who FROM kept")
    counted = "SELECT plan, COUNT(plan) AS people FROM kept WHERE who IS NOT NULL GROUP BY plan ORDER BY plan"
    assert rows(premises, pair, start(pair, queryString=counted)) == [["basic", "40"], ["max", "40"]]

    made, second = kept(pair, "SELECT who AS person, plan FROM kept", name="again")
    assert [(each["name"], each["parentType"]) for each in second["tableDependencies"]] == [
        ("kept", "DIRECT"),
        ("viewers", "INDIRECT"),
    ]
    pair.streamly.disallow_intermediate_table(membershipIdentifier=pair.theirs, intermediateTableName="kept")
    listed = pair.acme.list_intermediate_tables(membershipIdentifier=pair.ours)["intermediateTableSummaries"]
    assert {each["status"] for each in listed} == {"DISALLOWED_BY_DATA_PROVIDER"}
    with pytest.raises(ClientError, match="DISALLOWED_BY_DATA_PROVIDER"):
        start(pair, queryString=counted)
    assert made


def test_a_kept_answer_expires_and_is_made_anew(pair: Pair, premises: Premises, clock: Clock) -> None:
    rule(pair, custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]]))
    table, _ = kept(
        pair, "SELECT plan, COUNT(DISTINCT email) AS people FROM viewers GROUP BY plan", retentionInDays=2
    )
    allow(pair, table)
    counted = "SELECT SUM(people) AS people FROM kept"
    assert rows(premises, pair, start(pair, queryString=counted)) == [["80"]]
    clock.later = timedelta(days=3)
    with pytest.raises(ClientError, match="RETENTION_PERIOD_EXPIRED"):
        start(pair, queryString=counted)
    named = {"membershipIdentifier": pair.ours, "intermediateTableIdentifier": table}
    analysis = pair.acme.populate_intermediate_table(**named)["analysisId"]
    assert finished(pair.acme, pair.ours, analysis)["status"] == "SUCCESS"
    assert rows(premises, pair, start(pair, queryString=counted)) == [["80"]]
    versions = pair.acme.list_intermediate_table_versions(**named)["intermediateTableVersionSummaries"]
    assert [each["status"] for each in versions] == ["RETENTION_PERIOD_EXPIRED", "POPULATE_SUCCESS"]
    folders = list((premises.server.credentials.parent / "intermediate/versions").iterdir())
    assert len(folders) == 1, "the rows of the version that expired are still there"


def test_a_base_table_that_goes_takes_the_kept_answer_with_it(pair: Pair) -> None:
    rule(pair, custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]]))
    table, _ = kept(pair, "SELECT plan, COUNT(DISTINCT email) AS people FROM viewers GROUP BY plan")
    pair.streamly.delete_configured_table_association(
        membershipIdentifier=pair.theirs, configuredTableAssociationIdentifier=pair.viewers["id"]
    )
    found = pair.acme.get_intermediate_table(membershipIdentifier=pair.ours, intermediateTableIdentifier=table)
    assert found["intermediateTable"]["status"] == "BASE_TABLE_REMOVED"


def test_who_cannot_query_keeps_no_answers(pair: Pair) -> None:
    with pytest.raises(ClientError, match="AccessDeniedException"):
        pair.streamly.create_intermediate_table(
            membershipIdentifier=pair.theirs,
            name="mine",
            populationAnalysisConfiguration={"sqlParameters": {"queryString": "SELECT plan FROM viewers"}},
        )


def test_a_private_table_is_answered_with_noise_until_its_budget_is_used_up(pair: Pair, premises: Premises) -> None:
    private = {"differentialPrivacy": {"columns": [{"name": "email"}]}}
    rule(pair, custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]], **private))
    counts = "SELECT COUNT(*) AS rows, COUNT(email) AS emails, COUNT(DISTINCT email) AS people FROM viewers"
    with pytest.raises(ClientError, match="no privacy budget template"):
        start(pair, queryString=counts)
    made = pair.streamly.create_privacy_budget_template(
        membershipIdentifier=pair.theirs,
        privacyBudgetType="DIFFERENTIAL_PRIVACY",
        parameters={"differentialPrivacy": {"epsilon": 1, "usersNoisePerQuery": 10}},
    )["privacyBudgetTemplate"]["id"]

    def remaining() -> list[int]:
        (found,) = pair.acme.list_privacy_budgets(
            membershipIdentifier=pair.ours, privacyBudgetType="DIFFERENTIAL_PRIVACY"
        )["privacyBudgetSummaries"]
        return [each["remainingCount"] for each in found["budget"]["differentialPrivacy"]["aggregations"]]

    assert remaining() == [3, 7, 7, 7, 2]
    for _ in range(2):
        (answer,) = rows(premises, pair, start(pair, queryString=counts))
        assert all(abs(int(number) - 80) < 1_000 for number in answer)
    assert remaining() == [0, 1, 1, 1, 0]
    with pytest.raises(ClientError, match="privacy budget is used up"):
        start(pair, queryString=counts)
    raised: dict[str, Any] = {
        "membershipIdentifier": pair.theirs,
        "privacyBudgetTemplateIdentifier": made,
        "privacyBudgetType": "DIFFERENTIAL_PRIVACY",
    }
    with pytest.raises(ClientError, match="ConflictException"):
        pair.streamly.update_privacy_budget_template(
            **raised, parameters={"differentialPrivacy": {"usersNoisePerQuery": 20}}
        )
    pair.streamly.update_privacy_budget_template(**raised, parameters={"differentialPrivacy": {"epsilon": 2}})
    assert len(rows(premises, pair, start(pair, queryString=counts))) == 1
