"""Where a resource stands: the parts of its shape that every resource of a membership has."""

from __future__ import annotations

from antechamber.collaborate.api.access import joined
from antechamber.collaborate.api.call import Call, Given, times
from antechamber.collaborate.api.state import Row


def of_collaboration(call: Call, row: Row) -> Given:
    """`collaborationId` and `collaborationArn`."""
    collaboration = call.shelf.held("collaboration", row.collaboration)
    return {"collaborationId": collaboration.id, "collaborationArn": call.arn(collaboration)}


def of_membership(call: Call, row: Row) -> Given:
    """`membershipId` and `membershipArn`."""
    membership = call.shelf.held("membership", row.membership)
    return {"membershipId": membership.id, "membershipArn": call.arn(membership)}


def to_owner(call: Call, row: Row) -> Given:
    """What its owner is shown of where it stands."""
    where = {**of_collaboration(call, row), **of_membership(call, row)}
    return {"id": row.id, "arn": call.arn(row), **where, **times(row)}


def to_members(call: Call, row: Row) -> Given:
    """What all members are shown of where it stands: whose it is, and not by which membership."""
    where = of_collaboration(call, row)
    return {"id": row.id, "arn": call.arn(row), **where, "creatorAccountId": row.account, **times(row)}


def in_collaboration(call: Call, kind: str, identifier: str) -> Row:
    """A resource of any member of the caller's collaboration, by its id. Raises Fault."""
    collaboration = joined(call).collaboration
    row = call.shelf.find(kind, identifier)
    if row is None or row.collaboration != collaboration.id:
        raise call.missing("COLLABORATION", identifier)
    return row
