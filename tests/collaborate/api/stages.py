"""What the operations are called for, a family after the other; `test_operations` goes through it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    ROLE,
    TENANTS,
    Pair,
    aggregation,
    s3,
)


def collaborations(pair: Pair) -> None:
    acme, streamly = pair.acme, pair.streamly
    found = acme.get_collaboration(collaborationIdentifier=pair.collaboration)["collaboration"]
    assert found["memberStatus"] == "ACTIVE" and found["membershipId"] == pair.ours
    acme.update_collaboration(collaborationIdentifier=pair.collaboration, name="summer")
    (listed,) = streamly.list_collaborations(memberStatus="ACTIVE")["collaborationList"]
    assert listed["name"] == "summer"
    first, second = acme.list_members(collaborationIdentifier=pair.collaboration)["memberSummaries"]
    assert (first["abilities"], second["status"]) == (["CAN_QUERY", "CAN_RECEIVE_RESULTS"], "ACTIVE")
    acme.update_membership(membershipIdentifier=pair.ours, defaultResultConfiguration=s3())
    own = acme.get_membership(membershipIdentifier=pair.ours)["membership"]
    assert own["defaultResultConfiguration"] == s3() and own["collaborationName"] == "summer"
    assert [each["id"] for each in acme.list_memberships(status="ACTIVE")["membershipSummaries"]] == [pair.ours]


def tables(pair: Pair) -> None:
    acme = pair.acme
    table, association = pair.members["configuredTableId"], pair.members["id"]
    acme.update_configured_table(configuredTableIdentifier=table, description="who is in the club")
    found = acme.get_configured_table(configuredTableIdentifier=table)["configuredTable"]
    assert found["description"] == "who is in the club" and found["analysisRuleTypes"] == ["AGGREGATION"]
    assert [each["id"] for each in acme.list_configured_tables()["configuredTableSummaries"]] == [table]
    rule: dict[str, Any] = {"configuredTableIdentifier": table, "analysisRuleType": "AGGREGATION"}
    policy = aggregation("tier", minimum=3)
    acme.update_configured_table_analysis_rule(**rule, analysisRulePolicy=policy)
    assert acme.get_configured_table_analysis_rule(**rule)["analysisRule"]["policy"] == policy
    acme.delete_configured_table_analysis_rule(**rule)
    acme.create_configured_table_analysis_rule(**rule, analysisRulePolicy=policy)

    named = {"membershipIdentifier": pair.ours, "configuredTableAssociationIdentifier": association}
    acme.update_configured_table_association(**named, description="members", roleArn=ROLE)
    assert acme.get_configured_table_association(**named)["configuredTableAssociation"]["description"] == "members"
    listed = acme.list_configured_table_associations(membershipIdentifier=pair.ours)
    assert [each["name"] for each in listed["configuredTableAssociationSummaries"]] == ["members"]
    own: dict[str, Any] = {**named, "analysisRuleType": "AGGREGATION"}
    everyone = {"v1": {"aggregation": {"allowedResultReceivers": list(TENANTS.values())}}}
    nobody: dict[str, Any] = {"v1": {"aggregation": {"allowedResultReceivers": []}}}
    acme.create_configured_table_association_analysis_rule(**own, analysisRulePolicy=nobody)
    (state,) = acme.get_schema(collaborationIdentifier=pair.collaboration, name="members")["schema"][
        "schemaStatusDetails"
    ]
    assert (state["status"], state["reasons"][0]["code"]) == ("NOT_READY", "RESULT_RECEIVERS_NOT_CONFIGURED")
    acme.update_configured_table_association_analysis_rule(**own, analysisRulePolicy=everyone)
    assert acme.get_configured_table_association_analysis_rule(**own)["analysisRule"]["policy"] == everyone


def schemas(pair: Pair) -> None:
    streamly, named = pair.streamly, {"collaborationIdentifier": pair.collaboration}
    listed = streamly.list_schemas(**named, schemaType="TABLE")["schemaSummaries"]
    assert [each["name"] for each in listed] == ["members", "viewers"]
    schema = pair.acme.get_schema(**named, name="viewers")["schema"]
    assert [column["name"] for column in schema["columns"]] == ["email", "plan"]
    assert schema["schemaStatusDetails"][0]["status"] == "READY"
    many = streamly.batch_get_schema(**named, names=["members", "nothing"])
    assert [each["name"] for each in many["schemas"] + many["errors"]] == ["members", "nothing"]
    rule = streamly.get_schema_analysis_rule(**named, name="members", type="AGGREGATION")["analysisRule"]
    assert rule["consolidatedPolicy"]["v1"]["aggregation"]["allowedResultReceivers"] == list(TENANTS.values())
    rules = streamly.batch_get_schema_analysis_rule(
        **named,
        schemaAnalysisRuleRequests=[{"name": "members", "type": "AGGREGATION"}, {"name": "members", "type": "LIST"}],
    )
    assert (len(rules["analysisRules"]), rules["errors"][0]["type"]) == (1, "LIST")


def templates(pair: Pair) -> None:
    acme, streamly = pair.acme, pair.streamly
    made = streamly.create_analysis_template(
        membershipIdentifier=pair.theirs,
        name="by_plan",
        format="SQL",
        source={"text": "SELECT plan, COUNT(DISTINCT email) FROM viewers WHERE plan = :plan GROUP BY plan"},
        analysisParameters=[{"name": "plan", "type": "VARCHAR", "defaultValue": "max"}],
    )["analysisTemplate"]
    assert made["schema"] == {"referencedTables": ["viewers"]}
    own = {"membershipIdentifier": pair.theirs, "analysisTemplateIdentifier": made["id"]}
    streamly.update_analysis_template(**own, description="viewers of a plan")
    assert streamly.get_analysis_template(**own)["analysisTemplate"]["description"] == "viewers of a plan"
    listed = streamly.list_analysis_templates(membershipIdentifier=pair.theirs)["analysisTemplateSummaries"]
    assert [each["arn"] for each in listed] == [made["arn"]]
    named = {"collaborationIdentifier": pair.collaboration}
    seen = acme.get_collaboration_analysis_template(**named, analysisTemplateArn=made["arn"])
    assert seen["collaborationAnalysisTemplate"]["source"] == made["source"]
    other = made["arn"][:-1] + ("0" if made["arn"][-1] != "0" else "1")
    both = acme.batch_get_collaboration_analysis_template(**named, analysisTemplateArns=[made["arn"], other])
    assert (len(both["collaborationAnalysisTemplates"]), both["errors"][0]["arn"]) == (1, other)
    assert len(acme.list_collaboration_analysis_templates(**named)["collaborationAnalysisTemplateSummaries"]) == 1
    streamly.delete_analysis_template(**own)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        streamly.get_analysis_template(**own)


def budgets(pair: Pair) -> None:
    acme, own = pair.acme, {"membershipIdentifier": pair.ours}
    schema = acme.get_schema(collaborationIdentifier=pair.collaboration, name="members")["schema"]
    made = acme.create_privacy_budget_template(
        **own,
        privacyBudgetType="ACCESS_BUDGET",
        parameters={
            "accessBudget": {
                "resourceArn": schema["resourceArn"],
                "budgetParameters": [{"type": "LIFETIME", "budget": 9}],
            }
        },
    )["privacyBudgetTemplate"]
    noise = acme.create_privacy_budget_template(
        **own,
        privacyBudgetType="DIFFERENTIAL_PRIVACY",
        autoRefresh="CALENDAR_MONTH",
        parameters={"differentialPrivacy": {"epsilon": 3, "usersNoisePerQuery": 40}},
    )["privacyBudgetTemplate"]
    named = {"privacyBudgetTemplateIdentifier": noise["id"]}
    acme.update_privacy_budget_template(
        **own,
        **named,
        privacyBudgetType="DIFFERENTIAL_PRIVACY",
        parameters={"differentialPrivacy": {"epsilon": 5}},
    )
    found = acme.get_privacy_budget_template(**own, **named)["privacyBudgetTemplate"]
    assert found["parameters"]["differentialPrivacy"] == {"epsilon": 5, "usersNoisePerQuery": 40}
    assert len(acme.list_privacy_budget_templates(**own)["privacyBudgetTemplateSummaries"]) == 2
    where = {"collaborationIdentifier": pair.collaboration}
    pair.streamly.get_collaboration_privacy_budget_template(**where, **named)
    shared = pair.streamly.list_collaboration_privacy_budget_templates(**where)
    assert len(shared["collaborationPrivacyBudgetTemplateSummaries"]) == 2
    (access,) = acme.list_privacy_budgets(**own, privacyBudgetType="ACCESS_BUDGET")["privacyBudgetSummaries"]
    assert access["budget"]["accessBudget"]["aggregateRemainingBudget"] == 9
    assert access["privacyBudgetTemplateId"] == made["id"]
    (privacy,) = pair.streamly.list_collaboration_privacy_budgets(**where, privacyBudgetType="DIFFERENTIAL_PRIVACY")[
        "collaborationPrivacyBudgetSummaries"
    ]
    preview = acme.preview_privacy_impact(
        **own, parameters={"differentialPrivacy": {"epsilon": 5, "usersNoisePerQuery": 40}}
    )["privacyImpact"]["differentialPrivacy"]["aggregations"]
    told = privacy["budget"]["differentialPrivacy"]["aggregations"]
    assert [(each["type"], each["maxCount"]) for each in told] == [
        (each["type"], each["maxCount"]) for each in preview
    ]
    assert all(each["remainingCount"] == each["maxCount"] > 0 for each in told)
    acme.delete_privacy_budget_template(**own, **named)
