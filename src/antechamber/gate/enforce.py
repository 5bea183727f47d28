"""All quality rules of a run, in their order: first those that hold records back, then what they leave is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl
from pyiceberg.table import Table

from antechamber.declare import Asked, Connector, asked
from antechamber.gate import freshness, row_count, unique
from antechamber.gate.outcome import Outcome, not_checked, of_records
from antechamber.publish import (
    KnownKeys,
    Mode,
    Origins,
    QuarantineWriter,
    Repeated,
    Staging,
    key_hashes,
    known_keys,
    repeated,
    runs_in,
)
from antechamber.records import Partition, Rejected


def keeps_origins(connector: Connector) -> bool:
    """Whether a rule may hold back records that are staged, so that their source fields have to be kept."""
    return any(rule.name == "unique" and rule.then == "quarantine" for rule in asked(connector))


def looks_at_records(connector: Connector) -> bool:
    """Whether a rule looks at the records themselves once all are known, so that they have to be staged."""
    return any(rule.name in ("unique", "freshness") for rule in asked(connector))


@dataclass
class Gate:
    """A run's records before they are published.

    mode: how they meet the table's. started: when the run did. new: whether it takes in what is new; one that reads
    again is not judged as a whole by its newest record, nor by its size against others.
    partitions: of the run. judged: rule that holds back single records → (records judged, failed).
    """

    connector: Connector
    table: Table
    mode: Mode
    staging: Staging
    quarantine: QuarantineWriter
    origins: Origins | None
    partitions: Sequence[Partition]
    judged: Mapping[int, tuple[int, int]]
    scratch: Path
    started: datetime
    apart: bool = False
    full: bool = False
    held_back: Counter[int] = field(default_factory=Counter)
    """After `judge`: partition → records that were held back."""

    def judge(self) -> list[Outcome]:
        """The outcome of every rule, in declared order. Raises PublishError, OSError."""
        rules = asked(self.connector)
        first = [rule for rule in rules if rule.then == "quarantine"]
        rest = [rule for rule in rules if rule.then != "quarantine"]
        found = {rule.number: self._outcome(rule) for rule in (*first, *rest)}
        return [found[rule.number] for rule in rules]

    def _outcome(self, rule: Asked) -> Outcome:
        match rule.name:
            case "unique":
                return unique.judge(rule, lambda: self._repeated(rule), self.staging, self.origins, self._hold_back)
            case "freshness" | "row_count" if self.apart:
                return not_checked(rule, "a backfill or a retry is a part of what was sent")
            case "freshness":
                return freshness.judge(rule, self.staging, self.started)
            case "row_count":
                before = row_count.counts_of(runs_in(self.table), self.connector.connector)
                return row_count.judge(rule, self._count(), before, new=not self.full)
        if rule.then == "quarantine":
            return of_records(rule, *self.judged.get(rule.number, (0, 0)))
        return of_records(rule, *self.staging.marked(rule.number))

    def _count(self) -> int:
        return sum(self.staging.remaining(number) for number in self.staging.order())

    def _repeated(self, rule: Asked) -> Repeated:
        emptied = self.mode == "replace" or self.staging.emptied
        with ExitStack() as stack:
            leaving = None if emptied or not self.staging.keys else self._leaving(stack)
            return repeated(
                self.staging,
                rule.columns,
                self.scratch / "unique",
                table=None if emptied else self.table,
                leaving=leaving,
            )

    def _leaving(self, stack: ExitStack) -> KnownKeys:
        """The keys whose records in the table this run replaces or deletes."""

        def hashes() -> Iterator[pl.Series]:
            for batch in self.staging.batches():
                yield key_hashes(batch, self.staging.keys)
            deletions = self.staging.deletions()
            if deletions is not None:
                yield from deletions.hashes()

        return known_keys(hashes(), self.scratch / "leaving", stack)

    def _hold_back(self, partition: int, record: Rejected, member: str) -> None:
        self.quarantine.add(self.partitions[partition].id, [record], member=member)
        self.held_back[partition] += 1
