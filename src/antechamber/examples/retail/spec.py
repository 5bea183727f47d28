"""How large the retail example is, and what follows from it: everything else is a function of these numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

STRIDE = 7_368_787
"""A prime, by which the viewers step through the members so that the shared people are spread evenly."""


@dataclass(frozen=True)
class Spec:
    """The size and the seed of the example. The same numbers give the same bytes.

    seed: any integer.
    members: people in acme's loyalty programme; a person's number there is 0 … members - 1.
    viewers: people in streamly's audience, `shared` of them being members too.
    orders: rows of acme's order table.
    files: CSV files of the loyalty export.
    malformed: whether the exports hold records that cannot be parsed or are not valid. Without them every
        record can be published, which is what tools that have no quarantine need to be compared with.
    """

    seed: int = 20_261_124
    members: int = 200_000
    viewers: int = 150_000
    orders: int = 200_000
    files: int = 4
    shared: float = 0.6
    malformed: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.files <= self.members:
            raise ValueError("there is at least one member in a file")
        if self.shared_viewers > self.members:
            raise ValueError("more shared viewers than members")

    @property
    def shared_viewers(self) -> int:
        """Viewers who are members: the true overlap, in people."""
        return int(self.viewers * self.shared)

    @property
    def stride(self) -> int:
        """A step that reaches every member once before it comes back to the first."""
        stride = STRIDE
        while gcd(stride, self.members) != 1:
            stride += 1
        return stride
