"""Collaborations and their members: made, shown, changed and ended by the account that creates them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import DELETED, member, owned, seat
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown, times
from antechamber.collaborate.api.families.associations import end
from antechamber.collaborate.api.state import Row

_KEPT = (
    "name", "description", "creatorDisplayName", "dataEncryptionMetadata", "queryLogStatus", "jobLogStatus",
    "allowedResultRegions", "isMetricsEnabled",
)  # fmt: skip


def create(call: Call) -> Given:
    """CreateCollaboration."""
    given = call.given
    specifications = [_creator(call), *given["members"]]
    _check_members(specifications)
    _check_engine(given)
    call.within(
        "Collaborations created per account",
        call.shelf.count("collaboration", account=call.account, status="ACTIVE"),
    )
    call.within("Members invited per collaboration", len(given["members"]) - 1)
    collaboration = call.add(
        "collaboration",
        {
            **only(given, *_KEPT),
            "analyticsEngine": given.get("analyticsEngine", "SPARK"),
            "autoApprovedChangeTypes": given.get("autoApprovedChangeRequestTypes", []),
        },
        status="ACTIVE",
    )
    for specification in specifications:
        invite(call, collaboration, specification)
    return {"collaboration": show(call, collaboration)}


def invite(call: Call, collaboration: Row, specification: Mapping[str, Any]) -> Row:
    """A new member's row. Raises Taken when the account is one."""
    account = specification["accountId"]
    return call.shelf.add(
        "member",
        account,
        {
            "displayName": specification["displayName"],
            "abilities": list(dict.fromkeys(specification["memberAbilities"])),
            **only(dict(specification), "mlMemberAbilities", "paymentConfiguration"),
        },
        collaboration=collaboration.id,
        scope=f"member of {collaboration.id}",
        name=account,
        status="INVITED",
    )


def get(call: Call) -> Given:
    """GetCollaboration."""
    return {"collaboration": show(call, seat(call).collaboration)}


def update(call: Call) -> Given:
    """UpdateCollaboration."""
    collaboration = owned(call)
    _check_engine(call.given)
    changed = call.shelf.change(collaboration, only(call.given, "name", "description", "analyticsEngine"))
    return {"collaboration": show(call, changed)}


def delete(call: Call) -> Given:
    """DeleteCollaboration: its memberships end. Deleting it again changes nothing."""
    identifier = call.given["collaborationIdentifier"]
    found = call.shelf.find("collaboration", identifier)
    if found is not None and found.account == call.account and found.status == DELETED:
        return {}
    collaboration = owned(call)
    call.shelf.change(collaboration, status=DELETED)
    for membership in list(call.shelf.all("membership", collaboration=collaboration.id, status="ACTIVE")):
        end(call, membership, "COLLABORATION_DELETED")
    return {}


def list_all(call: Call) -> Given:
    """ListCollaborations: those that the caller owns, has joined or is invited to."""
    wanted = call.given.get("memberStatus")
    mine = "SELECT collaboration FROM resources WHERE kind = 'member' AND account = ?"
    statuses, parameters = ("status = ?", (wanted,)) if wanted else ("status IN ('INVITED', 'ACTIVE')", ())
    owns = "" if wanted else " OR account = ?"
    return call.page(
        "collaborationList",
        lambda row: _summary(call, row),
        f"kind = 'collaboration' AND status = 'ACTIVE' AND (id IN ({mine} AND {statuses}){owns})",
        call.account,
        *parameters,
        *(() if wanted else (call.account,)),
    )


def list_members(call: Call) -> Given:
    """ListMembers."""
    collaboration = seat(call).collaboration
    return call.page(
        "memberSummaries",
        lambda row: _member(call, row),
        "kind = 'member' AND collaboration = ?",
        collaboration.id,
    )


def delete_member(call: Call) -> Given:
    """DeleteMember: the member can do nothing more, and its data is out of reach."""
    collaboration = owned(call)
    account = call.given["accountId"]
    found = member(call, collaboration.id, account)
    if found is None:
        raise call.missing("COLLABORATION", account)
    if account == collaboration.account:
        raise faults.conflict(
            "the creator cannot be removed: delete the collaboration",
            reason="INVALID_STATE",
            kind="COLLABORATION",
            identifier=collaboration.id,
        )
    if found.status in ("INVITED", "ACTIVE"):
        call.shelf.change(found, status="REMOVED")
        for membership in call.shelf.all("membership", collaboration=collaboration.id, account=account):
            if membership.status == "ACTIVE":
                end(call, membership, "REMOVED")
    return {}


