"""Memberships: an account's own side of a collaboration that it has joined."""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import DELETED, active, member, membership, seat
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown, times
from antechamber.collaborate.api.families.collaborations import payment
from antechamber.collaborate.api.state import Row

_KEPT = (
    "queryLogStatus", "jobLogStatus", "defaultResultConfiguration", "defaultJobResultConfiguration",
    "isMetricsEnabled",
)  # fmt: skip

_COSTS = ("modelTraining", "modelInference", "syntheticDataGeneration")

# What must be deleted before a membership can be.
_CHILDREN = ("association", "template", "id_mapping_table", "id_namespace", "budget_template", "intermediate")


def create(call: Call) -> Given:
    """CreateMembership: join a collaboration."""
    place = seat(call)
    if place.member.status != "INVITED":
        raise faults.conflict(
            "the account has joined the collaboration, or has left it",
            reason="ALREADY_EXISTS" if place.member.status == "ACTIVE" else "INVALID_STATE",
            kind="COLLABORATION",
            identifier=place.collaboration.id,
        )
    _check_payment(call, place.member, call.given.get("paymentConfiguration"))
    _check_place(call)
    if call.given.get("isMetricsEnabled") and not place.collaboration.get("isMetricsEnabled"):
        raise faults.invalid(
            "the collaboration has no metrics",
            ("isMetricsEnabled", "must be false in a collaboration without metrics"),
            reason="INVALID_CONFIGURATION",
        )
    call.within("Memberships per account", call.shelf.count("membership", account=call.account, status="ACTIVE"))
    made = call.add(
        "membership",
        {**only(call.given, *_KEPT), "paymentConfiguration": _accepted(call, place.member)},
        collaboration=place.collaboration.id,
        scope=f"membership of {place.collaboration.id}",
        name=call.account,
        status="ACTIVE",
    )
    call.shelf.change(place.member, status="ACTIVE")
    return {"membership": show(call, made)}


def get(call: Call) -> Given:
    """GetMembership."""
    return {"membership": show(call, membership(call))}


def list_all(call: Call) -> Given:
    """ListMemberships."""
    wanted = call.given.get("status")
    where = "kind = 'membership' AND account = ? AND status " + ("= ?" if wanted else "<> 'DELETED'")
    return call.page(
        "membershipSummaries",
        lambda row: _summary(call, row),
        where,
        call.account,
        *((wanted,) if wanted else ()),
    )


def update(call: Call) -> Given:
    """UpdateMembership."""
    found = active(call)
    _check_place(call)
    changes = only(call.given, *_KEPT)
    paid = call.given.get("membershipPaymentConfiguration")
    if paid is not None:
        place = member(call, found.collaboration or "", call.account)
        changes["paymentConfiguration"] = {**found["paymentConfiguration"], **paid}
        if place is not None:
            _check_payment(call, place, changes["paymentConfiguration"])
    return {"membership": show(call, call.shelf.change(found, changes))}


def delete(call: Call) -> Given:
    """DeleteMembership: leave. Everything within it must be gone."""
    found = membership(call)
    if found.status == "ACTIVE" and any(call.shelf.count(kind, membership=found.id) for kind in _CHILDREN):
        raise faults.conflict(
            "the membership still has resources: delete them first",
            reason="SUBRESOURCES_EXIST",
            kind="MEMBERSHIP",
            identifier=found.id,
        )
    call.shelf.change(found, status=DELETED, scope=None)
    place = member(call, found.collaboration or "", call.account)
    if place is not None and place.status == "ACTIVE":
        call.shelf.change(place, status="LEFT")
    return {}


def show(call: Call, row: Row) -> Given:
    """`Membership`."""
    return {**_summary(call, row), **shown(row, *_KEPT)}


def _summary(call: Call, row: Row) -> Given:
    collaboration = call.shelf.find("collaboration", row.collaboration or "")
    place = member(call, row.collaboration or "", row.account)
    assert collaboration is not None and place is not None  # noqa: S101 - neither is ever taken away
    return {
        "id": row.id,
        "arn": call.arn(row),
        "collaborationArn": call.arn(collaboration),
        "collaborationId": collaboration.id,
        "collaborationCreatorAccountId": collaboration.account,
        "collaborationCreatorDisplayName": collaboration["creatorDisplayName"],
        "collaborationName": collaboration["name"],
        "status": row.status,
        "memberAbilities": place["abilities"],
        "mlMemberAbilities": place.get("mlMemberAbilities"),
        "paymentConfiguration": row["paymentConfiguration"],
        **times(row),
    }


def _check_payment(call: Call, place: Row, accepted: Given | None) -> None:
    """A member that is to pay must say that it will; the member who can query says so by joining."""
    asked = payment(place, call)["queryCompute"]["isResponsible"]
    said = accepted is not None and accepted["queryCompute"]["isResponsible"]
    if accepted is None and asked and "CAN_QUERY" not in place["abilities"]:
        raise _unpaid("is required: the member is configured to pay for query compute costs")
    if accepted is not None and said != asked:
        raise _unpaid(f"must have queryCompute.isResponsible {str(asked).lower()}, as the collaboration has it")


def _check_place(call: Call) -> None:
    """Raises Fault when the default place for results is none that a result can have."""
    default = call.given.get("defaultResultConfiguration")
    if default is not None:
        call.house.results.check(default["outputConfiguration"]["s3"])


def _unpaid(what: str) -> faults.Fault:
    return faults.invalid(
        "the payment responsibilities are not those of the collaboration",
        ("paymentConfiguration", what),
        reason="INVALID_CONFIGURATION",
    )


def _accepted(call: Call, place: Row) -> Given:
    """The responsibilities as a membership has them."""
    asked = payment(place, call)
    accepted: Given = {"queryCompute": asked["queryCompute"]}
    learning = {name: cost for name, cost in asked.get("machineLearning", {}).items() if name in _COSTS}
    if learning:
        accepted["machineLearning"] = learning
    if "jobCompute" in asked:
        accepted["jobCompute"] = asked["jobCompute"]
    return {**accepted, **(call.given.get("paymentConfiguration") or {})}


HANDLERS: Mapping[str, Handler] = {
    "CreateMembership": create,
    "DeleteMembership": delete,
    "GetMembership": get,
    "ListMemberships": list_all,
    "UpdateMembership": update,
}
