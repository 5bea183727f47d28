"""The plan of a run in steps: what the first step found, as the others take it up, and the parts that wait for them.

All of a run lies in one folder beside the connector's run records, `parts/<run>/`: `plan.json`, and a sealed object a
lot. It is removed when the run is archived; what dead runs left is removed by the next one. `executions/` says which
run an execution is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from antechamber.errors import AntechamberError
from antechamber.intent import Intent
from antechamber.lots import Lot, lots_of
from antechamber.operate.runs import new_run_id
from antechamber.records import Listing, Partition, Skipped, Window
from antechamber.store import Location

MOST_LOTS = 200
"""Lots of a plan: what a state of AWS Step Functions may hold is limited (256 KiB)."""


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    listing: what the source had; None where only the process that lists can read: then the commit's step does it all.
    after: the run that the connector's last commit was of when this was planned, or "".
    ends: of each lot of the plan, where it ends among the partitions' lots.
    """

    run: str
    intent: Intent
    listing: Listing | None
    after: str
    ends: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that are to be read, as far as they are known."""
        return 0 if self.listing is None else sum(each.size or 0 for each in self.listing.partitions)

    def lots(self, number: int, source: object) -> Sequence[Lot]:
        """The lots that one entry of the plan stands for. Raises AntechamberError."""
        if self.listing is None or not 0 <= number < len(self.ends):
            raise AntechamberError("the plan has no such lot", where=f"{self.run}, lot {number}")
        start = self.ends[number - 1] if number else 0
        return lots_of(self.listing.partitions, source)[start : self.ends[number]]

    def all_lots(self, source: object) -> Sequence[Lot]:
        """All lots, in order."""
        return [] if self.listing is None else lots_of(self.listing.partitions, source)


def ends_of(lots: Sequence[Lot]) -> tuple[int, ...]:
    """Lots put together to at most MOST_LOTS, of about the same size each, in order."""
    weights = [max(1, sum(partition.size or 0 for partition in lot.partitions)) for lot in lots]
    if len(lots) <= MOST_LOTS:
        return tuple(range(1, len(lots) + 1))
    ends: list[int] = []
    total, before = sum(weights), 0
    for number, weight in enumerate(weights, 1):
        before += weight
        left = len(weights) - number
        if before * MOST_LOTS >= total * (len(ends) + 1) or left == 0:
            ends.append(number)
    return tuple(ends)


@dataclass(frozen=True)
class Desk:
    """Where the steps of a connector's runs leave things for each other. Raises AntechamberError.

    runs: the connector's folder of run records.
    """

    runs: Location
    _store: list[Any] = field(default_factory=list, repr=False, compare=False)

    def run_of(self, execution: str) -> str:
        """The run that an execution is, the same however often it is asked."""
        name = f"executions/{hashlib.sha256(execution.encode()).hexdigest()[:32]}.json"
        with self._told(name):
            with suppress(AlreadyExistsError, PreconditionError):
                obstore.put(self.store, name, json.dumps({"run": new_run_id()}).encode(), mode="create")
            return str(json.loads(bytes(obstore.get(self.store, name).bytes()))["run"])

    def keep(self, plan: Plan) -> None:
        """Write the plan."""
        listing = None if plan.listing is None else asdict(plan.listing)
        said = {"intent": asdict(plan.intent), "listing": listing, "after": plan.after, "ends": plan.ends}
        with self._told(name := f"parts/{plan.run}/plan.json"):
            obstore.put(self.store, name, json.dumps(said).encode())

    def plan(self, run: str) -> Plan | None:
        """A run's plan; None where it has none, or none any more."""
        with self._told(name := f"parts/{run}/plan.json"):
            try:
                said = json.loads(bytes(obstore.get(self.store, name).bytes()))
            except FileNotFoundError:
                return None
        intent, listing = said["intent"], said["listing"]
        window = None if intent["window"] is None else Window(**intent["window"])
        return Plan(
            run,
            Intent(intent["full"], window, intent["retry"]),
            None if listing is None else _listing(listing),
            said["after"],
            tuple(said["ends"]),
        )

    def lot(self, run: str, number: int) -> str:
        """The name of a lot's object."""
        return f"parts/{run}/{number:05d}.sealed"

    def lots(self, run: str) -> Iterator[str]:
        """The names of a run's objects that hold parts."""
        with self._told(folder := f"parts/{run}"):
            found = [str(each["path"]) for page in obstore.list(self.store, folder) for each in page]
        yield from sorted(each for each in found if each.endswith(".sealed"))

    def clear(self, *, of: str, keep: bool) -> None:
        """Remove what other runs left, and which executions they were. of: the run that has the lease. keep: whether
        its own plan and parts stay; which execution it is stays known until another run has the lease."""
        with self._told("parts"):
            parts, known = (
                [str(each["path"]) for page in obstore.list(self.store, folder) for each in page]
                for folder in ("parts", "executions")
            )
            gone = [name for name in parts if not (keep and name.startswith(f"parts/{of}/"))]
            for name in [*gone, *(name for name in known if not self._is_of(name, of))]:
                obstore.delete(self.store, name)

    @property
    def store(self) -> Any:
        """The runs' folder, opened once."""
        if not self._store:
            self._store.append(self.runs.open())
        return self._store[0]

    def _is_of(self, name: str, run: str) -> bool:
        return bool(json.loads(bytes(obstore.get(self.store, name).bytes())).get("run") == run)

    def _told(self, name: str) -> _Told:
        return _Told(f"{self.runs.url}/{name}")


class _Told:
    """A store's errors as ours."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BaseError | OSError | KeyError | ValueError):
            raise AntechamberError(
                f"what the steps of a run leave for each other cannot be read or written ({type(error).__name__})",
                where=self._where,
                remedy="see that the store can be reached and written, then run again",
            ) from error


def _listing(said: dict[str, Any]) -> Listing:
    return Listing(
        tuple(Partition(**each) for each in said["partitions"]),
        tuple(Partition(**each) for each in said["done"]),
        tuple(Skipped(**each) for each in said["skipped"]),
        said["watermark"],
    )
