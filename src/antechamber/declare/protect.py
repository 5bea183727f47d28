"""What the protections of a column are told: their names, and the kinds of values that their keys hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from antechamber.declare.model import Model, Wrong, show

Protection = Literal["sha256", "hmac-sha256", "mask", "bucket", "truncate", "tokenize", "noise", "drop", "none"]

Period = Literal["day", "month", "quarter", "year"]

PERIODS = ("day", "month", "quarter", "year")

MOST_CHARACTERS = 64
"""Characters that `truncate_to` may keep."""


def _truncate_to(value: Any) -> Any:
    if isinstance(value, str) and value in PERIODS:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_CHARACTERS:
        return value
    raise Wrong(
        f"{show(value)} is nothing that a value can be truncated to",
        remedy=f"write a number of characters, 1 to {MOST_CHARACTERS}, or one of {', '.join(PERIODS)}",
    )


TruncateTo = Annotated[
    Any,
    AfterValidator(_truncate_to),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_CHARACTERS}, {"enum": [*PERIODS]}]}),
]
"""A number of characters (int), or a Period (str)."""


class Noise(Model):
    """How much noise a number gets before it leaves. Of every record by itself, drawn anew in every run."""

    epsilon: Annotated[float, Field(gt=0, le=100)]
    """The privacy loss of one value, once published: the smaller, the more noise. The noise is of a Laplace
    distribution of the scale (upper - lower) / epsilon."""
    lower: float
    """The least value: lower ones count as this one."""
    upper: float
    """The greatest value: higher ones count as this one."""
