"""Judging records: which of a batch fail which rule, and which of those are held back.

A rule judges the records that are published if no rule holds them back: what is invalid is told as invalid. Rules
that hold back come first; the others are asked of the records that are left, and what they say goes with each record
until the run knows which are published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.prepare.quality.rule import RowRule
from antechamber.prepare.verdict import Outcome, Verdict, kept_mask


def reason_of(rule: str) -> str:
    """Why a record is in quarantine that a rule holds back."""
    return f"fails the quality rule {rule}"


@dataclass(frozen=True)
class Judged:
    """What the rules say of a batch.

    fails: rule → for each record whether it fails; null where the rule has nothing to say.
    held: row → (column, reason) of the records that a rule holds back, if nothing else is wrong with them.
    """

    rules: Sequence[RowRule] = ()
    fails: Mapping[int, pl.Series] = field(default_factory=dict)
    held: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    def counts(self, verdict: Verdict) -> dict[int, tuple[int, int]]:
        """Rule that holds back → (records that it judged, records that failed)."""
        other = [row for row in verdict.out if row not in self.held or verdict.rejected.get(row) != self.held[row]]
        found = {}
        for rule in self.rules:
            if rule.asked.then == "quarantine":
                fails = self.fails[rule.asked.number]
                fails = fails.scatter(other, None) if other else fails
                found[rule.asked.number] = (len(fails) - fails.null_count(), int(fails.sum()))
        return found

    def marks(self, verdict: Verdict) -> dict[int, pa.Array[Any]]:
        """Rule that warns or fails → what it says of the records that stay (boolean). Where all of them pass there is
        nothing to be kept."""
        found: dict[int, pa.Array[Any]] = {}
        for rule in self.rules:
            if rule.asked.then == "quarantine":
                continue
            fails = self.fails[rule.asked.number]
            if verdict.out:
                fails = fails.filter(kept_mask(verdict.out, len(fails)))
            if fails.null_count() or fails.any():
                found[rule.asked.number] = fails.rechunk().to_arrow()
        return found


NOTHING = Judged()
"""What is said where there are no rules."""


class Quality:
    """The quality rules of a connector's single records."""

    def __init__(self, rules: Sequence[RowRule] = ()) -> None:
        self._rules = tuple(rules)
        self.before_protection = frozenset(
            name for rule in self._rules if not rule.published for name in rule.asked.columns
        )
        """The columns whose values are looked at before they are protected."""

    def __bool__(self) -> bool:
        return bool(self._rules)

    @property
    def ready(self) -> list[int]:
        """The rules that can judge, by number."""
        return [rule.asked.number for rule in self._rules if rule.ready]

    @property
    def holds(self) -> dict[int, str]:
        """Rule → what holds of a good value."""
        return {rule.asked.number: rule.holds for rule in self._rules}

    def open(self) -> None:
        """Open the tables that rules refer to; until then those rules judge nothing. Raises what opening raises."""
        for rule in self._rules:
            if rule.fails is None and rule.open is not None:
                rule.fails = rule.open()

    def judge(self, outcomes: Sequence[Outcome]) -> Judged:
        """Ask every rule that is ready."""
        rules = [rule for rule in self._rules if rule.ready]
        if not rules:
            return NOTHING
        published = {outcome.plan.name: outcome.output for outcome in outcomes}
        values = {each.plan.name: each.output if each.value is None else each.value for each in outcomes}
        fails: dict[int, pl.Series] = {}
        held: dict[int, tuple[str, str]] = {}
        for rule in rules:
            assert rule.fails is not None  # noqa: S101 - it is ready
            found = fails[rule.asked.number] = rule.fails(published if rule.published else values)
            if rule.asked.then == "quarantine":
                said = (rule.asked.column, reason_of(rule.asked.name))
                for row in found.fill_null(False).arg_true():
                    held.setdefault(row, said)
        return Judged(rules, fails, held)
