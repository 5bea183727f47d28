"""The cost meter: what a run uses of AWS, by rule from what its record counts, and what that costs by a price file.

| used | rule |
|---|---|
| `invocations` | plan, commit, archive and notify, and one for each 8 MiB (at least one) of what is read |
| `transitions` | states of the machine that are entered: the invocations and four more |
| `gb_seconds` | the run's seconds with a function's memory, and one second for each of plan, archive and notify |
| `dpu_hours` | of a large run instead: its hours with the job's workers |
| `requests_read` | 5 for each source, 60 for each run (catalog, metadata, plan, parts) |
| `requests_write` | 1 for each source (its copy in the archive), 1 for each part, 20 for each run |
| `kms_calls` | 4 for each invocation (secrets, environment, bucket keys) |

These are predictions: the bill says what it was. A run on one's own machine is metered as if it had been deployed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from antechamber.declare import Declarations
from antechamber.errors import AntechamberError
from antechamber.operate.runs import RunRecord

MEMORY_MB = 1769
STEPS = 4
"""Functions of a run beside its work: plan, commit, archive, notify."""
PART = 8 << 20
MONTH = 365.25 / 12
"""Days of an average month."""


@dataclass(frozen=True)
class Prices:
    """A price file. per_use: what is used → price of one. per_month: what stands there → its price a month."""

    currency: str
    as_of: str
    per_use: Mapping[str, float]
    per_month: Mapping[str, float]

    def of(self, usage: Mapping[str, float]) -> float:
        """What a usage costs."""
        return sum(self.per_use[name] * amount for name, amount in usage.items())


def prices(path: Path | None = None) -> Prices:
    """The prices of a file, or those that come with the product. Raises AntechamberError."""
    try:
        own = resources.files("antechamber.operate").joinpath("prices.json").read_text()
        told: dict[str, Any] = json.loads(own)
        if path is not None:
            given = json.loads(path.read_text())
            told = {**told, **given, **{part: {**told[part], **given.get(part, {})} for part in _PARTS}}
        parts = {part: {name: float(price) for name, price in told[part].items()} for part in _PARTS}
        return Prices(str(told["currency"]), str(told["as_of"]), parts["per_use"], parts["per_month"])
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise AntechamberError(
            f"this is no price file ({type(error).__name__})",
            where=str(path or "prices.json"),
            remedy="write JSON as docs/reference/cost.md shows: per_use and per_month, a number for each name",
        ) from None


_PARTS = ("per_use", "per_month")


def usage_of(
    record: RunRecord, *, memory_mb: int = MEMORY_MB, large_from: int | None = None, workers: int = 3
) -> dict[str, float]:
    """What a run uses, by the rules above. large_from: bytes from which on a run is worked by Glue."""
    sources = len(record.partitions)
    parts = max(1, -(-record.bytes // PART))
    large = large_from is not None and record.bytes >= large_from
    invocations = STEPS + (0 if large else parts)
    seconds = STEPS - 1 + (0.0 if large else record.seconds)
    return {
        "invocations": float(invocations),
        "transitions": float(invocations + 4),
        "gb_seconds": round(seconds * memory_mb / 1024, 3),
        "dpu_hours": round(record.seconds / 3600 * workers, 6) if large else 0.0,
        "requests_read": float(5 * sources + 60),
        "requests_write": float(sources + parts + 20),
        "kms_calls": float(4 * invocations),
    }


def metered(declared: Declarations, record: RunRecord) -> dict[str, float]:
    """What a run uses with the memory and the machines that its workspace declares."""
    if declared.workspace.aws is None:
        return usage_of(record)
    compute = declared.workspace.aws.compute
    large = compute.large_from_mb << 20
    return usage_of(record, memory_mb=compute.memory_mb, large_from=large, workers=compute.workers)


def cost_of(record: RunRecord) -> float:
    """What a run costs by the product's prices."""
    return round(prices().of(record.usage or usage_of(record)), 8)
