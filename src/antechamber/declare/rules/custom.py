"""Rules of `share.rule.custom`.

Sources: AWS Clean Rooms user guide, *Custom analysis rule*, *Minimum aggregation thresholds*, *Comparison controls*,
*Considerations and limitations*; botocore 1.44.5, model `cleanrooms`.
"""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.rules.aggregating import most_values, published_as
from antechamber.declare.rules.listing import listed_columns
from antechamber.declare.share import CustomRule, Share

WILDCARDS = ("ANY_QUERY", "ANY_JOB")


def custom_rules(connector: Connector, share: Share, rule: CustomRule, at: KeyPath) -> list[Iterator[Mistake]]:
    """Every rule of a custom rule. at: where it stands."""
    comparisons = rule.__dict__.get("comparisons")
    compared = {} if comparisons is None else comparisons.__dict__
    return [
        _analyses(rule, at),
        _providers(rule, at),
        listed_columns(share, rule.__dict__.get("disallowed_output", ()), (*at, "disallowed_output")),
        *(
            listed_columns(share, compared.get(kind) or (), (*at, "comparisons", kind))
            for kind in ("literal", "column")
        ),
        _comparisons(rule, at),
        _threshold_columns(share, rule, at),
        _identity(connector, rule, at),
        _overrides(rule, at),
        _user(share, rule, at),
        _privacy_alone(rule, at),
    ]


def _analyses(rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    for place, name in repeated(rule.analyses):
        yield Mistake((*at, "analyses", place), f"{show(name)} is in the list before", "remove it")
    wildcards = [place for place, name in enumerate(rule.analyses) if name in WILDCARDS]
    if wildcards and len(wildcards) != len(rule.analyses):
        yield Mistake(
            (*at, "analyses", wildcards[0]),
            f"{rule.analyses[wildcards[0]]} stands beside templates",
            "list templates that were reviewed, or allow any query of some members",
        )
    for place, name in enumerate(rule.analyses):
        if name.upper() in WILDCARDS and name not in WILDCARDS:
            yield Mistake((*at, "analyses", place), f"{show(name)} is not a template", f"write {name.upper()}")


def _providers(rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    any_query = any(name in WILDCARDS for name in rule.analyses)
    if any_query and not rule.providers:
        yield Mistake(
            (*at, "providers"),
            "any query is allowed, and of nobody: no query could be answered",
            "name the members whose queries run unreviewed",
        )
    if rule.providers and not any_query:
        yield Mistake(
            (*at, "providers"),
            "providers mean nothing without ANY_QUERY",
            "write analyses: [ANY_QUERY], or remove it",
        )
    for place, name in repeated(rule.providers):
        yield Mistake((*at, "providers", place), f"{show(name)} is in the list before", "remove it")


def _comparisons(rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    if rule.comparisons is not None and rule.comparisons.literal is None and rule.comparisons.column is None:
        yield Mistake(
            (*at, "comparisons"),
            "no list is given, so that every comparison stays allowed",
            "list columns under literal: or column:, [] for none, or remove the key",
        )
    if rule.comparisons is None or rule.threshold is None:
        return
    for place, name in enumerate(rule.comparisons.literal or ()):
        if name == rule.threshold.identity:
            yield Mistake(
                (*at, "comparisons", "literal", place),
                f"{show(name)} tells people apart, and is never compared with a literal",
                "remove it",
            )


def _threshold_columns(share: Share, rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    threshold = rule.threshold
    if threshold is None:
        return
    path = (*at, "threshold")
    if "identity" in threshold.__dict__ and threshold.identity not in share.columns:
        yield Mistake(
            (*path, "identity"),
            f"{show(threshold.identity)} is not a shared column",
            choose(threshold.identity, share.columns) or "add it to columns",
        )
    names = [each.__dict__.get("column", f"\0{place}") for place, each in enumerate(threshold.outputs)]
    for place, name in enumerate(names):
        if not name.startswith("\0") and name not in share.columns:
            yield Mistake(
                (*path, "outputs", place, "column"),
                f"{show(name)} is not a shared column",
                choose(name, share.columns) or "add it to columns",
            )
    for place, name in repeated(names):
        yield Mistake((*path, "outputs", place, "column"), f"{show(name)} is in the list before", "remove it")


def _identity(connector: Connector, rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    threshold = rule.threshold
    column = None if threshold is None else connector.columns.get(threshold.identity)
    if threshold is None or column is None:
        return
    path = (*at, "threshold")
    kind = published_as(column)
    if kind in ("integer", "decimal", "float", "boolean", "date", "timestamp"):
        yield Mistake(
            (*path, "identity"),
            f"{show(threshold.identity)} is published as {kind}, and an identity is a text",
            "name a column that is published as text",
        )
    most = most_values(column)
    if most is not None and threshold.count > most:
        yield Mistake(
            (*path, "count"),
            f"{show(threshold.identity)} has at most {most} values, so {threshold.count} can never be reached",
            "count a column that identifies a person",
        )


def _overrides(rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    for place, each in enumerate(() if rule.threshold is None else rule.threshold.outputs):
        if each.__dict__.get("count") == 1:
            yield Mistake(
                (*at, "threshold", "outputs", place, "count"),
                "1 is not a threshold",
                "write 0 for no threshold, or 2 and more",
            )


def _user(share: Share, rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    privacy = rule.differential_privacy
    if privacy is not None and privacy.user not in share.columns:
        yield Mistake(
            (*at, "differential_privacy", "user"),
            f"{show(privacy.user)} is not a shared column",
            choose(privacy.user, share.columns) or "add it to columns",
        )


def _privacy_alone(rule: CustomRule, at: KeyPath) -> Iterator[Mistake]:
    if rule.differential_privacy is None:
        return
    for key in ("threshold", "comparisons"):
        if getattr(rule, key) is not None:
            yield Mistake((*at, key), f"{key} does not go together with differential_privacy", "use one or the other")
