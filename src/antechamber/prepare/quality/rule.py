"""What a quality rule of single records is at work: columns in, and for each record whether it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from antechamber.declare import Asked, References
from antechamber.prepare.types import Kind

Fails = Callable[[Mapping[str, pl.Series]], pl.Series]
"""The columns that a rule speaks of, by name → Boolean: whether each record fails; null where the rule has nothing to
say of it."""

Missing = Callable[[pl.DataFrame], pl.Series]
"""Columns → whether another table has no record with these values; null where one of them is null."""


@dataclass(frozen=True)
class Setting:
    """Where a rule is compiled.

    asked: the rule. kinds: of its columns. root: the workspace's folder. tables: opens the table that a rule refers
    to; None where nothing but declarations may be looked at.
    """

    asked: Asked
    kinds: Mapping[str, Kind]
    root: Path
    tables: Callable[[References], Missing] | None = None


@dataclass
class RowRule:
    """A rule compiled: safe to share between threads.

    holds: what holds of a good value, for people, in one clause: `lies between 0 and 10`.
    published: whether it looks at what is published; else at the value before protection.
    fails: None until the rule is opened.
    """

    asked: Asked
    holds: str
    published: bool
    fails: Fails | None
    open: Callable[[], Fails] | None = None

    @property
    def ready(self) -> bool:
        """Whether it can judge: not before a table that it refers to is opened."""
        return self.fails is not None


def by_expression(column: str, expression: Callable[[pl.Expr], pl.Expr]) -> Fails:
    """A rule of one column as a Polars expression that says of each value whether it fails."""

    def fails(columns: Mapping[str, pl.Series]) -> pl.Series:
        values = columns[column].alias("value")
        found = values.to_frame().select(fails=expression(pl.col("value"))).to_series()
        # An expression of literals alone has one row. Of nothing no rule says anything.
        found = found.new_from_index(0, len(values)) if len(found) != len(values) else found
        return found if values.null_count() == 0 else found.set(values.is_null(), None)

    return fails
