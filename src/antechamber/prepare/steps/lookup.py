"""Lookup: columns out of a small reference file of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake, choose
from antechamber.declare.model import Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.reference import ENDINGS, Reference, read_reference
from antechamber.prepare.steps.step import Report, Setting, Step, named, text

NOT_FOUND = "the reference file has no such record"


class Lookup(StepModel):
    """Takes columns of a small reference file (CSV, JSON Lines or Parquet) for the record whose key agrees. Keys are
    compared as text, letter by letter; each comes once in the file. A record without a key finds nothing."""

    NAME: ClassVar[str] = "lookup"
    NOUNS: ClassVar[dict[str, str]] = {"missing": "something that becomes of a record that finds nothing"}
    FILES: ClassVar[dict[str, str]] = {"ref/campaigns.csv": "id,name\n7,Spring\n8,Summer\n"}
    """The file that the example reads."""
    EXAMPLE: ClassVar[Example] = Example(
        step="lookup: {file: ref/campaigns.csv, on: {campaign_id: id}, take: {campaign: name}}",
        before=({"campaign_id": "7"}, {"campaign_id": "9"}),
        after=({"campaign_id": "7", "campaign": "Spring"}, {"campaign_id": "9", "campaign": None}),
    )

    file: Text
    """The file, relative to the workspace's folder: `.csv`, `.jsonl` or `.parquet`, at most 64 MB. CSV has a header,
    commas and UTF-8."""
    on: Annotated[dict[Text, Text], Field(min_length=1)]
    """Each column of the record → the file's column that it is compared with."""
    take: Annotated[dict[Text, Text], Field(min_length=1)]
    """Each new column → the file's column that it takes."""
    missing: Literal["null", "quarantine", "drop"] | None = None
    """What becomes of a record that finds nothing: no value (also when this is absent), quarantine, or it is
    dropped."""

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(self.on)

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.take)

    @property
    def selects(self) -> bool:
        return self.missing in ("quarantine", "drop")

    @property
    def leaves_out(self) -> bool:
        return self.missing == "drop"

    def mistakes(self) -> Iterator[Mistake]:
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or "://" in self.file:
            yield Mistake(("file",), "the file is not in the workspace", "write its path from the workspace's folder")
        elif path.suffix.lower() not in ENDINGS:
            remedy = choose(path.suffix, ENDINGS) or f"use one of {', '.join(ENDINGS)}"
            yield Mistake(("file",), f"{show(path.suffix)} is no kind of reference file", remedy)

    def compile(self, setting: Setting) -> Step:
        reference: Reference = read_reference(
            setting.root, self.file, tuple(self.on.values()), tuple(dict.fromkeys(self.take.values()))
        )

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            keys = [frame.select(text(frame, name).alias("k")).to_series() for name in self.on]
            place = reference.find(keys)
            made = [reference.column(theirs).gather(place).alias(own) for own, theirs in self.take.items()]
            frame = frame.with_columns(made)
            if self.missing == "drop":
                return report.leave_out(frame, place.is_null(), setting.place)
            if self.missing == "quarantine":
                return report.amiss(frame, place.is_null(), "lookup", NOT_FOUND, "quarantine")
            return frame

        otherwise = {"quarantine": "quarantined", "drop": "dropped"}.get(self.missing or "", "left without a value")
        said = f"takes {named(self.makes)} from {self.file} by {named(self.reads)}"
        return Step(f"{said}; a record that finds nothing is {otherwise}", apply)
