"""Nothing of a collaboration changes without its members, except for what they agreed on beforehand."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import TENANTS, Pair, Premises, collaboration_of


def member_of(tenant: str, abilities: list[str], **more: Any) -> dict[str, Any]:
    member = {"accountId": TENANTS[tenant], "memberAbilities": abilities, **more}
    return {"specificationType": "MEMBER", "specification": {"member": member}}


def request(pair: Pair, *changes: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = pair.acme.create_collaboration_change_request(
        collaborationIdentifier=pair.collaboration, changes=list(changes)
    )["collaborationChangeRequest"]
    return made


def act(client: Any, pair: Pair, identifier: str, action: str) -> str:
    changed = client.update_collaboration_change_request(
        collaborationIdentifier=pair.collaboration, changeRequestIdentifier=identifier, action=action
    )
    status: str = changed["collaborationChangeRequest"]["status"]
    return status


def test_a_change_that_one_member_denies_is_not_made(pair: Pair) -> None:
    made = request(pair, member_of("shopwell", ["CAN_RECEIVE_RESULTS"], displayName="Shopwell"))
    assert made["approvals"] == {TENANTS["streamly"]: {"status": "PENDING"}}
    with pytest.raises(ClientError, match="ConflictException"):
        act(pair.acme, pair, made["id"], "COMMIT")
    assert act(pair.streamly, pair, made["id"], "DENY") == "DENIED"
    for client, action in ((pair.acme, "COMMIT"), (pair.streamly, "APPROVE"), (pair.acme, "CANCEL")):
        with pytest.raises(ClientError, match="ConflictException"):
            act(client, pair, made["id"], action)
    assert len(pair.acme.list_members(collaborationIdentifier=pair.collaboration)["memberSummaries"]) == 2


def test_only_the_creator_commits_and_has_no_vote(pair: Pair) -> None:
    made = request(pair, member_of("streamly", ["CAN_RECEIVE_RESULTS"]))
    assert made["changes"][0]["types"] == ["GRANT_RECEIVE_RESULTS_ABILITY"]
    with pytest.raises(ClientError, match="no vote"):
        act(pair.acme, pair, made["id"], "APPROVE")
    assert act(pair.streamly, pair, made["id"], "APPROVE") == "APPROVED"
    with pytest.raises(ClientError, match="AccessDeniedException"):
        act(pair.streamly, pair, made["id"], "COMMIT")
    assert act(pair.acme, pair, made["id"], "COMMIT") == "COMMITTED"
    own = pair.streamly.get_membership(membershipIdentifier=pair.theirs)["membership"]
    assert own["memberAbilities"] == ["CAN_RECEIVE_RESULTS"]


def test_what_was_agreed_on_beforehand_takes_effect_at_once(premises: Premises) -> None:
    acme = premises.client("acme")
    made = acme.create_collaboration(**collaboration_of("streamly", autoApprovedChangeRequestTypes=["ADD_MEMBER"]))[
        "collaboration"
    ]
    assert made["autoApprovedChangeTypes"] == ["ADD_MEMBER"]
    change = acme.create_collaboration_change_request(
        collaborationIdentifier=made["id"], changes=[member_of("shopwell", [], displayName="Shopwell")]
    )["collaborationChangeRequest"]
    assert (change["status"], change["isAutoApproved"]) == ("COMMITTED", True)
    assert premises.client("shopwell").list_collaborations(memberStatus="INVITED")["collaborationList"]


def test_what_is_approved_beforehand_is_itself_changed_by_request(pair: Pair) -> None:
    made = request(
        pair,
        {
            "specificationType": "COLLABORATION",
            "specification": {"collaboration": {"autoApprovedChangeTypes": ["ADD_MEMBER"]}},
        },
    )
    assert made["changes"][0]["types"] == ["EDIT_AUTO_APPROVED_CHANGE_TYPES"]
    act(pair.streamly, pair, made["id"], "APPROVE")
    act(pair.acme, pair, made["id"], "COMMIT")
    found = pair.acme.get_collaboration(collaborationIdentifier=pair.collaboration)["collaboration"]
    assert found["autoApprovedChangeTypes"] == ["ADD_MEMBER"]


def test_a_request_changes_something_that_can_be_changed(pair: Pair) -> None:
    for change in (
        member_of("streamly", []),
        member_of("streamly", ["CAN_QUERY"]),
        member_of("shopwell", []),
        {"specificationType": "COLLABORATION", "specification": member_of("streamly", [])["specification"]},
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            request(pair, change)
    made = request(pair, member_of("acme", []))
    act(pair.streamly, pair, made["id"], "APPROVE")
    with pytest.raises(ClientError, match="ValidationException"):
        act(pair.acme, pair, made["id"], "COMMIT")
