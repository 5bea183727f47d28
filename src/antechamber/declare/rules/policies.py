"""Rules between policies and shares: no share is looser than the policies of its tenant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from antechamber.declare.collaboration import Collaboration
from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.policy import Policy
from antechamber.declare.share import AggregationRule, AnalysisRule, CustomRule, ListRule, Rule
from antechamber.declare.workspace import Workspace

KINDS = tuple(Rule.model_fields)


def policy_rules(policy: Policy) -> list[Iterator[Mistake]]:
    """Rules of one policy file."""
    return [_once_each(policy, key) for key in ("tenants", "rules", "forbidden_columns", "forbidden_joins")]


def known_tenants(policy: Policy, workspace: Workspace) -> Iterator[Mistake]:
    """Every tenant of a policy is one of the workspace."""
    for place, name in enumerate(policy.tenants):
        if name not in workspace.tenants:
            remedy = choose(name, workspace.tenants) or "add it to antechamber.yaml"
            yield Mistake(("tenants", place), f"{show(name)} is not a tenant of the workspace", remedy)


def governed(
    connector: Connector, place: int, policy: Policy, where: str, known: Mapping[str, Collaboration]
) -> Iterator[Mistake]:
    """What of a connector's share a policy forbids.

    place: of the share. where: the policy's file. known: the collaborations, by name.
    """
    share = connector.share[place]
    kind = next((each for each in KINDS if getattr(share.rule, each) is not None), None)
    if kind is None or (policy.tenants and connector.tenant not in policy.tenants):
        return
    broken = [*_broken(policy, share.columns, kind, share.rule.only)]
    if share.collaboration in known:
        name = share.name or connector.table.name
        broken += _access(policy, name, known[share.collaboration])
    for each in broken:
        what = f"{each.what} (policy {policy.policy}, {where})"
        yield Mistake(("share", place, *each.path), what, each.remedy)


def _broken(policy: Policy, columns: tuple[str, ...], kind: str, rule: AnalysisRule) -> Iterator[Mistake]:
    if policy.rules and kind not in policy.rules:
        yield Mistake(("rule", kind), f"a rule of the kind {kind} is not allowed", f"use {' or '.join(policy.rules)}")
    for place, column in enumerate(columns):
        if column in policy.forbidden_columns:
            yield Mistake(("columns", place), f"{show(column)} is never shared", "remove it")
    yield from _joins(policy, columns, kind, rule)
    if policy.minimum is not None:
        yield from _minimum(policy.minimum, kind, rule)
    if isinstance(rule, CustomRule) and not policy.any_query and "ANY_QUERY" in rule.analyses:
        yield Mistake(
            ("rule", kind, "analyses"), "ANY_QUERY is not allowed", "name the analysis templates that were reviewed"
        )
    if policy.differential_privacy and not (isinstance(rule, CustomRule) and rule.differential_privacy):
        yield Mistake(
            ("rule", kind), "differential privacy is demanded", "use a custom rule with differential_privacy:"
        )


def _access(policy: Policy, name: str, room: Collaboration) -> Iterator[Mistake]:
    """What a policy says of how often a table may be asked. name: of the table in the collaboration."""
    budget, most = room.access.get(name), policy.access_per_month
    place = f"access: of the collaboration {room.collaboration}"
    if budget is None:
        if policy.access_budget or most is not None:
            yield Mistake((), "an access budget is demanded", f"add {show(name)[1:-1]} to {place}")
        return
    if most is None:
        return
    within = [] if budget.uses is None else [budget.uses * (_A_MONTH[budget.per or "month"] if budget.renew else 1)]
    within += [] if budget.lifetime is None else [budget.lifetime]
    if within and min(within) > most:
        what = f"its access budget allows more than {most:,} queries a month"
        yield Mistake((), what, f"allow fewer, under {place}")


_A_MONTH = {"day": 31, "week": 5, "month": 1}
"""How often a period that is renewed begins in a month, at most."""


def _joins(policy: Policy, columns: tuple[str, ...], kind: str, rule: AnalysisRule) -> Iterator[Mistake]:
    forbidden = policy.forbidden_joins
    if isinstance(rule, AggregationRule | ListRule):
        for place, column in enumerate(rule.join):
            if column in forbidden:
                yield Mistake(("rule", kind, "join", place), f"{show(column)} is never a join column", "remove it")
        return
    if not isinstance(rule, CustomRule):
        return
    compared = columns if rule.comparisons is None or rule.comparisons.column is None else rule.comparisons.column
    if rule.differential_privacy is not None:
        # Protected tables are joined on the user's column and no other.
        compared = (rule.differential_privacy.user,)
    for column in columns:
        if column in forbidden and column in compared:
            yield Mistake(
                ("rule", kind),
                f"{show(column)} is never compared with another column",
                "list the columns that may be under comparisons: column:, without it; or do not share it",
            )


def _minimum(least: int, kind: str, rule: AnalysisRule) -> Iterator[Mistake]:
    at: KeyPath = ("rule", kind)
    if isinstance(rule, AggregationRule):
        # A query's row must reach every constraint of a table, so that the largest is what protects it.
        if max((each.count for each in rule.minimums), default=0) < least:
            yield Mistake((*at, "minimum"), f"the minimum is below {least:,}", f"write count: {least} or more")
    elif isinstance(rule, CustomRule) and rule.threshold is not None:
        if rule.threshold.count < least:
            yield Mistake((*at, "threshold", "count"), f"the threshold is below {least:,}", f"write {least} or more")
        for place, output in enumerate(rule.threshold.outputs):
            if output.count < least:
                yield Mistake(
                    (*at, "threshold", "outputs", place, "count"),
                    f"the threshold of an output column is below {least:,}",
                    f"write {least} or more, or remove it",
                )
    elif isinstance(rule, ListRule):
        yield Mistake(at, f"a list has no minimum, and {least:,} is demanded", "use another kind of rule")
    elif isinstance(rule, CustomRule) and rule.differential_privacy is None:
        yield Mistake(at, f"there is no threshold, and {least:,} is demanded", f"add threshold: with count: {least}")


def _once_each(policy: Policy, key: str) -> Iterator[Mistake]:
    for place, name in repeated(getattr(policy, key)):
        yield Mistake((key, place), f"{show(name)} is in the list before", "remove it")
