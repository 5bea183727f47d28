"""The commit is the ledger: what a run writes into its snapshot and the table's properties, and reads back.

Snapshot summary (for good): `antechamber.run`, `.connector`, `.mode`, `.sources`, `.watermark`, `.account`, counts.
Table properties (now): `antechamber.<connector>.sources`, `.watermark`, `.columns`, `.run`; a long list of sources
is cut into `antechamber.<connector>.sources.<n>`, because a Glue table's parameter holds at most 512,000 bytes.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from antechamber.errors import PublishError
from antechamber.records import Progress

PREFIX = "antechamber."
PIECE_BYTES = 256_000
"""Longest text in one table property."""

Sources = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Stamp:
    """What a run's commit records with its data.

    sources: partition id → fingerprint of every partition taken in.
    watermark: the connector's new watermark (JSON-able), or None to keep the last.
    account: the run's balance (JSON-able).
    forget: ids of sources of earlier runs that are archived or gone, and need not be remembered.
    columns: the source's columns → their types; empty keeps the last.
    forget_sources: all sources of earlier runs are forgotten: this run read everything again.
    retried: the run whose quarantine this run took over, or "".
    """

    run_id: str
    connector: str
    sources: Sources = field(default_factory=dict)
    watermark: Mapping[str, object] | None = None
    account: Mapping[str, object] = field(default_factory=dict)
    forget: Collection[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    forget_sources: bool = False
    retried: str = ""


@dataclass(frozen=True)
class PublishedRun:
    """One run of Antechamber that a table's history holds."""

    run_id: str
    connector: str
    mode: str
    snapshot_id: int
    committed: datetime
    rows_added: int
    rows_replaced: int
    files_rewritten: int
    sources: Sources
    watermark: Mapping[str, object] | None
    account: Mapping[str, object]
    retried: str = ""


def progress(table: Table, connector: str | None = None) -> Progress:
    """What the table's commits say that the connector has taken in.

    connector: None stands for the only one that ever published to the table.
    Raises PublishError: it cannot be read, or several connectors published and none is named.
    """
    properties = table.metadata.properties
    if connector is None:
        names = [
            key[len(PREFIX) : -len(".run")] for key in properties if key.startswith(PREFIX) and key.endswith(".run")
        ]
        if len(names) > 1:
            raise PublishError(
                f"several connectors publish to the table: {', '.join(sorted(names))}", where=".".join(table.name())
            )
        connector = names[0] if names else ""
    name = f"{PREFIX}{connector}"
    text = properties.get(f"{name}.sources", "")
    pieces = [text]
    while f"{name}.sources.{len(pieces)}" in properties:
        pieces.append(properties[f"{name}.sources.{len(pieces)}"])
    watermark = properties.get(f"{name}.watermark")
    try:
        return Progress(
            decode_sources("".join(pieces)),
            json.loads(watermark) if watermark else None,
            json.loads(properties.get(f"{name}.columns", "{}")),
        )
    except ValueError as error:
        raise PublishError(
            "the table's record of what was taken in cannot be read",
            where=".".join(table.name()),
            remedy=f"another program changed the table's properties {name}.*: restore them from its metadata history",
        ) from error


def progress_properties(table: Table, stamp: Stamp) -> tuple[dict[str, str], set[str]]:
    """The properties that a commit with this stamp sets, and those that it removes."""
    name = f"{PREFIX}{stamp.connector}"
    before = progress(table, stamp.connector)
    forget = set(before.sources) if stamp.forget_sources else set(stamp.forget)
    sources = {source: known for source, known in before.sources.items() if source not in forget}
    sources.update(stamp.sources)
    text = encode_sources(sources)
    pieces = [text[start : start + PIECE_BYTES] for start in range(0, len(text), PIECE_BYTES)] or [""]
    changed = {f"{name}.sources": pieces[0], f"{name}.run": stamp.run_id}
    changed |= {f"{name}.sources.{number}": piece for number, piece in enumerate(pieces) if number}
    if stamp.watermark is not None:
        changed[f"{name}.watermark"] = _json(stamp.watermark)
    if stamp.columns:
        # Beyond what a property holds, drift is not looked for: no table that is read by hand is that wide.
        text = json.dumps(dict(stamp.columns), ensure_ascii=False, separators=(",", ":"))
        changed[f"{name}.columns"] = text if len(text.encode()) <= PIECE_BYTES else "{}"
    stale = {key for key in table.metadata.properties if key.startswith(f"{name}.sources.") and key not in changed}
    return changed, stale


