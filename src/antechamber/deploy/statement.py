"""One statement of an IAM policy, as data: the stacks, the tests of permissions and the docs read the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Statement:
    """What is allowed or denied.

    because: why AWS offers nothing narrower; it has to stand wherever an action or a whole resource is `*`.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    effect: str = "Allow"
    because: str = ""

    def __post_init__(self) -> None:
        wide = "*" in self.resources or any("*" in action for action in self.actions)
        if wide and self.effect == "Allow" and not self.because:
            raise ValueError(f"{self.sid}: a wildcard needs its reason")

    def as_json(self) -> dict[str, Any]:
        """As it stands in a policy document."""
        body: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        return {**body, "Condition": dict(self.conditions)} if self.conditions else body


def document(statements: Iterable[Statement | Mapping[str, Any]]) -> dict[str, Any]:
    """A policy document."""
    told = [each.as_json() if isinstance(each, Statement) else dict(each) for each in statements]
    return {"Version": "2012-10-17", "Statement": told}


def trust(service: str, account: str, source: str | None = None) -> dict[str, Any]:
    """Who may take a role: a service of AWS, for this account's own things only (no confused deputy).

    source: the ARN, or a pattern of ARNs, of what the service acts for.
    """
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": account}}
    if source is not None:
        condition["ArnLike"] = {"aws:SourceArn": source}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": condition,
            }
        ],
    }
