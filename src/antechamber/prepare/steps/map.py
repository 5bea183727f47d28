"""Map: values by other values, from a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text

NOT_LISTED = "the value is not in the list"


class Map(StepModel):
    """Puts for each value of a column the one that a list gives for it. Values are compared as they stand, letter by
    letter; an empty one stays empty."""

    NAME: ClassVar[str] = "map"
    NOUNS: ClassVar[dict[str, str]] = {"otherwise": "something that becomes of a value that is not listed"}
    EXAMPLE: ClassVar[Example] = Example(
        step='map: {column: tier, values: {"1": gold, "2": silver}, otherwise: null}',
        before=({"tier": "1"}, {"tier": "2"}, {"tier": "9"}, {"tier": None}),
        after=({"tier": "gold"}, {"tier": "silver"}, {"tier": None}, {"tier": None}),
    )

    column: Text
    """The column."""
    values: Annotated[dict[str, str | None], Field(min_length=1)]
    """Each value → the one that takes its place; null takes it away."""
    otherwise: Literal["keep", "null", "quarantine", "value"] | None = None
    """What becomes of a value that is not listed: it stays (also when this is absent), becomes null, sends the record
    to quarantine, or becomes `default`."""
    default: str | None = None
    """`otherwise: value`: what a value becomes that is not listed."""
    into: Text | None = None
    """The column that holds the result; the column itself when absent."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def makes(self) -> tuple[str, ...]:
        return (self.into or self.column,)

    @property
    def selects(self) -> bool:
        return self.otherwise == "quarantine"

    def mistakes(self) -> Iterator[Mistake]:
        if self.otherwise == "value" and self.default is None:
            yield Mistake(("default",), "`otherwise: value` needs a value", "add default: and the value")
        elif self.otherwise != "value" and self.default is not None:
            yield Mistake(
                ("default",), "only `otherwise: value` uses default", "write otherwise: value, or remove it"
            )

    def compile(self, setting: Setting) -> Step:
        into = self.into or self.column
        # A null that is written without quotes is one; only the key's absence keeps others.
        otherwise = self.otherwise or ("null" if "otherwise" in self.model_fields_set else "keep")
        old, new = list(self.values), pl.Series(list(self.values.values()), dtype=pl.String)

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            given = frame.select(text(frame, self.column).alias("given")).to_series()
            listed = given.is_in(old) | given.is_null()
            others = (
                given if otherwise == "keep" else pl.repeat(self.default, len(given), dtype=pl.String, eager=True)
            )
            result = given.replace_strict(old, new, default=others, return_dtype=pl.String)
            result = pl.select(pl.when(given.is_not_null()).then(result)).to_series()
            frame = frame.with_columns(result.alias(into))
            if otherwise in ("null", "quarantine"):
                return report.amiss(frame, ~listed, self.column, NOT_LISTED, otherwise)
            return frame

        others = {
            "keep": "others stay", "null": "others become null", "quarantine": "others send the record to quarantine",
            "value": "others become the default",
        }[otherwise]  # fmt: skip
        said = f"{len(self.values)} values of {named([self.column])} become others"
        return Step(f"{said}{f', in {named([into])}' if self.into else ''}; {others}", apply)
