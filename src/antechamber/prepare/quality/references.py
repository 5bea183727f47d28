"""references: another table, or a small file, has a record with these values."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from antechamber.declare import References
from antechamber.prepare.quality.rule import Fails, RowRule, Setting
from antechamber.prepare.source_values import as_text
from antechamber.prepare.steps.reference import read_reference


def compile_rule(setting: Setting) -> RowRule:
    """A file is read now; a table when the rule is opened. Raises RecipeError: see `read_reference`."""
    body, columns = setting.asked.body, setting.asked.columns
    assert isinstance(body, References)  # noqa: S101 - the registry's line says so
    keys = ", ".join(body.keys)
    if body.file is not None:
        return RowRule(setting.asked, f"is found in {body.file} ({keys})", False, _in_file(setting, body, body.file))
    tables = setting.tables

    def open_table() -> Fails:
        assert tables is not None  # noqa: S101 - rules are opened where there are tables
        missing = tables(body)
        return lambda values: missing(pl.DataFrame({name: values[name] for name in columns}))

    return RowRule(
        setting.asked,
        f"is found in the table {body.table} ({keys})",
        True,
        None,
        None if tables is None else open_table,
    )


def _in_file(setting: Setting, body: References, file: str) -> Fails:
    reference = read_reference(setting.root, file, body.keys, ())
    columns = setting.asked.columns

    def fails(values: Mapping[str, pl.Series]) -> pl.Series:
        frame = pl.DataFrame({name: values[name] for name in columns})
        texts = [frame.select(as_text(pl.col(name), frame.schema[name])).to_series() for name in columns]
        absent = frame.select(pl.any_horizontal(pl.all().is_null())).to_series()
        return reference.find(texts).is_null().set(absent, None)

    return fails
