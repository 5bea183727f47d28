"""Whole lives of collaborations, by boto3, each member with credentials of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    OVERLAP,
    TENANTS,
    Pair,
    Premises,
    aggregation,
    collaboration_of,
    finished,
    paired,
    s3,
    share,
    table_of,
)

from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace


def rows_of(root: Path, location: str) -> list[list[str]]:
    with (root / "results" / location.removeprefix("s3://")).open() as file:
        return list(csv.reader(file))


def test_two_members_come_from_nothing_to_an_answer_and_part_again(premises: Premises) -> None:
    pair = paired(premises)
    started = pair.acme.start_protected_query(
        type="SQL",
        membershipIdentifier=pair.ours,
        sqlParameters={"queryString": OVERLAP},
        resultConfiguration=s3(),
    )["protectedQuery"]
    assert started["status"] == "SUBMITTED"
    ended = finished(pair.acme, pair.ours, started["id"])
    assert ended["status"] == "SUCCESS"
    assert ended["statistics"]["totalDurationInMillis"] > 0
    location = ended["result"]["output"]["s3"]["location"]
    assert location == f"s3://results-of-acme/spring/{started['id']}.csv"
    assert rows_of(premises.root, location) == [["plan", "people"], ["basic", "30"], ["max", "30"]]

    with pytest.raises(ClientError, match="still has resources"):
        pair.streamly.delete_membership(membershipIdentifier=pair.theirs)
    pair.streamly.delete_configured_table_association(
        membershipIdentifier=pair.theirs, configuredTableAssociationIdentifier=pair.viewers["id"]
    )
    pair.streamly.delete_configured_table(configuredTableIdentifier=pair.viewers["configuredTableId"])
    pair.streamly.delete_membership(membershipIdentifier=pair.theirs)
    (_, left) = pair.acme.list_members(collaborationIdentifier=pair.collaboration)["memberSummaries"]
    assert left["status"] == "LEFT"
    pair.acme.delete_collaboration(collaborationIdentifier=pair.collaboration)
    assert pair.acme.list_collaborations()["collaborationList"] == []
    (ended_membership,) = pair.acme.list_memberships()["membershipSummaries"]
    assert ended_membership["status"] == "COLLABORATION_DELETED"
    pair.acme.delete_membership(membershipIdentifier=pair.ours)
    assert pair.acme.list_memberships()["membershipSummaries"] == []


def test_of_three_members_one_asks_one_pays_and_one_receives(premises: Premises) -> None:
    acme, streamly, shopwell = (premises.client(name) for name in TENANTS)
    given = collaboration_of("streamly", "shopwell", creatorMemberAbilities=["CAN_QUERY"])
    given["members"][0]["paymentConfiguration"] = {"queryCompute": {"isResponsible": True}}
    given["members"][1]["memberAbilities"] = ["CAN_RECEIVE_RESULTS"]
    made = acme.create_collaboration(**given)["collaboration"]["id"]
    ours = acme.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
    with pytest.raises(ClientError, match="payment"):
        streamly.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")
    theirs = streamly.create_membership(
        collaborationIdentifier=made,
        queryLogStatus="DISABLED",
        paymentConfiguration={"queryCompute": {"isResponsible": True}},
    )["membership"]["id"]
    receiving = shopwell.create_membership(
        collaborationIdentifier=made,
        queryLogStatus="DISABLED",
        defaultResultConfiguration=s3("results-of-shopwell", resultFormat="PARQUET", singleFileOutput=False),
    )["membership"]["id"]
    share(acme, ours, table_of("acme", "members", "email", "tier"), "members", aggregation("tier"))
    share(streamly, theirs, table_of("streamly", "viewers", "email", "plan"), "viewers", aggregation("plan"))
    share(
        shopwell,
        receiving,
        table_of("shopwell", "buyers", "email", "spent"),
        "buyers",
        aggregation(aggregateColumns=[{"columnNames": ["spent"], "function": "SUM"}]),
    )
    sql = {
        "queryString": "SELECT tier, plan, SUM(spent) AS spent FROM members JOIN viewers ON members.email = "
        "viewers.email JOIN buyers ON viewers.email = buyers.email GROUP BY tier, plan"
    }
    with pytest.raises(ClientError, match="AccessDeniedException"):
        acme.start_protected_query(type="SQL", membershipIdentifier=ours, sqlParameters=sql, resultConfiguration=s3())
    query = acme.start_protected_query(
        type="SQL",
        membershipIdentifier=ours,
        sqlParameters=sql,
        resultConfiguration={"outputConfiguration": {"member": {"accountId": TENANTS["shopwell"]}}},
    )["protectedQuery"]
    assert query["queryComputePayerAccountId"] == TENANTS["streamly"]
    ended = finished(acme, ours, query["id"])
    assert ended["status"] == "SUCCESS", ended
    assert ended["result"]["output"] == {"memberList": [{"accountId": TENANTS["shopwell"]}]}
    folder = premises.root / "results" / "results-of-shopwell" / "spring" / query["id"]
    (part,) = folder.iterdir()
    assert pq.read_table(part).num_rows == 2


def test_a_removed_member_can_do_nothing_and_its_data_is_gone(pair: Pair) -> None:
    pair.acme.delete_member(collaborationIdentifier=pair.collaboration, accountId=TENANTS["streamly"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        pair.streamly.get_collaboration(collaborationIdentifier=pair.collaboration)
    (mine,) = pair.acme.list_schemas(collaborationIdentifier=pair.collaboration)["schemaSummaries"]
    assert mine["name"] == "members"
    with pytest.raises(ClientError, match="no such table"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )
    assert pair.streamly.get_membership(membershipIdentifier=pair.theirs)["membership"]["status"] == "REMOVED"
    pair.streamly.delete_configured_table(configuredTableIdentifier=pair.viewers["configuredTableId"])


def test_the_tables_of_a_deleted_collaboration_are_their_owners_alone(pair: Pair) -> None:
    pair.acme.delete_collaboration(collaborationIdentifier=pair.collaboration)
    for client, table in ((pair.acme, pair.members), (pair.streamly, pair.viewers)):
        client.delete_configured_table(configuredTableIdentifier=table["configuredTableId"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )


def test_a_table_that_was_unpublished_cannot_be_asked_and_hides_no_other(pair: Pair, premises: Premises) -> None:
    declared = load_workspace(premises.root)
    open_catalog(declared.workspace, declared.root).drop_table("streamly.viewers")
    seen = pair.acme.list_schemas(collaborationIdentifier=pair.collaboration)["schemaSummaries"]
    assert [each["name"] for each in seen] == ["members", "viewers"]
    with pytest.raises(ClientError, match="viewers is not a table that this server can read"):
        pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )
