"""one_of: a value is one of a list."""

from __future__ import annotations

import polars as pl

from antechamber.declare import OneOf
from antechamber.prepare.quality.rule import RowRule, Setting, by_expression


def compile_rule(setting: Setting) -> RowRule:
    """Compares text letter by letter; an integer by its digits."""
    (column,), body = setting.asked.columns, setting.asked.body
    assert isinstance(body, OneOf)  # noqa: S101 - the registry's line says so
    count = len(body.values)
    said = f"is one of {count} values" if count > 1 else "is the one value that is listed"
    fails = by_expression(column, lambda value: ~value.cast(pl.String).is_in(list(body.values)))
    return RowRule(setting.asked, said, False, fails)
