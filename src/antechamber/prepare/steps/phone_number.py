"""Phone numbers in E.164, without taking away what is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text, show
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.phones import e164
from antechamber.prepare.phones.library import known_regions
from antechamber.prepare.steps.step import Report, Setting, Step, named, text
from antechamber.prepare.text import where_present


class PhoneNumber(StepModel):
    """Writes phone numbers in E.164: `+`, calling code, national number. What is no valid number stays as it is, and
    so does a number without a calling code when its region is not known."""

    NAME: ClassVar[str] = "phone_number"
    EXAMPLE: ClassVar[Example] = Example(
        step="phone_number: {columns: [phone], region: US}",
        before=({"phone": "(408) 341-5669"}, {"phone": "none"}, {"phone": None}),
        after=({"phone": "+14083415669"}, {"phone": "none"}, {"phone": None}),
    )

    columns: Annotated[tuple[Text, ...], Field(min_length=1)]
    """The columns."""
    region: str | None = None
    """ISO 3166-1 alpha-2 of the region that numbers without a calling code belong to."""
    region_from: Text | None = None
    """The column that holds this for each record."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (*self.columns, *([self.region_from] if self.region_from else []))

    @property
    def makes(self) -> tuple[str, ...]:
        return self.columns

    def mistakes(self) -> Iterator[Mistake]:
        if self.region is not None and self.region not in known_regions():
            yield Mistake(
                ("region",),
                f"{show(self.region)} is not a region with phone numbers",
                "write two capital letters, such as US or DE",
            )
        if self.region is not None and self.region_from is not None:
            yield Mistake(("region_from",), "both region and region_from are given", "keep one of them")

    def compile(self, setting: Setting) -> Step:
        def written(values: pl.Series, *regions: pl.Series) -> pl.Series:
            region = regions[0].fill_null("").str.strip_chars().str.to_uppercase() if regions else self.region or ""
            numbers = e164(values, region)
            return numbers.fill_null(values)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            others = [text(frame, self.region_from)] if self.region_from else []
            return frame.with_columns(
                where_present(written, text(frame, name), *others).alias(name) for name in self.columns
            )

        return Step(f"{named(self.columns)} written in E.164 where it is a valid phone number", apply)
