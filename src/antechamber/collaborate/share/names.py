"""Members and templates by their names, where the API has accounts and ARNs; and lists whose order says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

PROVIDERS, RECEIVERS, ANALYSES = "allowedAnalysisProviders", "allowedResultReceivers", "allowedAnalyses"
UNREVIEWED = ("ANY_QUERY", "ANY_JOB")
ORDERED = ("analysisParameters",)
"""Lists in which the order is part of what they say."""
WHOLE = "members"
"""A mapping in which a name without anything says something: a member who may nothing is one."""


def by_name(value: Any, accounts: Mapping[str, str], templates: Mapping[str, str]) -> Any:
    """A body of the API with names. accounts: member → account. templates: name → ARN. What has no name stays."""
    members = {account: member for member, account in accounts.items()}
    titles = {arn: name for name, arn in templates.items()}
    return _replaced(value, lambda each: members.get(each, each), lambda each: titles.get(each, each))


def by_api(value: Any, accounts: Mapping[str, str], templates: Mapping[str, str]) -> Any:
    """A body with names as the API wants it. Raises KeyError for a name that stands for nothing."""

    def arn(each: str) -> str:
        return each if each in UNREVIEWED or each.startswith("arn:") else templates[each]

    return _replaced(value, lambda each: accounts[each], arn)


def settled(value: Any, key: str = "") -> Any:
    """A body in one spelling: lists sorted where their order says nothing, and nothing that is empty."""
    if isinstance(value, Mapping):
        kept = {name: settled(each, name) for name, each in value.items()}
        if key == WHOLE:
            return dict(sorted(kept.items()))
        return {name: each for name, each in sorted(kept.items()) if each not in (None, [], {}, "")}
    if isinstance(value, list | tuple):
        items = [settled(each) for each in value]
        return items if key in ORDERED else sorted(items, key=lambda each: json.dumps(each, sort_keys=True))
    return value


def _replaced(value: Any, member: Callable[[str], str], template: Callable[[str], str], key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(each, member, template, name) for name, each in value.items()}
    if isinstance(value, list):
        if key in (PROVIDERS, RECEIVERS):
            return [member(each) for each in value]
        if key == ANALYSES:
            return [template(each) for each in value]
        return [_replaced(each, member, template) for each in value]
    return value
