"""Where results of protected queries go: `s3://bucket/prefix` is a folder of the workspace."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from antechamber.collaborate.api import faults

ROWS_OF_A_FILE = 1_000_000
"""Rows of each file where a result may be several."""


@dataclass(frozen=True)
class Prepared:
    """A result that is written and not yet to be seen."""

    hidden: Path
    final: Path


@dataclass(frozen=True)
class Results:
    """The folder. `s3://bucket/prefix` is `<root>/bucket/prefix`; nothing that is named lies outside of it."""

    root: Path

    def check(self, s3: Mapping[str, Any]) -> None:
        """Raises Fault when the bucket and prefix name no place below the folder."""
        self.place(s3, "result")

    def place(self, s3: Mapping[str, Any], query: str) -> Path:
        """Where the result of a query is to be. Raises Fault."""
        parts = [s3["bucket"], *(part for part in s3.get("keyPrefix", "").split("/") if part)]
        if any(part in (".", "..") or part.startswith(_HIDDEN) for part in parts):
            raise faults.invalid(
                "the place for the result is none that a result can have",
                ("resultConfiguration.outputConfiguration.s3.keyPrefix", "must not have parts that are dots"),
            )
        name = f"{query}.{s3['resultFormat'].lower()}" if s3.get("singleFileOutput") else query
        return self.root.joinpath(*parts, name)

    def location(self, s3: Mapping[str, Any], query: str) -> str:
        """The place as the API writes it; a folder ends in a slash."""
        place = self.place(s3, query).relative_to(self.root)
        return f"s3://{place.as_posix()}" + ("" if s3.get("singleFileOutput") else "/")

    def log(self, s3: Mapping[str, Any], identifier: str, events: list[dict[str, Any]]) -> None:
        """Write the events of an analysis log below a bucket and prefix."""
        self.root.mkdir(parents=True, exist_ok=True)
        hidden = self.root / f"{_HIDDEN}{uuid.uuid4()}"
        hidden.write_text("".join(json.dumps(event) + "\n" for event in events))
        place = {"bucket": s3["bucket"], "keyPrefix": s3.get("keyPrefix", ""), "resultFormat": ""}
        self.publish(Prepared(hidden, self.place(place, f"{identifier}.jsonl")))

    def prepare(self, table: pa.Table, s3: Mapping[str, Any], query: str) -> Prepared:
        """The result, on disk, under a name that nobody looks for."""
        final = self.place(s3, query)
        hidden = self.root / f"{_HIDDEN}{uuid.uuid4()}"
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare(table, hidden, s3)
        except BaseException:
            self.discard(hidden)
            raise
        return Prepared(hidden, final)

    def _prepare(self, table: pa.Table, hidden: Path, s3: Mapping[str, Any]) -> None:
        ending = s3["resultFormat"].lower()
        if s3.get("singleFileOutput"):
            _write(table, hidden, ending)
            return
        hidden.mkdir(mode=0o700)
        for number, start in enumerate(range(0, max(1, table.num_rows), ROWS_OF_A_FILE)):
            _write(table.slice(start, ROWS_OF_A_FILE), hidden / f"part-{number:05}.{ending}", ending)

    def publish(self, prepared: Prepared) -> None:
        """Make a result visible, whole."""
        prepared.final.parent.mkdir(parents=True, exist_ok=True)
        prepared.hidden.rename(prepared.final)
        _sync(prepared.final.parent)

    def discard(self, path: Path) -> None:
        """Take a result away, hidden or not."""
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Take away what a server that died had not yet made visible."""
        for path in self.root.glob(f"{_HIDDEN}*"):
            self.discard(path)


_HIDDEN = ".result-"


def _write(table: pa.Table, path: Path, ending: str) -> None:
    if ending == "csv":
        pyarrow.csv.write_csv(table, path)
    else:
        pyarrow.parquet.write_table(table, path)
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