def show(call: Call, row: Row) -> Given:
    """`Collaboration`, as its caller sees it."""
    return {
        **_summary(call, row),
        **shown(
            row,
            "description",
            "dataEncryptionMetadata",
            "queryLogStatus",
            "jobLogStatus",
            "autoApprovedChangeTypes",
            "allowedResultRegions",
            "isMetricsEnabled",
        ),
    }


def payment(row: Row, whole: Call) -> Given:
    """A member's payment responsibilities: where nobody was named, the member who can query pays."""
    configured = dict(row.get("paymentConfiguration") or {})
    named = any(
        (each.get("paymentConfiguration") or {}).get("queryCompute", {}).get("isResponsible")
        for each in whole.shelf.all("member", collaboration=row.collaboration)
    )
    if not named:
        configured["queryCompute"] = {"isResponsible": "CAN_QUERY" in row["abilities"]}
    return {"queryCompute": {"isResponsible": False}, **configured}


def _summary(call: Call, row: Row) -> Given:
    place = member(call, row.id, call.account)
    membership = next(call.shelf.all("membership", collaboration=row.id, account=call.account, status="ACTIVE"), None)
    joined = {"membershipId": membership.id, "membershipArn": call.arn(membership)} if membership else {}
    return {
        "id": row.id,
        "arn": call.arn(row),
        "creatorAccountId": row.account,
        "memberStatus": place.status if place else "REMOVED",
        **shown(row, "name", "creatorDisplayName", "analyticsEngine"),
        **joined,
        **times(row),
    }


def _member(call: Call, row: Row) -> Given:
    membership = next(
        call.shelf.all("membership", collaboration=row.collaboration, account=row.account, status="ACTIVE"), None
    )
    joined = {"membershipId": membership.id, "membershipArn": call.arn(membership)} if membership else {}
    return {
        "accountId": row.account,
        "status": row.status,
        "displayName": row["displayName"],
        "abilities": row["abilities"],
        "mlAbilities": row.get("mlMemberAbilities"),
        "paymentConfiguration": payment(row, call),
        **joined,
        **times(row),
    }


def _creator(call: Call) -> Given:
    given = call.given
    return {
        "accountId": call.account,
        "displayName": given["creatorDisplayName"],
        "memberAbilities": given["creatorMemberAbilities"],
        "mlMemberAbilities": given.get("creatorMLMemberAbilities"),
        "paymentConfiguration": given.get("creatorPaymentConfiguration"),
    }


def _check_members(specifications: list[Given]) -> None:
    accounts = [each["accountId"] for each in specifications]
    if len(set(accounts)) != len(accounts):
        raise faults.invalid(
            "an account can be a member once, and the creator is one", ("members", "must name each account once")
        )
    for ability in ("CAN_QUERY", "CAN_RUN_JOB"):
        if sum(ability in each["memberAbilities"] for each in specifications) > 1:
            raise faults.invalid(
                f"one member can have {ability}", ("members", f"must give {ability} to one member at most")
            )
    able = {ability for each in specifications for ability in each["memberAbilities"]}
    if "CAN_QUERY" in able and "CAN_RECEIVE_RESULTS" not in able:
        raise faults.invalid(
            "somebody must receive the results of queries",
            ("members", "must give CAN_RECEIVE_RESULTS to at least one member"),
        )
    learning = any(each.get("mlMemberAbilities") for each in specifications)
    if not able & {"CAN_QUERY", "CAN_RUN_JOB"} and not learning:
        raise faults.invalid(
            "somebody must be able to query or to run jobs", ("members", "must give CAN_QUERY to one member")
        )


def _check_engine(given: Given) -> None:
    if given.get("analyticsEngine", "SPARK") != "SPARK":
        raise faults.invalid(
            "the engine CLEAN_ROOMS_SQL is no longer available",
            ("analyticsEngine", "must be SPARK"),
            reason="INVALID_CONFIGURATION",
        )


HANDLERS: Mapping[str, Handler] = {
    "CreateCollaboration": create,
    "DeleteCollaboration": delete,
    "DeleteMember": delete_member,
    "GetCollaboration": get,
    "ListCollaborations": list_all,
    "ListMembers": list_members,
    "UpdateCollaboration": update,
}
