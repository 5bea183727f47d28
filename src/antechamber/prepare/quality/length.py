"""length: a text has so many characters (code points of Unicode)."""

from __future__ import annotations

import polars as pl

from antechamber.declare import Length
from antechamber.prepare.quality.rule import RowRule, Setting, by_expression


def compile_rule(setting: Setting) -> RowRule:
    """Counts characters, not bytes."""
    (column,), body = setting.asked.columns, setting.asked.body
    assert isinstance(body, Length)  # noqa: S101 - the registry's line says so
    least, most = body.min, body.max
    said = [f"at least {least}"] if least is not None else []
    said += [f"at most {most}"] if most is not None else []

    def beyond(value: pl.Expr) -> pl.Expr:
        length = value.str.len_chars()
        short = pl.lit(False) if least is None else length < least
        return short if most is None else short | (length > most)

    return RowRule(setting.asked, f"has {' and '.join(said)} characters", False, by_expression(column, beyond))
