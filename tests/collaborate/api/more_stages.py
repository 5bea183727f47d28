"""What the operations are called for, after `stages`."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    OVERLAP,
    TENANTS,
    Pair,
    Premises,
    collaboration_of,
    custom,
    finished,
    s3,
)


def asking(premises: Premises, pair: Pair) -> None:
    acme, own = pair.acme, {"membershipIdentifier": pair.ours}
    query = acme.start_protected_query(
        type="SQL", **own, sqlParameters={"queryString": OVERLAP}, resultConfiguration=s3()
    )["protectedQuery"]["id"]
    assert finished(acme, pair.ours, query)["status"] == "SUCCESS"
    (listed,) = acme.list_protected_queries(**own, status="SUCCESS")["protectedQueries"]
    (receiver,) = listed["receiverConfigurations"]
    assert receiver["configurationDetails"] == {
        "directAnalysisConfigurationDetails": {"receiverAccountIds": [TENANTS["acme"]]}
    }
    with pytest.raises(acme.exceptions.ConflictException, match="over"):
        acme.update_protected_query(**own, protectedQueryIdentifier=query, targetStatus="CANCELLED")
    (access,) = acme.list_privacy_budgets(**own, privacyBudgetType="ACCESS_BUDGET")["privacyBudgetSummaries"]
    assert access["budget"]["accessBudget"]["aggregateRemainingBudget"] == 8

    to: dict[str, Any] = {"analysisId": query, "analysisType": "PROTECTED_QUERY"}
    where = {"outputConfiguration": {"s3": {"bucket": "logs-of-acme", "keyPrefix": "logs"}}}
    with pytest.raises(ClientError, match="CAN_EXPORT"):
        acme.start_analysis_log_export(**own, **to, resultConfiguration=where)
    request = acme.create_collaboration_change_request(
        collaborationIdentifier=pair.collaboration,
        changes=[change_of("acme", ["CAN_RECEIVE_RESULTS", "CAN_EXPORT_QUERY_ANALYSIS_LOG"])],
    )["collaborationChangeRequest"]["id"]
    decide(pair, request)
    export = acme.start_analysis_log_export(**own, **to, resultConfiguration=where)["analysisLogExport"]
    assert export["status"] == "IN_PROGRESS"
    named = {"analysisLogExportIdentifier": export["analysisLogExportId"]}
    assert acme.get_analysis_log_export(**own, **named)["analysisLogExport"]["status"] == "SUCCESS"
    assert len(acme.list_analysis_log_exports(**own, analysisIdentifier=query)["analysisLogExports"]) == 1
    written = premises.root / "results/logs-of-acme/logs" / f"{export['analysisLogExportId']}.jsonl"
    assert "SUCCESS" in written.read_text() and "SELECT" not in written.read_text()


def id_mapping(pair: Pair) -> None:
    acme, streamly, own = pair.acme, pair.streamly, {"membershipIdentifier": pair.ours}
    namespace = "arn:aws:entityresolution:us-east-1:111111111111:idnamespace/"
    mine = acme.create_id_namespace_association(
        **own, name="ours", inputReferenceConfig=referring(namespace + "source-members")
    )["idNamespaceAssociation"]
    assert mine["inputReferenceProperties"]["idNamespaceType"] == "SOURCE"
    streamly.create_id_namespace_association(
        membershipIdentifier=pair.theirs, name="theirs", inputReferenceConfig=referring(namespace + "target-viewers")
    )
    named = {"idNamespaceAssociationIdentifier": mine["id"]}
    acme.update_id_namespace_association(
        **own, **named, name="members", idMappingConfig={"allowUseAsDimensionColumn": True}
    )
    found = acme.get_id_namespace_association(**own, **named)["idNamespaceAssociation"]
    assert (found["name"], found["idMappingConfig"]) == ("members", {"allowUseAsDimensionColumn": True})
    assert len(acme.list_id_namespace_associations(**own)["idNamespaceAssociationSummaries"]) == 1
    where = {"collaborationIdentifier": pair.collaboration}
    streamly.get_collaboration_id_namespace_association(**where, **named)
    both = streamly.list_collaboration_id_namespace_associations(**where)
    assert len(both["collaborationIdNamespaceAssociationSummaries"]) == 2

    workflow = "arn:aws:entityresolution:us-east-1:111111111111:idmappingworkflow/pairs"
    table = acme.create_id_mapping_table(**own, name="pairs", inputReferenceConfig=referring(workflow))[
        "idMappingTable"
    ]
    mapping = {**own, "idMappingTableIdentifier": table["id"]}
    acme.update_id_mapping_table(**mapping, description="whose is whose")
    before = streamly.get_schema(**where, name="pairs")["schema"]["schemaStatusDetails"][0]
    assert before["reasons"][0]["code"] == "ID_MAPPING_TABLE_NOT_POPULATED"
    assert acme.populate_id_mapping_table(**mapping)["idMappingJobId"]
    after = streamly.get_schema(**where, name="pairs")["schema"]
    assert after["schemaStatusDetails"][0]["status"] == "READY"
    assert [column["name"] for column in after["columns"]] == ["source_id", "target_id"]
    rule = streamly.get_schema_analysis_rule(**where, name="pairs", type="ID_MAPPING_TABLE")["analysisRule"]
    assert rule["policy"]["v1"]["idMappingTable"]["dimensionColumns"] == ["source_id"]
    assert acme.get_id_mapping_table(**mapping)["idMappingTable"]["description"] == "whose is whose"
    assert len(acme.list_id_mapping_tables(**own)["idMappingTableSummaries"]) == 1
    acme.delete_id_mapping_table(**mapping)
    acme.delete_id_namespace_association(**own, **named)


def changes(pair: Pair) -> None:
    acme, where = pair.acme, {"collaborationIdentifier": pair.collaboration}
    made = acme.create_collaboration_change_request(
        **where, changes=[change_of("shopwell", [], displayName="Shopwell")]
    )["collaborationChangeRequest"]
    assert (made["status"], made["changes"][0]["types"]) == ("PENDING", ["ADD_MEMBER"])
    pair.streamly.get_collaboration_change_request(**where, changeRequestIdentifier=made["id"])
    pending = pair.streamly.list_collaboration_change_requests(**where, status="PENDING")
    assert [each["id"] for each in pending["collaborationChangeRequestSummaries"]] == [made["id"]]
    decide(pair, made["id"])
    added = acme.list_members(**where)["memberSummaries"][-1]
    assert (added["accountId"], added["status"]) == (TENANTS["shopwell"], "INVITED")


def intermediate(pair: Pair) -> None:
    acme, own = pair.acme, {"membershipIdentifier": pair.ours}
    where = {"collaborationIdentifier": pair.collaboration}
    statement = "SELECT plan, COUNT(DISTINCT members.email) AS people FROM members JOIN viewers "
    made = acme.create_intermediate_table(
        **own,
        name="overlap",
        retentionInDays=30,
        populationAnalysisConfiguration={
            "sqlParameters": {"queryString": statement + "ON members.email = viewers.email GROUP BY plan"}
        },
    )["intermediateTable"]
    assert made["status"] == "CREATED"
    assert {(each["name"], each["parentType"]) for each in made["tableDependencies"]} == {
        ("members", "DIRECT"),
        ("viewers", "DIRECT"),
    }
    table = {**own, "intermediateTableIdentifier": made["id"]}
    started = acme.populate_intermediate_table(**table)
    ended = finished(acme, pair.ours, started["analysisId"])
    assert ended["status"] == "SUCCESS", ended
    found = acme.get_intermediate_table(**table)["intermediateTable"]
    assert found["status"] == "POPULATE_SUCCESS" and found["intermediateTableVersion"]["expirationTime"]
    assert found["schema"]["columns"] == [{"name": "plan", "type": "string"}, {"name": "people", "type": "bigint"}]
    inherited = found["intermediateTableVersion"]["inheritedConstraints"]
    assert inherited["allowedResultReceivers"]["value"] == list(TENANTS.values())
    rule: dict[str, Any] = {**table, "analysisRuleType": "CUSTOM"}
    allowing = custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]])
    with pytest.raises(ClientError, match="more than the base tables"):
        acme.create_intermediate_table_analysis_rule(**rule, analysisRulePolicy=allowing)
    stricter = custom(
        "ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]], allowedResultReceivers=[TENANTS["acme"]]
    )
    acme.create_intermediate_table_analysis_rule(**rule, analysisRulePolicy=stricter)
    acme.update_intermediate_table_analysis_rule(**rule, analysisRulePolicy=stricter)
    assert acme.get_intermediate_table_analysis_rule(**rule)["analysisRule"]["analysisRulePolicy"] == stricter
    schema = acme.get_schema(**where, name="overlap")["schema"]
    assert (schema["type"], schema["schemaStatusDetails"][0]["status"]) == ("INTERMEDIATE_TABLE", "READY")
    acme.update_intermediate_table(**table, description="by plan", columns=[{"name": "people", "type": "int"}])
    assert [each["name"] for each in acme.list_intermediate_tables(**own)["intermediateTableSummaries"]] == [
        "overlap"
    ]
    versions = acme.list_intermediate_table_versions(**table)["intermediateTableVersionSummaries"]
    assert [each["status"] for each in versions] == ["POPULATE_SUCCESS"]
    viewers = pair.streamly.get_configured_table_association(
        membershipIdentifier=pair.theirs, configuredTableAssociationIdentifier=pair.viewers["id"]
    )["configuredTableAssociation"]
    assert [each["resourceName"] for each in viewers["childResources"]] == ["overlap"]
    acme.delete_intermediate_table_analysis_rule(**rule)
    pair.streamly.disallow_intermediate_table(membershipIdentifier=pair.theirs, intermediateTableName="overlap")
    assert acme.get_intermediate_table(**table)["intermediateTable"]["status"] == "DISALLOWED_BY_DATA_PROVIDER"
    acme.delete_intermediate_table(**table)


def tags(pair: Pair) -> None:
    acme, arn = pair.acme, {"resourceArn": pair.members["arn"]}
    acme.tag_resource(**arn, tags={"team": "crm", "stage": "test"})
    acme.untag_resource(**arn, tagKeys=["stage"])
    assert acme.list_tags_for_resource(**arn)["tags"] == {"team": "crm"}
    with pytest.raises(ClientError, match="ResourceNotFound"):
        pair.streamly.list_tags_for_resource(**arn)


def endings(pair: Pair) -> None:
    acme = pair.acme
    named = {"membershipIdentifier": pair.ours, "configuredTableAssociationIdentifier": pair.members["id"]}
    acme.delete_configured_table_association_analysis_rule(**named, analysisRuleType="AGGREGATION")
    acme.delete_configured_table_association(**named)
    acme.delete_configured_table(configuredTableIdentifier=pair.members["configuredTableId"])
    acme.delete_member(collaborationIdentifier=pair.collaboration, accountId=TENANTS["streamly"])
    acme.delete_membership(membershipIdentifier=pair.ours)
    acme.delete_collaboration(collaborationIdentifier=pair.collaboration)
    acme.delete_collaboration(collaborationIdentifier=pair.collaboration)
    with pytest.raises(ClientError, match="AccessDenied"):
        acme.get_collaboration(collaborationIdentifier=pair.collaboration)
    assert acme.create_collaboration(**collaboration_of("streamly"))["collaboration"]["memberStatus"] == "INVITED"


def referring(arn: str) -> dict[str, Any]:
    return {"inputReferenceArn": arn, "manageResourcePolicies": False}


def change_of(tenant: str, abilities: list[str], **more: Any) -> dict[str, Any]:
    member = {"accountId": TENANTS[tenant], "memberAbilities": abilities, **more}
    return {"specificationType": "MEMBER", "specification": {"member": member}}


def decide(pair: Pair, request: str) -> None:
    """Streamly approves, acme commits."""
    named = {"collaborationIdentifier": pair.collaboration, "changeRequestIdentifier": request}
    approved = pair.streamly.update_collaboration_change_request(**named, action="APPROVE")
    assert approved["collaborationChangeRequest"]["status"] == "APPROVED"
    committed = pair.acme.update_collaboration_change_request(**named, action="COMMIT")
    assert committed["collaborationChangeRequest"]["status"] == "COMMITTED"
