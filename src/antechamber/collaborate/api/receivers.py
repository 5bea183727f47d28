"""Who is given a result, and where it goes: what a `resultConfiguration` means in a collaboration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import abilities, member, membership_of
from antechamber.collaborate.api.call import Call, Given
from antechamber.collaborate.api.state import Row

Places = dict[str, Mapping[str, Any]]
"""Account → the S3 configuration that its copy goes to."""


def places(call: Call, own: Row, configuration: Mapping[str, Any] | None) -> Places:
    """Who receives, and where. Raises Fault when one of them may not, or has no place for it."""
    if configuration is None:
        raise faults.invalid(
            "there is no place for the result",
            ("resultConfiguration", "is required: the membership has no default"),
        )
    output = configuration["outputConfiguration"]
    if "intermediateTable" in output:
        raise faults.invalid(
            "intermediate tables are populated by PopulateIntermediateTable",
            ("resultConfiguration.outputConfiguration", "must be s3, member or distribute"),
        )
    locations = output["distribute"]["locations"] if "distribute" in output else [output]
    if sum("s3" in each for each in locations) > 1:
        raise faults.invalid("there is one S3 location at most", ("resultConfiguration", "must have one s3 at most"))
    found: Places = {}
    for each in locations:
        account, s3 = _place(call, own, each, distributed="distribute" in output)
        if account in found:
            raise faults.invalid("a member is named twice", ("resultConfiguration", "must name each member once"))
        found[account] = s3
    for s3 in found.values():
        call.house.results.check(s3)
    _check_region(call, own)
    return found


def output(call: Call, own: Row, configuration: Mapping[str, Any], query: str, found: Places) -> Given:
    """`ProtectedQueryOutput`: what is told of the result to the one who asked."""
    kind = next(iter(configuration["outputConfiguration"]))
    members = [{"accountId": account} for account in found if account != own.account or kind == "member"]
    mine = found.get(own.account)
    if kind == "s3" and mine is not None:
        return {"s3": {"location": call.house.results.location(mine, query)}}
    if kind == "member":
        return {"memberList": members}
    answer: Given = {"memberList": members} if members else {}
    if mine is not None:
        answer["s3"] = {"location": call.house.results.location(mine, query)}
    return {"distribute": answer}


def _place(call: Call, own: Row, location: Mapping[str, Any], *, distributed: bool) -> tuple[str, Mapping[str, Any]]:
    if "s3" in location:
        _check_able(call, own, own.account)
        return own.account, location["s3"]
    account = location["member"]["accountId"]
    if distributed and account == own.account:
        raise faults.invalid(
            "the member who asks is not a member location", ("resultConfiguration", "must use s3 for the own result")
        )
    _check_able(call, own, account)
    receiver = membership_of(call, own.collaboration or "", account)
    default = None if receiver is None else receiver.get("defaultResultConfiguration")
    if default is None:
        raise faults.invalid(
            "the member has no place for results: its membership has no default result configuration",
            ("resultConfiguration", "must name a member with a default result configuration"),
            reason="INVALID_CONFIGURATION",
        )
    return account, default["outputConfiguration"]["s3"]


def _check_able(call: Call, own: Row, account: str) -> None:
    row = member(call, own.collaboration or "", account)
    if row is None or row.status != "ACTIVE" or "CAN_RECEIVE_RESULTS" not in abilities(row):
        raise faults.denied("the receiver is no active member with CAN_RECEIVE_RESULTS")


def _check_region(call: Call, own: Row) -> None:
    collaboration = call.shelf.find("collaboration", own.collaboration or "")
    regions = [] if collaboration is None else collaboration.get("allowedResultRegions") or []
    if regions and call.house.region not in regions:
        raise faults.invalid(
            "the collaboration does not allow results in this region",
            ("resultConfiguration", f"must be in one of {', '.join(regions)}"),
            reason="INVALID_CONFIGURATION",
        )
