"""Numbering plans: the metadata of the regions that were asked for, compiled once for all series of digits.

A plan is that of one region, or of one calling code that belongs to no region (+800, +870 …). It is compiled when the
first number of it is met, because all of them together take seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt
import phonenumbers
from phonenumbers import PhoneMetadata
from phonenumbers.phonemetadata import REGION_CODE_FOR_NON_GEO_ENTITY

from antechamber.prepare.phones.automaton import DEAD, MATCHED, MATCHED_WITH_GROUP, Automata, Builder, Flags, Numbers
from antechamber.prepare.phones.pattern import Network, Unreadable
from antechamber.prepare.phones.ranges import LENGTHS, lengths_of, ranges_of

NONE = -1
"""No plan: the region is not known, or nobody asked for it yet."""
PlanKey = str | int
"""A region, or a calling code without one."""


@dataclass(frozen=True)
class Plan:
    """One plan, compiled.

    code: its calling code. main: the key of the plan that numbers with this code are read by.
    dials_abroad, prefixes, ranges: first states of its automata: the international prefix; the national prefix,
    carrier codes and what else goes off in front; the ranges of its calling code.
    looks_right: the bit of the ranges' label that says: of a national number's general shape here.
    lengths: for each number of digits, what the plan says of it (see ranges).
    transform: how a prefix is replaced when its last group has a part in the match: pattern and template; or None.
    """

    code: int
    main: PlanKey
    dials_abroad: int
    prefixes: int
    ranges: int
    looks_right: int
    lengths: npt.NDArray[np.int8]
    transform: tuple[str, str] | None


@dataclass(frozen=True)
class Compiled:
    """All plans so far, by their number, as arrays; never changed. See Plan.

    number: of each plan that is compiled; NONE when its patterns cannot be. main: numbers, NONE: not compiled yet.
    """

    number: dict[PlanKey, int]
    plans: tuple[Plan, ...]
    automata: Automata
    code: Numbers
    main: Numbers
    dials_abroad: Numbers
    prefixes: Numbers
    ranges: Numbers
    looks_right: Numbers
    transforms: Flags
    lengths: npt.NDArray[np.int8]


class Plans:
    """The plans of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._builder = Builder()
        self._number: dict[PlanKey, int] = {}
        self._plans: list[Plan] = []
        self._ranges: dict[int, int] = {}
        self._compiled: Compiled | None = None

    def of(self, keys: Iterable[PlanKey]) -> Compiled:
        """All plans so far, those of `keys` among them."""
        compiled = self._compiled
        if compiled is not None and all(key in compiled.number for key in keys):
            return compiled
        with self._lock:
            for key in keys:
                self._add(key)
            self._compiled = self._arrays()
            return self._compiled

    def _add(self, key: PlanKey) -> None:
        if key in self._number:
            return
        try:
            plan = self._plan(key)
        except Unreadable:
            self._number[key] = NONE
        else:
            self._number[key] = len(self._plans)
            self._plans.append(plan)
            self._add(plan.main)

    def _plan(self, key: PlanKey) -> Plan:
        metadata = metadata_of(key)
        code = metadata.country_code
        assert code is not None  # noqa: S101 -- every plan of the library has one
        if code not in self._ranges:
            self._ranges[code] = ranges_of(self._builder, [metadata_of(one) for one in keys_of(code)])
        transform = None
        rule, prefix = metadata.national_prefix_transform_rule, metadata.national_prefix_for_parsing
        if rule and prefix:
            transform = f"^(?:{prefix})".replace(r"\d", "[0-9]"), re.sub(r"\\([0-9])", r"${\1}", rule)
        return Plan(
            code=code,
            main=keys_of(code)[0],
            dials_abroad=self._prefixes(metadata.international_prefix),
            prefixes=self._prefixes(prefix),
            ranges=self._ranges[code],
            looks_right=2 << keys_of(code).index(key),
            lengths=lengths_of(metadata),
            transform=transform,
        )

    def _prefixes(self, pattern: str | None) -> int:
        if not pattern:
            return DEAD
        network = Network()
        return self._builder.prefixes(network, network.add(pattern, MATCHED, with_group=MATCHED_WITH_GROUP))

    def _arrays(self) -> Compiled:
        plans = tuple(self._plans)
        return Compiled(
            number=dict(self._number),
            plans=plans,
            automata=Automata(
                np.array(self._builder.rows, np.intp).reshape(-1), np.array(self._builder.labels, np.intp)
            ),
            code=np.array([plan.code for plan in plans], np.intp),
            main=np.array([self._number.get(plan.main, NONE) for plan in plans], np.intp),
            dials_abroad=np.array([plan.dials_abroad for plan in plans], np.intp),
            prefixes=np.array([plan.prefixes for plan in plans], np.intp),
            ranges=np.array([plan.ranges for plan in plans], np.intp),
            looks_right=np.array([plan.looks_right for plan in plans], np.intp),
            transforms=np.array([plan.transform is not None for plan in plans], np.bool_),
            lengths=np.array([plan.lengths for plan in plans], np.int8).reshape(len(plans), LENGTHS),
        )


def keys_of(code: int) -> list[PlanKey]:
    """The plans that share a calling code, in the order in which they claim numbers; the main one first."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    return [code] if regions == (REGION_CODE_FOR_NON_GEO_ENTITY,) else list(regions)


def metadata_of(key: PlanKey) -> PhoneMetadata:
    """The library's metadata of a plan."""
    metadata = PhoneMetadata.metadata_for_region(key) if isinstance(key, str) else None
    if isinstance(key, int):
        metadata = PhoneMetadata.metadata_for_nongeo_region(key)
    assert metadata is not None  # noqa: S101 -- every plan of the library's own lists has metadata
    return metadata
