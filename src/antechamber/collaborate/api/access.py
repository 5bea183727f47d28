"""Who may reach what: the checks that the operations begin with."""

from __future__ import annotations

from dataclasses import dataclass

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.call import Call
from antechamber.collaborate.api.state import Row

DELETED = "DELETED"


@dataclass(frozen=True)
class Seat:
    """An account's place in a collaboration."""

    collaboration: Row
    member: Row


def seat(call: Call, identifier: str | None = None) -> Seat:
    """The collaboration of a call, for one who was invited, has joined, or made it. Raises Fault."""
    identifier = identifier or call.given["collaborationIdentifier"]
    collaboration = call.shelf.find("collaboration", identifier)
    if collaboration is None or collaboration.status == DELETED:
        raise call.missing("COLLABORATION", identifier)
    found = member(call, collaboration.id, call.account)
    if found is None or (found.status not in ("INVITED", "ACTIVE") and collaboration.account != call.account):
        raise call.missing("COLLABORATION", identifier)
    return Seat(collaboration, found)


def joined(call: Call, identifier: str | None = None) -> Seat:
    """The collaboration of a call, for one who has joined. Raises Fault."""
    found = seat(call, identifier)
    if found.member.status != "ACTIVE":
        raise faults.denied("the account has not joined the collaboration: create a membership first")
    return found


def owned(call: Call) -> Row:
    """The collaboration of a call, for the account that made it. Raises Fault."""
    found = seat(call).collaboration
    if found.account != call.account:
        raise faults.denied("only the account that created the collaboration may do this")
    return found


def member(call: Call, collaboration: str, account: str) -> Row | None:
    """An account's row in a collaboration."""
    return next(call.shelf.all("member", collaboration=collaboration, account=account), None)


def membership(call: Call, identifier: str | None = None) -> Row:
    """The membership of a call, of the caller. Raises Fault."""
    identifier = identifier or call.given["membershipIdentifier"]
    found = call.shelf.find("membership", identifier)
    if found is None or found.account != call.account or found.status == DELETED:
        raise call.missing("MEMBERSHIP", identifier)
    return found


def active(call: Call) -> Row:
    """The membership of a call, of the caller, in a collaboration that goes on. Raises Fault."""
    found = membership(call)
    if found.status != "ACTIVE":
        raise faults.denied("the membership has ended")
    return found


def membership_of(call: Call, collaboration: str, account: str) -> Row | None:
    """The membership of an account in a collaboration, while it is active."""
    return next(call.shelf.all("membership", collaboration=collaboration, account=account, status="ACTIVE"), None)


def within(call: Call, kind: str, parent: Row, identifier: str) -> Row:
    """A resource of a kind within a membership. Raises Fault."""
    found = call.shelf.find(kind, identifier)
    if found is None or found.membership != parent.id:
        raise call.missing("MEMBERSHIP", identifier)
    return found


def table(call: Call) -> Row:
    """The configured table of a call, of the caller. Raises Fault."""
    identifier = call.given["configuredTableIdentifier"]
    found = call.shelf.find("configured_table", identifier)
    if found is None or found.account != call.account:
        raise call.missing("CONFIGURED_TABLE", identifier)
    return found


def association(call: Call, parent: Row) -> Row:
    """The configured table association of a call, within a membership. Raises Fault."""
    identifier = call.given["configuredTableAssociationIdentifier"]
    found = call.shelf.find("association", identifier)
    if found is None or found.membership != parent.id:
        raise call.missing("CONFIGURED_TABLE_ASSOCIATION", identifier)
    return found


def abilities(row: Row) -> tuple[str, ...]:
    """What a member may do, such as CAN_QUERY."""
    return tuple(row.get("abilities", ()))
