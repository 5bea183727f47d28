"""Lots worked by Spark's executors: what they are told, what each does, and what comes back to the run's own process.

An executor gets the declarations and the connector's small files with its task. Secrets it reads itself, by their
references; what it gives is sealed with the tenant's key before it leaves its memory.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from antechamber.catalog import Layout
from antechamber.connect.source import BatchSource
from antechamber.declare import DatabaseSource, Declarations, SparkEngine
from antechamber.engine import Given, run_on_spark, spark_session
from antechamber.errors import AntechamberError
from antechamber.job import Job, open_job, tenant_key
from antechamber.lots import Lot
from antechamber.operate.log import as_ours
from antechamber.parcels import Parcel, is_bare, packed, sealed, unpacked, unsealed
from antechamber.parts import End, Terms, work_lot

FILE = "antechamber.yaml"


@dataclass(frozen=True)
class Errand:
    """What an executor is told. files: path below the workspace's folder → content, of what the connector names."""

    declared: Declarations
    connector: str
    terms: Terms
    lots: Sequence[Lot]
    files: Mapping[str, bytes]


def work_on_spark(engine: SparkEngine, job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[Parcel]:
    """Let executors work lots: a `working.Elsewhere` once `engine` is given. Raises MissingExtra, EngineError."""
    yield from map(unpacked, parcels_on_spark(engine, job, lots, terms))


def parcels_on_spark(engine: SparkEngine, job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[bytes]:
    """Let executors work lots; gives the bytes of each parcel. Raises MissingExtra, EngineError."""
    declared, connector = job.declared, job.connector
    key = tenant_key(declared, connector.tenant)
    errand = Errand(_movable(declared), connector.connector, terms, lots, _files_of(job))
    session = spark_session(
        f"antechamber {declared.workspace.workspace} {job.name}", master=engine.master, conf=engine.conf
    )
    sizes = [partition.size for lot in lots for partition in lot.partitions]
    for content in run_on_spark(
        session,
        len(lots),
        functools.partial(_work, errand),
        size=None if None in sizes else sum(size or 0 for size in sizes),
        at_once=connector.source.max_connections if isinstance(connector.source, DatabaseSource) else None,
    ):
        yield _plain(content, key, terms.run)


def _work(errand: Errand, numbers: Iterator[int]) -> Iterator[Given]:
    """On an executor: work some of the lots with one job. An error is told by the end of each lot; none is raised,
    as Spark would log it with all that it quotes."""
    with ExitStack() as stack:
        ready = _ready(errand, stack)
        for number in numbers:
            lot = errand.lots[number]
            if isinstance(ready, AntechamberError):
                for place, each in enumerate(packed(lot, [End(dict.fromkeys(lot.numbers, ready))])):
                    yield number, place, each
                continue
            job, key = ready
            for place, each in enumerate(packed(lot, work_lot(job, lot, errand.terms))):
                yield number, place, sealed(each, key, errand.terms.run)


def _ready(errand: Errand, stack: ExitStack) -> tuple[Job, bytes] | AntechamberError:
    try:
        declared = _at_home(errand, stack)
        if declared.workspace.catalog.region:
            # Stores are opened by what the process's environment says, and that of executors need not say it.
            for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
                os.environ.setdefault(name, declared.workspace.catalog.region)
        job = open_job(declared, errand.connector, stack)
        if isinstance(job.source, BatchSource):
            job.source.join(errand.terms.shared)
        return job, tenant_key(declared, job.connector.tenant)
    except Exception as error:
        return as_ours(error, where=errand.connector)


def _plain(content: bytes, key: bytes, run: str) -> bytes:
    """An executor that could not open the job has no key: the end of a lot of which nothing was read is bare."""
    return content if is_bare(content) else unsealed(content, key, run)


def _movable(declared: Declarations) -> Declarations:
    """The declarations without their texts, with places that mean the same wherever they are read."""
    workspace = declared.workspace
    catalog = workspace.catalog.model_copy(update={"path": str((declared.root / workspace.catalog.path).resolve())})
    store = Layout.of(workspace, declared.root).store.url
    fixed = workspace.model_copy(update={"store": store, "catalog": catalog})
    return replace(declared, workspace=fixed, files={}, presets={}, warnings=())


def _at_home(errand: Errand, stack: ExitStack) -> Declarations:
    """The declarations with a folder that holds what the connector names: the workspace's, where that is at hand."""
    root = errand.declared.root
    if (root / FILE).is_file() and all((root / name).is_file() for name in errand.files):
        return errand.declared
    home = Path(tempfile.mkdtemp(prefix="antechamber-"))
    stack.callback(shutil.rmtree, home, ignore_errors=True)
    for name, content in errand.files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return replace(errand.declared, root=home)


def _files_of(job: Job) -> dict[str, bytes]:
    """The small files that the connector's steps and rules read: what `file:` names, and lists of placeholders."""
    root = job.declared.root
    names = {*_named(job.connector), *_named(job.connector.all_steps)}
    return {name: (root / name).read_bytes() for name in sorted(names) if (root / name).is_file()}


def _named(value: Any, under: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from _named(value.__dict__, under)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _named(each, under if under == "placeholders" else str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _named(each, under)
    elif isinstance(value, str) and under == "file":
        yield value
    elif isinstance(value, str) and under == "placeholders" and value.startswith("file:"):
        yield value.removeprefix("file:")
