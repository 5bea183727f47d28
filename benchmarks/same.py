"""Sameness: numbers that two outputs share only when the same records were worked to the same values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

HASHED = ("email", "phone", "first_name", "last_name")


def fingerprint(files: Sequence[Path]) -> dict[str, int]:
    """What the loyalty table in these Parquet files comes to, in whatever order the rows are.

    rows: records. keys: distinct customers. For each hashed column, how many values it has and the sum of the
    first 28 bits of them; zip: the sum of the lengths; ltv: the sum in cents; days: the sum of the sign-up days.
    """
    return fingerprint_of(pl.scan_parquet(list(files)))


def fingerprint_of(table: pl.LazyFrame) -> dict[str, int]:
    """The same of a frame. Of parts that share no customer these numbers add up to those of the whole."""
    hashed = [
        expression
        for name in HASHED
        for expression in (
            pl.col(name).count().alias(f"{name} values"),
            pl.col(name).str.slice(0, 7).str.to_integer(base=16, dtype=pl.Int64).sum().alias(f"{name} sum"),
        )
    ]
    found = table.select(
        pl.len().alias("rows"),
        pl.col("customer_id").n_unique().alias("keys"),
        *hashed,
        pl.col("zip").str.len_bytes().cast(pl.Int64).sum(),
        (pl.col("ltv").cast(pl.Decimal(18, 2)) * 100).sum().cast(pl.Int64),
        pl.col("signup_date").cast(pl.Int32).cast(pl.Int64).sum().alias("days"),
    ).collect(engine="streaming")
    return {name: int(value) for name, value in found.row(0, named=True).items()}


def differences(ours: dict[str, int], theirs: dict[str, int]) -> list[str]:
    """The names whose numbers differ."""
    return [name for name in ours if ours[name] != theirs.get(name)]
