"""Whether policies allow a call: what `doctor` and the tests ask of a role before AWS is asked.

Source: AWS IAM user guide, *Policy evaluation logic* (within one account: an explicit deny wins, else one allow is
enough), *IAM JSON policy elements: Condition operators*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any, Literal

Verdict = Literal["allowed", "denied", "not allowed"]


@dataclass(frozen=True)
class Request:
    """One call. context: condition keys and their values, in lower case as IAM compares them."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def decide(statements: Iterable[Mapping[str, Any]], request: Request) -> Verdict:
    """What a role with these statements is told: `denied` explicitly, `allowed`, or `not allowed` by anything."""
    verdict: Verdict = "not allowed"
    for statement in statements:
        if _concerns(statement, request):
            if statement["Effect"] == "Deny":
                return "denied"
            verdict = "allowed"
    return verdict


def _concerns(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        any(_fits(each.lower(), request.action.lower()) for each in _list(statement["Action"]))
        and any(_fits(each, request.resource) for each in _list(statement["Resource"]))
        and all(
            _holds(operator, _list(values), _value(request, key))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, values: list[str], found: str | None) -> bool:
    """Whether a condition holds. Raises ValueError for an operator that no policy of ours uses."""
    if operator == "Null":
        return str(found is None).lower() in [str(each).lower() for each in values]
    plain, missing_holds = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    negative = plain.startswith(("StringNot", "ArnNot"))
    if found is None:
        return missing_holds or negative
    match plain:
        case "StringEquals" | "Bool":
            return found in [str(each) for each in values]
        case "StringNotEquals":
            return found not in values
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(_fits(each, found) for each in values)
        case "NumericLessThan":
            return any(float(found) < float(each) for each in values)
    raise ValueError(f"{operator} is not simulated")


def _value(request: Request, key: str) -> str | None:
    return next((value for name, value in request.context.items() if name.lower() == key.lower()), None)


def _fits(pattern: str, text: str) -> bool:
    # `[` is a letter like others in IAM's patterns.
    return re.match(translate(pattern.replace("[", "[[]")), text) is not None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
