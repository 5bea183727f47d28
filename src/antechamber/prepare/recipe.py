"""The recipe: a connector's columns, compiled to Polars expressions that are the only definition of their meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.prepare.changes import apply_changes
from antechamber.prepare.plan import ColumnPlan, Plan
from antechamber.prepare.quality import Quality
from antechamber.prepare.repeats import Repeats, indices
from antechamber.prepare.screen import screen
from antechamber.prepare.source_values import column_of, series
from antechamber.prepare.stepped import apply_steps
from antechamber.prepare.steps import ROW, Stepped, Steps
from antechamber.prepare.types import Given
from antechamber.prepare.verdict import (
    Outcome,
    Verdict,
    judge,
    kept_mask,
    lines_by_rule,
    recognised_in,
    rejections,
    rule_of,
)
from antechamber.records import CHANGE, Keep, Prepared


class Recipe:
    """How batches of source columns become batches of output columns. Safe to share between threads."""

    def __init__(
        self,
        plans: tuple[Plan, ...],
        key: tuple[str, ...],
        steps: Steps | None = None,
        quality: Quality | None = None,
    ) -> None:
        self._plans = plans
        self._steps = steps
        self.quality = quality or Quality()
        """The rules that single records have to keep."""
        self._looked_at = {
            position
            for position, plan in enumerate(plans)
            if plan.name in self.quality.before_protection and plan.protects
        }
        self.key: tuple[str, ...] = key
        """The output columns that identify a record."""
        self.schema: pa.Schema = pa.schema([pa.field(plan.name, plan.arrow) for plan in plans])
        """The output columns, in declared order."""
        self._inputs = sources_of(plans)
        made_of_key = sources_of([plan for plan in plans if plan.name in key])
        self.source_columns: tuple[str, ...] = _before(steps, self._inputs)
        """The source's columns that the recipe reads."""
        self._key_steps = steps.for_columns(frozenset(made_of_key)) if steps and key else None
        self.key_columns: tuple[str, ...] = _before(self._key_steps, made_of_key)
        """Those of which the key is made."""
        self._frame_name = {name: f"s{position}" for position, name in enumerate(self._inputs)}
        self._expressions: dict[tuple[int, pl.DataType, bool], pl.Expr] = {}
        self._repeats = [Repeats() for _ in plans]
        self._keys_only: Recipe | None = None

    def describe(self) -> list[ColumnPlan]:
        """What will happen to each column."""
        return [plan.described() for plan in self._plans]

    def keeps_key(self, schema: pa.Schema) -> bool:
        """Whether records that differ in what their key is made of have different keys. schema: of the source.

        Whole numbers are published as they are; of texts, two that differ in white space become one.
        """
        if self._steps is not None:
            return False
        return all(
            plan.type == "integer" and plan.protection is None and pa.types.is_integer(schema.field(plan.source).type)
            for plan in self._plans
            if plan.name in self.key
        )

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """(name, what it does) of each step, in order."""
        return () if self._steps is None else self._steps.sentences

    @property
    def rules(self) -> tuple[str, ...]:
        """What each step is called where records that it drops are counted."""
        return () if self._steps is None else self._steps.rules

    @property
    def contests(self) -> dict[int, Keep]:
        """The places of the steps under which records compete over the whole run, and which one stays."""
        return {} if self._steps is None else self._steps.contests

    def apply(self, batch: pa.RecordBatch) -> Prepared:
        """Prepare one batch of source columns (and LINE). A source column that the batch lacks is all null.

        Of records that CHANGE calls deleted only the key is prepared. Raises RecipeError for a source column whose
        type no value can be made of.
        """
        if batch.num_rows == 0:
            return Prepared(_empty(self.schema))
        if CHANGE in batch.schema.names:
            return apply_changes(self, self._of_key(), batch)
        if self._steps is not None:
            return apply_steps(self, self._of_key() if self.key and self._steps.can_leave_out else None, batch)
        prepared, verdict = self.prepare(
            pl.DataFrame({self._frame_name[name]: column_of(batch, name) for name in self._inputs}),
            lambda name: batch.column(name) if name in batch.schema.names else None,
        )
        if not verdict.out:
            return prepared
        dropped_at = lines_by_rule(batch, verdict.dropped)
        return replace(prepared, rejected=rejections(verdict.rejected, batch), dropped_at=dropped_at)

    def prepare(self, frame: pl.DataFrame, arrow: Callable[[str], pa.Array[Any] | None]) -> tuple[Prepared, Verdict]:
        """Type and protect records whose steps are done; and which of them are not in the batch.

        frame: a column for each input. arrow: the input of a name as the source gave it, where it is at hand.
        """
        outcomes = self._work(frame, arrow)
        raw, detected = screen(outcomes)
        judged = self.quality.judge(outcomes)
        verdict = judge(outcomes, frame, also={**judged.held, **raw})
        outputs = [outcome.output for outcome in outcomes]
        recognised = recognised_in(outcomes, verdict.out)
        if verdict.out:
            mask = kept_mask(verdict.out, len(frame))
            outputs = [output.filter(mask) for output in outputs]
        arrays = [_arrow(output, field.type) for output, field in zip(outputs, self.schema, strict=True)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        dropped = Counter(map(rule_of, verdict.dropped.values()))
        return Prepared(
            batch,
            dropped=dropped,
            nulled=verdict.nulled,
            recognised=recognised,
            detected=detected,
            judged=judged.counts(verdict),
            marks=judged.marks(verdict),
        ), verdict

    def through_steps(self, batch: pa.RecordBatch) -> Stepped:
        """The batch's records after the steps."""
        assert self._steps is not None  # noqa: S101 - asked of recipes with steps
        rows = pl.int_range(batch.num_rows, dtype=pl.UInt32, eager=True)
        columns = {name: column_of(batch, name) for name in sorted(self._steps.needs)}
        return self._steps.apply(pl.DataFrame({ROW: rows, **columns}))

    def prepare_stepped(self, frame: pl.DataFrame) -> tuple[Prepared, Verdict]:
        """`prepare` for records that come from `through_steps`."""
        named = frame.select(pl.col(name).alias(within) for name, within in self._frame_name.items())
        return self.prepare(named, lambda name: named[self._frame_name[name]].to_arrow())

    def _of_key(self) -> Recipe:
        if self._keys_only is None:
            plans = tuple(plan for plan in self._plans if plan.name in self.key)
            self._keys_only = Recipe(plans, self.key, self._key_steps)
        return self._keys_only

    def _work(self, frame: pl.DataFrame, arrow: Callable[[str], pa.Array[Any] | None]) -> list[Outcome]:
        """Every column's expression over the whole batch, or over its distinct values where that is less work."""
        shared: dict[int, pa.DictionaryArray[Any, Any]] = {}
        before: list[pl.Expr] = []
        together: list[pl.Expr] = []
        givens: list[Given] = []
        queries: list[pl.LazyFrame] = []
        for position, plan in enumerate(self._plans):
            name = self._frame_name[plan.source]
            source = frame[name]
            country = self._frame_name[plan.country_source] if plan.country_source else None
            given = plan.given(name, source.dtype, country)
            givens.append(given)
            distinct = self._repeats[position].distinct(arrow, plan) if source.dtype == pl.String else None
            if distinct is None:
                before += self._value(position, given)
                together += self._wanted(position, given, source)
                continue
            shared[position] = distinct
            values = series(distinct.dictionary, plan.source).alias(name)
            own = pl.DataFrame([values]).lazy().with_columns(self._value(position, given))
            queries.append(own.select(self._wanted(position, given, values)))
        if together:
            queries.append(frame.lazy().with_columns(before).select(together))
        made = {column.name: column for result in pl.collect_all(queries) for column in result.get_columns()}
        outcomes = []
        for position, (plan, given) in enumerate(zip(self._plans, givens, strict=True)):
            output, value = made[f"o{position}"], made.get(f"v{position}")
            if position in shared:
                places = indices(shared[position])
                output, value = output.gather(places), None if value is None else value.gather(places)
            outcomes.append(Outcome(plan, given, frame[self._frame_name[plan.source]], output, value))
        return outcomes

    def _value(self, position: int, given: Given) -> list[pl.Expr]:
        """The value that is protected in an output column, where a quality rule looks at it."""
        return [self._plans[position].value(given).alias(f"v{position}")] if position in self._looked_at else []

    def _wanted(self, position: int, given: Given, values: pl.Series) -> list[pl.Expr]:
        """The output column, and its value before protection where that is worked out."""
        looked_at = [pl.col(f"v{position}")] if position in self._looked_at else []
        return [self._expression(position, given, values).alias(f"o{position}"), *looked_at]

    def _expression(self, position: int, given: Given, values: pl.Series) -> pl.Expr:
        long = self._plans[position].is_long(values)
        key = (position, values.dtype, long)
        expression = self._expressions.get(key)
        if expression is None:
            expression = self._expressions[key] = self._plans[position].output(
                given, long=long, value=pl.col(f"v{position}") if position in self._looked_at else None
            )
        return expression


def sources_of(plans: Sequence[Plan]) -> tuple[str, ...]:
    """The columns that the plans are made of, in order."""
    names = [name for plan in plans for name in (plan.source, plan.country_source) if name is not None]
    return tuple(dict.fromkeys(names))


def _before(steps: Steps | None, names: tuple[str, ...]) -> tuple[str, ...]:
    """The source's columns that are needed for those that are wanted after the steps; in the same order."""
    if steps is None:
        return names
    return (*(name for name in names if name in steps.needs), *sorted(steps.needs.difference(names)))


def _arrow(values: pl.Series, kind: pa.DataType) -> pa.Array[Any]:
    array = values.rechunk().to_arrow()
    return array if array.type == kind else array.cast(kind)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)
