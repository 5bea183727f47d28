"""Who may call what, what must not exist twice, and what must go first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    OVERLAP,
    ROLE,
    TENANTS,
    Pair,
    Premises,
    aggregation,
    collaboration_of,
    custom,
    s3,
    serving,
    share,
    table_of,
)

from antechamber.declare import Declarations

Call = Callable[[], Any]

NOBODY = "00000000-0000-4000-8000-000000000000"


def refused(code: str, reason: str = "") -> Any:
    return pytest.raises(ClientError, match=f"{code}.*{reason}")


def reason_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    response = error.value.response
    return response["Error"]["Code"], response.get("reason", "")


def test_only_the_creator_changes_a_collaboration(pair: Pair) -> None:
    named = {"collaborationIdentifier": pair.collaboration}
    calls: tuple[Call, ...] = (
        lambda: pair.streamly.update_collaboration(**named, name="mine"),
        lambda: pair.streamly.delete_collaboration(**named),
        lambda: pair.streamly.delete_member(**named, accountId=TENANTS["acme"]),
        lambda: pair.streamly.create_collaboration_change_request(
            **named, changes=[{"specificationType": "COLLABORATION", "specification": {"collaboration": {}}}]
        ),
    )
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert reason_of(error) == ("AccessDeniedException", "INSUFFICIENT_PERMISSIONS")


def test_what_is_another_members_is_not_there(pair: Pair, premises: Premises) -> None:
    shopwell, streamly = premises.client("shopwell"), pair.streamly
    with refused("AccessDeniedException"):
        shopwell.get_collaboration(collaborationIdentifier=pair.collaboration)
    with refused("ResourceNotFoundException"):
        shopwell.list_members(collaborationIdentifier=pair.collaboration)
    with refused("ResourceNotFoundException"):
        streamly.get_membership(membershipIdentifier=pair.ours)
    with pytest.raises(streamly.exceptions.ResourceNotFoundException) as missing:
        streamly.get_configured_table_association(
            membershipIdentifier=pair.theirs, configuredTableAssociationIdentifier=pair.members["id"]
        )
    assert missing.value.response["resourceType"] == "CONFIGURED_TABLE_ASSOCIATION"
    with refused("ResourceNotFoundException"):
        streamly.create_configured_table_association(
            name="stolen",
            membershipIdentifier=pair.theirs,
            configuredTableIdentifier=pair.members["configuredTableId"],
            roleArn=ROLE,
        )


def test_one_who_is_invited_sees_the_members_and_nothing_of_the_tables(premises: Premises) -> None:
    acme, streamly = premises.client("acme"), premises.client("streamly")
    made = acme.create_collaboration(**collaboration_of("streamly"))["collaboration"]["id"]
    acme.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")
    assert len(streamly.list_members(collaborationIdentifier=made)["memberSummaries"]) == 2
    with refused("AccessDeniedException", "has not joined"):
        streamly.list_schemas(collaborationIdentifier=made)


def test_only_the_member_who_can_query_does(pair: Pair) -> None:
    with refused("AccessDeniedException", "CAN_QUERY"):
        pair.streamly.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.theirs,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )


def test_a_collaboration_is_joined_once_and_not_again_after_leaving(premises: Premises) -> None:
    acme, streamly = premises.client("acme"), premises.client("streamly")
    made = acme.create_collaboration(**collaboration_of("streamly"))["collaboration"]["id"]
    join: dict[str, Any] = {"collaborationIdentifier": made, "queryLogStatus": "DISABLED"}
    own = streamly.create_membership(**join)["membership"]["id"]
    with pytest.raises(ClientError) as error:
        streamly.create_membership(**join)
    assert reason_of(error) == ("ConflictException", "ALREADY_EXISTS")
    streamly.delete_membership(membershipIdentifier=own)
    with refused("ResourceNotFoundException"):
        streamly.create_membership(**join)
    with refused("ResourceNotFoundException"):
        streamly.get_membership(membershipIdentifier=own)


def test_members_of_a_collaboration_fit_together(premises: Premises) -> None:
    acme = premises.client("acme")
    twice = collaboration_of("streamly", "streamly")
    myself = collaboration_of("acme")
    two = collaboration_of("streamly")
    two["members"][0]["memberAbilities"] = ["CAN_QUERY"]
    nobody = collaboration_of("streamly", creatorMemberAbilities=[])
    unread = collaboration_of("streamly", creatorMemberAbilities=["CAN_QUERY"])
    for given in (twice, myself, two, nobody, unread, collaboration_of(analyticsEngine="CLEAN_ROOMS_SQL")):
        with pytest.raises(ClientError) as error:
            acme.create_collaboration(**given)
        assert reason_of(error)[0] == "ValidationException"
    assert acme.list_collaborations()["collaborationList"] == []


def test_a_name_is_one_relation_in_a_collaboration_whoever_gave_it(pair: Pair) -> None:
    with pytest.raises(ClientError) as error:
        share(
            pair.streamly,
            pair.theirs,
            table_of("streamly", "viewers", "email", "plan"),
            "MEMBERS",
            aggregation("plan"),
        )
    assert reason_of(error) == ("ConflictException", "ALREADY_EXISTS")
    assert error.value.response["resourceType"] == "CONFIGURED_TABLE_ASSOCIATION"


def test_a_table_has_one_rule_and_the_same_again_is_no_conflict(pair: Pair) -> None:
    rule: dict[str, Any] = {
        "configuredTableIdentifier": pair.members["configuredTableId"],
        "analysisRuleType": "AGGREGATION",
    }
    pair.acme.create_configured_table_analysis_rule(**rule, analysisRulePolicy=aggregation("tier"))
    for policy, kind in ((aggregation("tier", minimum=9), "AGGREGATION"), (custom("ANY_QUERY"), "CUSTOM")):
        with pytest.raises(ClientError) as error:
            pair.acme.create_configured_table_analysis_rule(
                **{**rule, "analysisRuleType": kind}, analysisRulePolicy=policy
            )
        assert reason_of(error) == ("ConflictException", "ALREADY_EXISTS")


def test_a_rule_names_allowed_columns_only_and_is_of_its_type(pair: Pair) -> None:
    table = pair.acme.create_configured_table(**table_of("acme", "members", "email"))["configuredTable"]["id"]
    for kind, policy in (
        ("AGGREGATION", aggregation("tier")),
        ("AGGREGATION", aggregation("email")),
        ("LIST", aggregation()),
    ):
        with refused("ValidationException"):
            pair.acme.create_configured_table_analysis_rule(
                configuredTableIdentifier=table, analysisRuleType=kind, analysisRulePolicy=policy
            )
    with refused("ResourceNotFoundException"):
        pair.acme.get_configured_table_analysis_rule(configuredTableIdentifier=table, analysisRuleType="LIST")


def test_a_column_that_the_table_lacks_is_named(premises: Premises) -> None:
    acme = premises.client("acme")
    with pytest.raises(ClientError) as error:
        acme.create_configured_table(**table_of("acme", "members", "email", "shoe_size"))
    assert error.value.response["fieldList"] == [
        {"name": "allowedColumns", "message": "shoe_size is not a column of the table"}
    ]
    with refused("ValidationException", "no such table"):
        acme.create_configured_table(**table_of("acme", "unpublished", "email"))


def test_a_table_goes_after_its_associations(pair: Pair) -> None:
    table = {"configuredTableIdentifier": pair.members["configuredTableId"]}
    with pytest.raises(ClientError) as error:
        pair.acme.delete_configured_table(**table)
    assert reason_of(error) == ("ConflictException", "SUBRESOURCES_EXIST")
    assert error.value.response["resourceId"] == pair.members["id"]
    with pytest.raises(ClientError) as error:
        pair.acme.update_configured_table(**table, allowedColumns=["email"])
    assert reason_of(error) == ("ConflictException", "INVALID_STATE")


def test_references_elsewhere_are_accepted_and_a_query_over_them_is_refused(pair: Pair) -> None:
    acme = pair.acme
    snowflake = {
        "secretArn": "arn:aws:secretsmanager:us-east-1:111111111111:secret:snow",
        "accountIdentifier": "ab12345",
        "databaseName": "CRM",
        "tableName": "MEMBERS",
        "schemaName": "PUBLIC",
        "tableSchema": {"v1": [{"columnName": "email", "columnType": "VARCHAR"}]},
    }
    athena = {"workGroup": "primary", "databaseName": "crm", "tableName": "members"}
    for reference in ({"snowflake": snowflake}, {"athena": athena}):
        table = acme.create_configured_table(**{**table_of("acme", "x", "email"), "tableReference": reference})[
            "configuredTable"
        ]
        assert table["tableType"] in ("SNOWFLAKE", "ATHENA")
        with refused("ValidationException", "custom rule only"):
            acme.create_configured_table_analysis_rule(
                configuredTableIdentifier=table["id"],
                analysisRuleType="AGGREGATION",
                analysisRulePolicy=aggregation(),
            )
    elsewhere = {**table_of("acme", "x", "email"), "tableReference": {"snowflake": snowflake}}
    policy = custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]])
    share(acme, pair.ours, elsewhere, "elsewhere", policy)
    with refused("ValidationException", "not a table that this server can read"):
        acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": "SELECT COUNT(DISTINCT email) FROM elsewhere"},
            resultConfiguration=s3(),
        )


def test_what_a_rule_forbids_is_refused_in_its_words_when_the_query_is_started(pair: Pair) -> None:
    with pytest.raises(ClientError) as error:
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": "SELECT email FROM viewers WHERE email = 'e001'"},
            resultConfiguration=s3(),
        )
    assert reason_of(error) == ("ValidationException", "INVALID_QUERY")
    assert "viewers" in str(error.value) and "e001" not in str(error.value)
    assert pair.acme.list_protected_queries(membershipIdentifier=pair.ours)["protectedQueries"] == []


def test_an_owner_says_who_receives_and_a_result_for_another_is_refused(pair: Pair) -> None:
    pair.streamly.create_configured_table_association_analysis_rule(
        membershipIdentifier=pair.theirs,
        configuredTableAssociationIdentifier=pair.viewers["id"],
        analysisRuleType="AGGREGATION",
        analysisRulePolicy={"v1": {"aggregation": {"allowedResultReceivers": [TENANTS["streamly"]]}}},
    )
    with refused("ValidationException", "may not be given"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )


def test_a_rule_that_speaks_of_additional_analyses_needs_the_collaborations_own(pair: Pair) -> None:
    pair.streamly.update_configured_table_analysis_rule(
        configuredTableIdentifier=pair.viewers["configuredTableId"],
        analysisRuleType="AGGREGATION",
        analysisRulePolicy=aggregation("plan", additionalAnalyses="NOT_ALLOWED"),
    )
    with refused("ValidationException", "no collaboration analysis rule"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )


def test_identifiers_of_nothing_are_not_found(pair: Pair) -> None:
    own, acme = {"membershipIdentifier": pair.ours}, pair.acme
    calls: tuple[Call, ...] = (
        lambda: acme.get_membership(membershipIdentifier=NOBODY),
        lambda: acme.get_protected_query(**own, protectedQueryIdentifier=NOBODY),
        lambda: acme.get_analysis_template(**own, analysisTemplateIdentifier=NOBODY),
        lambda: acme.get_privacy_budget_template(**own, privacyBudgetTemplateIdentifier=NOBODY),
        lambda: acme.get_id_mapping_table(**own, idMappingTableIdentifier=NOBODY),
        lambda: acme.get_intermediate_table(**own, intermediateTableIdentifier=str(uuid.uuid4())),
        lambda: acme.list_tags_for_resource(
            resourceArn=f"arn:aws:cleanrooms:us-east-1:111111111111:membership/{NOBODY}"
        ),
    )
    for call in calls:
        with refused("ResourceNotFoundException"):
            call()


def test_quotas_are_those_of_aws_unless_told_otherwise(declared: Declarations) -> None:
    with serving(declared, quotas={"Collaborations created per account": 2}) as premises:
        acme = premises.client("acme")
        for _ in range(2):
            acme.create_collaboration(**collaboration_of("streamly"))
        with pytest.raises(ClientError) as error:
            acme.create_collaboration(**collaboration_of("streamly"))
        response = error.value.response
        assert response["Error"]["Code"] == "ServiceQuotaExceededException"
        assert (response["quotaName"], response["quotaValue"]) == ("Collaborations created per account", 2.0)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 402
