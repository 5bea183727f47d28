"""Raw identities: what a whole run must not have, whatever single records were held back for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from antechamber.errors import RawIdentities

MOST_SHARE = 0.01
"""Of a column's values: with more raw identities than this the column is not what it is declared to be."""

FEW = 10
"""Fewer records than this are held back, and the others published, whatever their share."""


@dataclass(frozen=True)
class Found:
    """Raw identities of one kind in one column: in `count` of `values` values."""

    column: str
    kind: str
    count: int
    values: int

    @property
    def share(self) -> float:
        """Of the column's values that are not null."""
        return self.count / self.values

    def __str__(self) -> str:
        return f"{self.column}: {self.kind} in {self.count:,} of {self.values:,} values ({self.share:.1%})"

    def as_json(self) -> dict[str, object]:
        """The fields, and the share."""
        return {**vars(self), "share": round(self.share, 6)}


def found_of(detected: Mapping[tuple[str, str], int]) -> list[Found]:
    """What was detected (as in `Account.detected`), by column and kind."""
    return [
        Found(column, kind, count, detected[column, ""])
        for (column, kind), count in sorted(detected.items())
        if kind and count
    ]


def refusal(found: list[Found], *, where: str) -> RawIdentities:
    """The error that tells of them; holds no value."""
    kinds = ", ".join(sorted({each.kind for each in found}))
    return RawIdentities(
        "raw identities in columns that are declared as something else: " + "; ".join(map(str, found)),
        where=where,
        remedy=f"give the column the type that it is and protect it, leave it out, "
        f"or excuse it with may_hold: [{kinds}] and because: the reason",
    )


def refuse_raw_identities(detected: Mapping[tuple[str, str], int], *, where: str) -> None:
    """Raise RawIdentities where a column holds so many that the declaration must be wrong."""
    systematic = [each for each in found_of(detected) if each.share > MOST_SHARE and each.count >= FEW]
    if systematic:
        raise refusal(systematic, where=where)
