"""Questions to the retail example's clean room, and the answers that must come back.

The answers are worked out from who the people are (see `people`), not from the files and not by the product.
acme asks. Every question joins on the hashed e-mail address, which is a join and an aggregate column of each
table and never a dimension: it can be compared and counted, and not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from antechamber.examples.retail import members, orders, viewers
from antechamber.examples.retail.spec import Spec

COLLABORATION = "spring-campaign"
MINIMUM = 50
"""Distinct people of either side below which a row of an answer does not appear."""

OVERLAP_BY_TIER = """\
SELECT m.tier, COUNT(DISTINCT m.email) AS people
FROM loyalty_members m
INNER JOIN viewers v ON m.email = v.email
GROUP BY m.tier
ORDER BY m.tier"""
"""How many of acme's members the campaign reached. The tier `founder` is too small to appear."""

REVENUE_BY_CAMPAIGN = """\
SELECT v.campaign, COUNT(DISTINCT o.email) AS buyers, SUM(o.amount) AS revenue
FROM orders o
INNER JOIN viewers v ON o.email = v.email
WHERE o.currency = 'USD' AND o.status = 'paid'
GROUP BY v.campaign
ORDER BY v.campaign"""
"""What those who saw each campaign bought. The campaign `pilot` is too small to appear."""


@dataclass(frozen=True)
class Refused:
    """A question that a rule forbids, and why."""

    sql: str
    because: str


REFUSED = (
    Refused(
        "SELECT m.email, COUNT(DISTINCT v.email) AS people\n"
        "FROM loyalty_members m\n"
        "INNER JOIN viewers v ON m.email = v.email\n"
        "GROUP BY m.email",
        "m.email is a join column and may be counted; it is not a dimension, so it cannot be shown or grouped by",
    ),
    Refused(
        "SELECT v.campaign, COUNT(DISTINCT v.email) AS people\nFROM viewers v\nGROUP BY v.campaign",
        "streamly's viewers may be counted only when joined with a table of acme, who asks",
    ),
)


@dataclass(frozen=True)
class Revenue:
    """A row of the answer to REVENUE_BY_CAMPAIGN."""

    buyers: int
    revenue: Decimal


def overlap_by_tier(spec: Spec | None = None) -> dict[str, int]:
    """Tier → people found on both sides by e-mail address, also where they are fewer than MINIMUM."""
    spec = spec or Spec()
    known = _latest(members.members(spec, 0, spec.members), members.members(spec, 0, spec.members, again=True))
    found = known.join(_audience(spec), on="person").group_by("tier").len().sort("tier")
    return {tier: int(people) for tier, people in found.iter_rows()}


def revenue_by_campaign(spec: Spec | None = None, *, changed: int = 0) -> dict[str, Revenue]:
    """Campaign → buyers and revenue, also where the buyers are fewer than MINIMUM.

    changed: the count that `change_orders` was called with, 0 before it.
    """
    spec = spec or Spec()
    bought = orders.orders(spec, 0, spec.orders)
    if changed:
        newer = orders.changed(spec, changed)
        bought = pl.concat([bought.join(newer, on="order_id", how="anti"), newer.select(bought.columns)])
    found = (
        bought.filter("email_kept", pl.col("currency") == "USD", pl.col("status") == "paid")
        .join(_audience(spec), on="person")
        .group_by("campaign")
        .agg(pl.col("person").n_unique(), pl.col("amount").sum())
        .sort("campaign")
    )
    return {campaign: Revenue(int(buyers), amount) for campaign, buyers, amount in found.iter_rows()}


def overlap_in_people(spec: Spec | None = None) -> int:
    """People whom both sides know, however they are written: the most that any matching could find."""
    return (spec or Spec()).shared_viewers


def _audience(spec: Spec) -> pl.DataFrame:
    """The published viewers whose e-mail address is their own: person, campaign."""
    first, again = (viewers.viewers(spec, 0, spec.viewers, again=newer) for newer in (False, True))
    return _latest(first, again).select("person", "campaign")


def _latest(first: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """The record that stands for each person, where it carries the person's own e-mail address."""
    stands = pl.concat([first.filter("valid").join(again, on="person", how="anti"), again])
    return stands.filter("email_kept")