def summary_properties(
    stamp: Stamp, *, mode: str, rows_added: int, rows_replaced: int, files_rewritten: int
) -> dict[str, str]:
    """What the snapshot's summary says about the run."""
    said = {
        "run": stamp.run_id,
        "connector": stamp.connector,
        "mode": mode,
        "sources": encode_sources(stamp.sources),
        "account": _json(stamp.account),
        "rows-added": str(rows_added),
        "rows-replaced": str(rows_replaced),
        "files-rewritten": str(files_rewritten),
    }
    if stamp.watermark is not None:
        said["watermark"] = _json(stamp.watermark)
    if stamp.retried:
        said["retried"] = stamp.retried
    return {PREFIX + key: value for key, value in said.items()}


def runs_in(table: Table) -> list[PublishedRun]:
    """The runs that the table's snapshots hold, oldest first; expired snapshots are not among them."""
    return [_run(snapshot) for snapshot in stamped(table)]


def stamped(table: Table) -> Iterator[Snapshot]:
    """The snapshots that a run of Antechamber made, oldest first."""
    for snapshot in table.metadata.snapshots:
        if snapshot.summary is not None and f"{PREFIX}run" in snapshot.summary.additional_properties:
            yield snapshot


def run_id_of(snapshot: Snapshot) -> str:
    """The run that made a stamped snapshot."""
    return snapshot.summary.additional_properties[f"{PREFIX}run"] if snapshot.summary else ""


def _run(snapshot: Snapshot) -> PublishedRun:
    said: dict[str, str] = {}
    if snapshot.summary is not None:
        said = {
            key.removeprefix(PREFIX): value
            for key, value in snapshot.summary.additional_properties.items()
            if key.startswith(PREFIX)
        }
    watermark = said.get("watermark")
    return PublishedRun(
        run_id=said["run"],
        connector=said.get("connector", ""),
        mode=said.get("mode", ""),
        snapshot_id=snapshot.snapshot_id,
        committed=datetime.fromtimestamp(snapshot.timestamp_ms / 1000, tz=UTC),
        rows_added=int(said.get("rows-added", 0)),
        rows_replaced=int(said.get("rows-replaced", 0)),
        files_rewritten=int(said.get("files-rewritten", 0)),
        sources=decode_sources(said.get("sources", "")),
        watermark=json.loads(watermark) if watermark else None,
        account=json.loads(said.get("account", "{}")),
        retried=said.get("retried", ""),
    )


def encode_sources(sources: Sources) -> str:
    """Sources as one compact text: columns instead of records, compressed, in letters that JSON leaves alone."""
    if not sources:
        return ""
    ids = sorted(sources)
    names = sorted({name for known in sources.values() for name in known})
    columns = [[sources[source].get(name) for source in ids] for name in names]
    packed = zlib.compress(_json([ids, names, columns]).encode(), 9)
    return base64.b85encode(packed).decode()


def decode_sources(text: str) -> dict[str, dict[str, str]]:
    """The reverse of `encode_sources`. Raises ValueError."""
    if not text:
        return {}
    try:
        ids, names, columns = json.loads(zlib.decompress(base64.b85decode(text)))
        rows = zip(*columns, strict=True) if columns else iter([()] * len(ids))
        return {
            source: {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for source, row in zip(ids, rows, strict=True)
        }
    except (zlib.error, TypeError, AttributeError) as error:
        raise ValueError("not a list of sources") from error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
