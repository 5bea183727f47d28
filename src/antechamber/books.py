"""The books of a run: what became of every record, partition by partition, and whether it balances."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence

from antechamber.errors import AccountingError, AntechamberError
from antechamber.operate.metrics import newest_of
from antechamber.operate.runs import PartitionReport, RunRecord
from antechamber.records import Account, Partition


class Books:
    """An account for each partition. `enter` may be called from any number of threads; the rest follows after."""

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self._partitions = partitions
        self._accounts = [Account() for _ in partitions]
        self._lock = threading.Lock()

    def enter(self, number: int, account: Account) -> None:
        """Add to a partition's account. number: its place among all."""
        with self._lock:
            self._accounts[number].add(account)

    def replaced(self, counts: Mapping[int, int]) -> None:
        """Records that a later one of this run replaces, by partition: they are not published after all."""
        for number, count in counts.items():
            self._accounts[number].replaced += count
            self._accounts[number].published -= count

    def dropped(self, counts: Mapping[int, Mapping[str, int]]) -> None:
        """Records that a rule drops once all are known, by partition and rule."""
        for number, rules in counts.items():
            self._accounts[number].dropped.update(rules)
            self._accounts[number].published -= sum(rules.values())

    def held_back(self, counts: Mapping[int, int]) -> None:
        """Records that go to quarantine once all are known, by partition."""
        for number, count in counts.items():
            self._accounts[number].quarantined += count
            self._accounts[number].published -= count

    @property
    def read(self) -> int:
        """How many records were read, after `report`: of the partitions that did not fail."""
        return sum(account.read for account in self._accounts)

    def judged(self) -> dict[int, tuple[int, int]]:
        """Quality rule that holds back single records → (records that it judged, records that failed)."""
        whole = Account()
        for account in self._accounts:
            whole.add(account)
        return whole.judged

    def report(self, record: RunRecord, errors: Mapping[str, AntechamberError]) -> None:
        """Begin the record's report of each partition; nothing counts of one that failed."""
        record.partitions = [
            PartitionReport(partition.id, error=errors[partition.id].as_json())
            if partition.id in errors
            else PartitionReport(partition.id, bytes=partition.size or 0)
            for partition in self._partitions
        ]
        good = [partition for partition in self._partitions if partition.id not in errors]
        record.newest = newest_of([partition.fingerprint for partition in good])
        record.bytes = sum(part.bytes for part in record.partitions)
        for number, partition in enumerate(self._partitions):
            if partition.id in errors:
                self._accounts[number] = Account()

    def detected(self) -> Counter[tuple[str, str]]:
        """(column, kind) → values that hold a raw identity, and all values that were looked at under the kind ""."""
        found: Counter[tuple[str, str]] = Counter()
        for account in self._accounts:
            found.update(account.detected)
        return found

    def balance(self, record: RunRecord, *, written: int, held_back: int, where: str) -> None:
        """Promise 1: every record is accounted for, in every partition, and as counted in what was written.

        written: records in the data files. held_back: in quarantine. Raises AccountingError.
        """
        whole = Account()
        for report, account in zip(record.partitions, self._accounts, strict=True):
            if not account.balances:
                raise AccountingError("its records do not balance", where=report.id, remedy="nothing was published")
            report.read, report.published = account.read, account.published
            report.quarantined, report.replaced = account.quarantined, account.replaced
            report.dropped = dict(account.dropped)
            whole.add(account)
        record.total(whole)
        if (whole.published, whole.quarantined) != (written, held_back):
            raise AccountingError(
                f"{whole.published:,} records were to be published and {whole.quarantined:,} held back; "
                f"{written:,} are in the data files and {held_back:,} in quarantine",
                where=where,
                remedy="nothing was published; this is a defect of Antechamber: please report it",
            )
