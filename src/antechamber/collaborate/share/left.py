"""What is left of access budgets: how often the tables of a collaboration may still be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from antechamber.collaborate.share.clients import FAULTS, Clients, told
from antechamber.collaborate.share.found import joined, pages
from antechamber.declare import Declarations

PERIODS = {
    "CALENDAR_DAY": "today",
    "CALENDAR_WEEK": "this week",
    "CALENDAR_MONTH": "this month",
    "LIFETIME": "in all",
}


@dataclass(frozen=True)
class Left:
    """What is left of a table's access budget.

    queries: how many more may read it. details: the same in words, budget by budget.
    """

    table: str
    queries: int
    details: tuple[str, ...]

    def __str__(self) -> str:
        return f"access budget of {self.table}: {', '.join(self.details)}"


def access_left(declared: Declarations, name: str, member: str, clients: Clients) -> Sequence[Left]:
    """Every access budget of a collaboration, as a member of it sees them. Raises AntechamberError when it fails."""
    try:
        api = clients.of(member)
        seat, _ = joined(declared, name, member, clients, templates=False)
        if seat is None:
            return ()
        room = api.get_membership(membershipIdentifier=seat)["membership"]["collaborationId"]
        budgets = list(
            pages(
                api,
                "list_collaboration_privacy_budgets",
                "collaborationPrivacyBudgetSummaries",
                collaborationIdentifier=room,
                privacyBudgetType="ACCESS_BUDGET",
            )
        )
        if not budgets:
            return ()
        schemas = pages(api, "list_schemas", "schemaSummaries", collaborationIdentifier=room)
        tables = {each.get("resourceArn"): each["name"] for each in schemas}
    except FAULTS as error:
        raise told(error, where=f"collaboration {name}") from None
    found = []
    for each in budgets:
        budget = each["budget"]["accessBudget"]
        details = tuple(
            f"{one['remainingBudget']:,} of {one['budget']:,} {PERIODS[one['budgetType']]}"
            for one in budget["details"]
        )
        table = tables.get(budget["resourceArn"])
        if table is not None:
            found.append(Left(table, budget["aggregateRemainingBudget"], details))
    return sorted(found, key=lambda one: one.table)
