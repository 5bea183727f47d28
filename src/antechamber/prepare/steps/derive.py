"""Derive: columns by SQL expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import KeyPath, Mistake
from antechamber.declare.model import Model, Text
from antechamber.declare.step import Example, StepModel
from antechamber.errors import RecipeError
from antechamber.prepare.sql.engine import evaluate
from antechamber.prepare.sql.expression import Expression, Flaw, read
from antechamber.prepare.steps.step import Report, Setting, Step, named

FAILED = "the expression cannot be worked out"


class Derived(Model):
    """A column that is worked out."""

    NOUNS: ClassVar[dict[str, str]] = {"on_error": "something that becomes of a value that cannot be worked out"}

    sql: Text
    """The expression."""
    on_error: Literal["null", "quarantine"] | None = None
    """What becomes of a value that cannot be worked out, as when a text is no number, a number too large, or a
    divisor zero: null (also when this is absent), or its record goes to quarantine."""


class Derive(StepModel):
    """Makes columns by [SQL expressions](#sql-expressions) over the record's columns as they are before the step. The
    columns have the type that the expression gives."""

    NAME: ClassVar[str] = "derive"
    BODY: ClassVar[str] = "columns"
    EXAMPLE: ClassVar[Example] = Example(
        step="""derive: {full_name: "first || ' ' || last", total: {sql: price * pieces, on_error: quarantine}}""",
        before=({"first": "Ann", "last": "Lee", "price": "2.50", "pieces": "4"},),
        after=({"full_name": "Ann Lee", "total": "10"},),
    )

    columns: Annotated[dict[Text, str | Derived], Field(min_length=1)]
    """Each new column → the expression, or `{sql: expression, on_error: quarantine}`."""

    @property
    def _parts(self) -> list[tuple[str, str, str]]:
        """(column, expression, what becomes of a value that fails)"""
        return [
            (name, each, "null") if isinstance(each, str) else (name, each.sql, each.on_error or "null")
            for name, each in self.columns.items()
        ]

    @property
    def reads(self) -> tuple[str, ...]:
        return self._reads(frozenset(self.columns))

    def _reads(self, wanted: frozenset[str]) -> tuple[str, ...]:
        found = [read(sql) for name, sql, on_error in self._parts if name in wanted or on_error == "quarantine"]
        return tuple(dict.fromkeys(name for each in found if isinstance(each, Expression) for name in each.columns))

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.columns)

    @property
    def selects(self) -> bool:
        return any(on_error == "quarantine" for _, _, on_error in self._parts)

    def needs(self, wanted: frozenset[str]) -> frozenset[str]:
        return wanted.difference(self.columns).union(self._reads(wanted))

    def mistakes(self) -> Iterator[Mistake]:
        for name, sql, _ in self._parts:
            if isinstance(found := read(sql), Flaw):
                at: KeyPath = (name,) if isinstance(self.columns[name], str) else (name, "sql")
                yield Mistake(at, found.what, found.remedy)

    def compile(self, setting: Setting) -> Step:
        parts = []
        for name, sql, on_error in self._parts:
            expression = read(sql)
            if isinstance(expression, Flaw):
                raise RecipeError(expression.what, where=name, remedy=expression.remedy)
            parts.append((name, expression, on_error))

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            there = [part for part in parts if all(name in frame.columns for name in part[1].columns)]
            made = evaluate(frame, [expression for _, expression, _ in there])
            flags = {f"\0{place}": failed for place, (_, failed) in enumerate(made)}
            columns = [values.alias(name) for (name, _, _), (values, _) in zip(there, made, strict=True)]
            frame = frame.with_columns(*columns, *(flag.alias(name) for name, flag in flags.items()))
            for (name, _, on_error), flag in zip(there, flags, strict=True):
                frame = report.amiss(frame, frame[flag], name, FAILED, on_error)
            return frame.drop(list(flags))

        return Step(f"works out {named(tuple(self.columns))} by SQL from {named(self.reads or ('nothing',))}", apply)
