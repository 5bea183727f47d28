"""Change requests: what the creator wants changed of a collaboration, and what the other members say to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import Seat, joined, member, owned, seat
from antechamber.collaborate.api.call import Call, Given, Handler, already, times
from antechamber.collaborate.api.families.collaborations import invite, payment
from antechamber.collaborate.api.state import Row, Taken

_GRANTED: Mapping[str, tuple[str, str]] = {
    "CAN_RECEIVE_RESULTS": ("GRANT_RECEIVE_RESULTS_ABILITY", "REVOKE_RECEIVE_RESULTS_ABILITY"),
    "CAN_EXPORT_QUERY_ANALYSIS_LOG": (
        "GRANT_EXPORT_QUERY_ANALYSIS_LOG_ABILITY",
        "REVOKE_EXPORT_QUERY_ANALYSIS_LOG_ABILITY",
    ),
}
_FIXED = ("CAN_QUERY", "CAN_RUN_JOB")
"""Abilities that a change request neither gives nor takes."""

_LEARNING = ("CAN_RECEIVE_MODEL_OUTPUT", "CAN_RECEIVE_INFERENCE_OUTPUT")


def create(call: Call) -> Given:
    """CreateCollaborationChangeRequest: takes effect at once where all its types are approved beforehand."""
    collaboration = owned(call)
    changes = [{**change, "types": list(_types(call, collaboration, change))} for change in call.given["changes"]]
    types = {each for change in changes for each in change["types"]}
    automatic = types <= set(collaboration["autoApprovedChangeTypes"])
    voters = [
        row.account
        for row in call.shelf.all("member", collaboration=collaboration.id, status="ACTIVE")
        if row.account != call.account
    ]
    status = "COMMITTED" if automatic else "PENDING" if voters else "APPROVED"
    request = call.shelf.add(
        "change",
        call.account,
        {
            "changes": changes,
            "isAutoApproved": automatic,
            "approvals": {} if automatic else {account: {"status": "PENDING"} for account in voters},
        },
        collaboration=collaboration.id,
        status=status,
    )
    if automatic:
        _apply(call, collaboration, request)
    return {"collaborationChangeRequest": _show(request)}


def get(call: Call) -> Given:
    """GetCollaborationChangeRequest."""
    return {"collaborationChangeRequest": _show(_request(call, seat(call)))}


def list_all(call: Call) -> Given:
    """ListCollaborationChangeRequests."""
    wanted = call.given.get("status")
    return call.page(
        "collaborationChangeRequestSummaries",
        _show,
        "kind = 'change' AND collaboration = ?" + (" AND status = ?" if wanted else ""),
        seat(call).collaboration.id,
        *((wanted,) if wanted else ()),
    )


def update(call: Call) -> Given:
    """UpdateCollaborationChangeRequest: members approve or deny, the creator cancels or commits."""
    place, action = joined(call) if call.given["action"] in ("APPROVE", "DENY") else seat(call), call.given["action"]
    request = _request(call, place)
    if action in ("APPROVE", "DENY"):
        return {"collaborationChangeRequest": _show(_vote(call, request, action))}
    if place.collaboration.account != call.account:
        raise faults.denied("only the account that created the collaboration may do this")
    if action == "CANCEL":
        _needs(request, "PENDING", "APPROVED")
        return {"collaborationChangeRequest": _show(call.shelf.change(request, status="CANCELLED"))}
    _needs(request, "APPROVED")
    _apply(call, place.collaboration, request)
    return {"collaborationChangeRequest": _show(call.shelf.change(request, status="COMMITTED"))}


def _vote(call: Call, request: Row, action: str) -> Row:
    _needs(request, "PENDING")
    approvals = dict(request["approvals"])
    if call.account not in approvals:
        raise faults.denied("the account has no vote on this request")
    approvals[call.account] = {"status": "APPROVED" if action == "APPROVE" else "DENIED"}
    said = {each["status"] for each in approvals.values()}
    status = "DENIED" if "DENIED" in said else "PENDING" if "PENDING" in said else "APPROVED"
    return call.shelf.change(request, {"approvals": approvals}, status=status)


def _needs(request: Row, *statuses: str) -> None:
    if request.status not in statuses:
        raise faults.conflict(
            f"the request is {request.status}",
            reason="INVALID_STATE",
            kind="COLLABORATION",
            identifier=request.collaboration,
        )


def _types(call: Call, collaboration: Row, change: Mapping[str, Any]) -> Iterator[str]:
    """What a change changes. Raises Fault when it is nothing, or something that cannot be changed."""
    specification = change["specification"]
    if change["specificationType"].lower() not in specification:
        raise _wrong("must hold a specification of its type")
    if "collaboration" in specification:
        if "autoApprovedChangeTypes" not in specification["collaboration"]:
            raise _wrong("must name autoApprovedChangeTypes")
        yield "EDIT_AUTO_APPROVED_CHANGE_TYPES"
        return
    wanted = specification["member"]
    row = member(call, collaboration.id, wanted["accountId"])
    gone = row is not None and row.status not in ("INVITED", "ACTIVE")
    if row is not None and gone:
        raise already(row)
    held = [] if row is None else row["abilities"]
    if any(ability not in held for ability in wanted["memberAbilities"] if ability in _FIXED):
        raise _wrong("must not give CAN_QUERY or CAN_RUN_JOB")
    if row is None:
        if "displayName" not in wanted:
            raise _wrong("must have the displayName of a new member")
        yield "ADD_MEMBER"
        return
    found = list(_differences(call, row, wanted))
    if not found:
        raise _wrong("must change something")
    yield from found


def _differences(call: Call, row: Row, wanted: Mapping[str, Any]) -> Iterator[str]:
    for ability, (grant, revoke) in _GRANTED.items():
        before, after = ability in row["abilities"], ability in wanted["memberAbilities"]
        if before != after:
            yield grant if after else revoke
    if "mlMemberAbilities" in wanted:
        learnt = (row.get("mlMemberAbilities") or {}).get("customMLMemberAbilities", [])
        for ability in _LEARNING:
            before, after = ability in learnt, ability in wanted["mlMemberAbilities"]["customMLMemberAbilities"]
            if before != after:
                yield f"{'GRANT' if after else 'REVOKE'}_{ability}"
    if "paymentConfiguration" in wanted:
        pays = payment(row, call)["queryCompute"]["isResponsible"]
        will = wanted["paymentConfiguration"]["queryCompute"]["isResponsible"]
        if pays != will:
            yield "ADD_PAYER_CANDIDATE" if will else "REMOVE_PAYER_CANDIDATE"


def _apply(call: Call, collaboration: Row, request: Row) -> None:
    """Carry out every change of a request."""
    for change in request["changes"]:
        specification = change["specification"]
        if "collaboration" in specification:
            collaboration = call.shelf.change(collaboration, dict(specification["collaboration"]))
            continue
        wanted = specification["member"]
        row = member(call, collaboration.id, wanted["accountId"])
        if "ADD_MEMBER" in change["types"]:
            invited = call.shelf.count("member", collaboration=collaboration.id) - 1
            call.within("Members invited per collaboration", invited)
            try:
                invite(call, collaboration, wanted)
            except Taken as taken:
                raise already(taken.by) from None
        elif row is not None:
            fixed = [ability for ability in row["abilities"] if ability in _FIXED]
            abilities = [ability for ability in wanted["memberAbilities"] if ability not in _FIXED]
            other = {name: wanted[name] for name in _CHANGED if name in wanted}
            call.shelf.change(row, {"abilities": [*fixed, *abilities], **other})
    able = {
        ability
        for row in call.shelf.all("member", collaboration=collaboration.id)
        if row.status in ("INVITED", "ACTIVE")
        for ability in row["abilities"]
    }
    if "CAN_QUERY" in able and "CAN_RECEIVE_RESULTS" not in able:
        raise _wrong("must leave a member who receives results")


_CHANGED = ("mlMemberAbilities", "paymentConfiguration", "displayName")


def _request(call: Call, place: Seat) -> Row:
    identifier = call.given["changeRequestIdentifier"]
    found = call.shelf.find("change", identifier)
    if found is None or found.collaboration != place.collaboration.id:
        raise call.missing("COLLABORATION", identifier)
    return found


def _show(row: Row) -> Given:
    return {
        "id": row.id,
        "collaborationId": row.collaboration,
        "status": row.status,
        "isAutoApproved": row["isAutoApproved"],
        "changes": row["changes"],
        # The map of the model has an entry at least.
        "approvals": row["approvals"] or None,
        **times(row),
    }


def _wrong(what: str) -> faults.Fault:
    return faults.invalid("a change cannot be made", ("changes", what))


HANDLERS: Mapping[str, Handler] = {
    "CreateCollaborationChangeRequest": create,
    "GetCollaborationChangeRequest": get,
    "ListCollaborationChangeRequests": list_all,
    "UpdateCollaborationChangeRequest": update,
}
