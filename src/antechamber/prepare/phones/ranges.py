"""Ranges: which national numbers of a calling code are valid, and which numbers of digits are possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

from antechamber.prepare.phones.automaton import Builder
from antechamber.prepare.phones.pattern import Network, States

KINDS = (
    "fixed_line", "mobile", "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
VALID = 1
"""Bit of a label: the number is valid. The bits above it, one for each plan: it has the plan's general shape."""
MOST_DIGITS = 17
"""Of a national number."""

POSSIBLE, LOCAL_ONLY, TOO_SHORT, TOO_LONG, BETWEEN = range(5)
LENGTHS = 64
"""More digits than are ever looked up."""


def lengths_of(metadata: PhoneMetadata) -> npt.NDArray[np.int8]:
    """For each number of digits: POSSIBLE, LOCAL_ONLY, TOO_SHORT, TOO_LONG, or BETWEEN those that are possible."""
    general = metadata.general_desc
    assert general is not None  # noqa: S101 -- every plan of the library has one
    possible = general.possible_length
    lengths = np.full(LENGTHS, BETWEEN, np.int8)
    lengths[: possible[0]] = TOO_SHORT
    lengths[possible[-1] + 1 :] = TOO_LONG
    lengths[list(possible)] = POSSIBLE
    lengths[list(general.possible_length_local_only)] = LOCAL_ONLY
    return lengths


def ranges_of(builder: Builder, plans: Sequence[PhoneMetadata]) -> int:
    """An automaton that gives the label of each national number; its first state.

    plans: those that share a calling code, in the order in which they claim numbers. As in the library, the first
    that claims a number decides: one with leading digits claims what begins with them, another what is valid there.
    """
    network = Network()
    begin: list[int] = []
    marks = iter(range(-1, -1_000_000, -1))

    def add(pattern: str) -> int:
        mark = next(marks)
        begin.extend(network.add(pattern, mark))
        return mark

    compiled = [_Ranges(plan, add) for plan in plans]
    keep = frozenset(plan.leading for plan in compiled if plan.leading)

    def label(matched: frozenset[int], length: int) -> int:
        said = 0
        for bit, plan in enumerate(compiled):
            said |= (plan.general in matched) << (bit + 1)
        for plan in compiled:
            valid = plan.valid(matched, length)
            claimed = valid if not plan.leading else plan.leading in matched
            if len(compiled) == 1 or claimed:
                return said | (VALID if valid else 0)
        return said

    states: States = tuple(dict.fromkeys(begin))
    return builder.wholes(network, states, keep, label)


class _Ranges:
    """The patterns of one plan, by the marks of their matches."""

    def __init__(self, metadata: PhoneMetadata, add: Callable[[str], int]) -> None:
        def described(one: PhoneNumberDesc | None) -> tuple[int, tuple[int, ...]] | None:
            if one is None or not one.national_number_pattern:
                return None
            return add(one.national_number_pattern), one.possible_length

        general = described(metadata.general_desc)
        same = metadata.same_mobile_and_fixed_line_pattern
        kinds = [getattr(metadata, kind) for kind in KINDS if not (same and kind == "mobile")]
        self._general = general
        self.general = general[0] if general else 0
        self._kinds = [kind for kind in map(described, kinds) if kind]
        self.leading = add(metadata.leading_digits) if metadata.leading_digits is not None else 0

    def valid(self, matched: frozenset[int], length: int) -> bool:
        """Whether a number is one of a kind that the plan has."""

        def fits(mark: int, lengths: tuple[int, ...]) -> bool:
            return mark in matched and (not lengths or length in lengths)

        return self._general is not None and fits(*self._general) and any(fits(*kind) for kind in self._kinds)
