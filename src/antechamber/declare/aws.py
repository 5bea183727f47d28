"""Names of AWS in declarations: account ids, regions, places in S3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from antechamber.declare.model import Wrong, show

ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
S3_PLACE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/?#]+)*/?")


def _like(pattern: re.Pattern[str], what: str, remedy: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise Wrong(f"{show(value)} is not {what}", remedy=remedy)
        return value

    return check


AccountId = Annotated[
    str,
    AfterValidator(_like(ACCOUNT, "an AWS account id", 'write its twelve digits in quotes: "123456789012"')),
    WithJsonSchema({"type": "string", "pattern": f"^{ACCOUNT.pattern}$"}),
]
"""Twelve digits."""

Region = Annotated[
    str,
    AfterValidator(_like(REGION, "an AWS region", "write it as AWS does: eu-west-1")),
    WithJsonSchema({"type": "string", "pattern": f"^{REGION.pattern}$"}),
]
"""Such as `eu-west-1`."""

S3Place = Annotated[
    str,
    AfterValidator(_like(S3_PLACE, "a place in S3", "write s3://bucket/prefix")),
    WithJsonSchema({"type": "string", "pattern": f"^{S3_PLACE.pattern}$"}),
]
"""`s3://bucket/prefix`."""
