"""A customers table of 13 columns: made once, loaded into a database, and recognised in what a side made of it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from antechamber.examples.retail import Spec
from antechamber.examples.retail.members import members
from antechamber.examples.retail.people import mix, pick
from benchmarks.peers.loyalty_polars import prepare
from benchmarks.same import fingerprint, fingerprint_of

CHUNK = 100_000
PLACES = (
    "New York|NY", "San Francisco|CA", "Chicago|IL", "Houston|TX", "Phoenix|AZ", "St. Louis|MO", "Coeur d'Alene|ID",
    "London|LND", "Manchester|MAN", "Leeds|LDS", "München|BY", "Köln|NW", "Berlin|BE", "Hamburg|HH", "Tübingen|BW",
)  # fmt: skip
COLUMNS = (
    "customer_id", "email", "phone", "first_name", "last_name", "city", "state", "zip", "country", "tier",
    "signup_date", "ltv", "updated_at",
)  # fmt: skip
TEXTS = ("email", "phone", "first_name", "last_name", "city", "state", "zip", "country", "tier")
"""Columns that a side without rules copies as they are."""


def made(folder: Path, rows: int) -> Path:
    """The table as Parquet files of CHUNK rows each, and `truth.json`; made once."""
    there = folder / f"customers-{rows}"
    if not there.exists():
        part = there.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        raw: Counter[str] = Counter()
        prepared: Counter[str] = Counter()
        for number, (records, frame) in enumerate(_chunks(rows)):
            frame.write_parquet(part / f"{number:05}.parquet")
            raw.update(_raw(frame.lazy()))
            prepared.update(fingerprint_of(prepare(records.lazy())) | _beside(frame.lazy()))
        (part / "truth.json").write_text(json.dumps({"raw": raw, "prepared": prepared}))
        part.rename(there)
    return there


def expected(made: Path, kind: str) -> dict[str, int]:
    """What `fingerprint_raw` (kind: raw) or `fingerprint_prepared` (kind: prepared) gives for the right output."""
    truth: dict[str, dict[str, int]] = json.loads((made / "truth.json").read_text())
    return truth[kind]


def chunks(made: Path) -> Iterator[pl.DataFrame]:
    """The table's rows, a chunk at a time, by customer_id."""
    for file in sorted(made.glob("*.parquet")):
        yield pl.read_parquet(file)


def fingerprint_raw(files: Sequence[Path]) -> dict[str, int]:
    """What a copy of the table comes to: every column's values, in whatever order the rows and files are.

    Money may be decimal, float or text, and a time may have any unit: copies differ in that.
    """
    return _raw(pl.scan_parquet(list(files)))


def fingerprint_prepared(files: Sequence[Path]) -> dict[str, int]:
    """What the published table comes to: the hashed columns as in `same`, and the others."""
    return fingerprint(files) | _collected(_beside_of(pl.scan_parquet(list(files))))


def _chunks(rows: int) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The same customers as text with every detail of `members`, and as the table has them."""
    spec = Spec(members=rows, viewers=1, orders=1, files=1, malformed=False)
    person, first = pl.col("person"), pl.datetime(2026, 1, 1, time_zone="UTC", time_unit="us")
    place = pick(PLACES, mix(person, spec.seed, "city")).str.split_exact("|", 1)
    moment = mix(person, spec.seed, "updated at") % (180 * 86_400 * 1_000_000)
    for start in range(0, rows, CHUNK):
        records = members(spec, start, min(start + CHUNK, rows))
        yield (
            records,
            records.select(
                (person + 1).cast(pl.Int64).alias("customer_id"),
                *TEXTS[:4],
                place.struct.field("field_0").alias("city"),
                place.struct.field("field_1").alias("state"),
                *TEXTS[6:],
                pl.col("signup_date").str.to_date("%m/%d/%Y"),
                pl.col("ltv").replace("", None).cast(pl.Decimal(12, 2)),
                (first + pl.duration(microseconds=moment.cast(pl.Int64))).alias("updated_at"),
            ),
        )


def _raw(table: pl.LazyFrame) -> dict[str, int]:
    texts = [
        expression
        for name in TEXTS
        for expression in (
            pl.col(name).count().alias(f"{name} values"),
            # The sum of hashes of any part of the rows adds up; 31 bits of each cannot overflow.
            (pl.col(name).cast(pl.String).hash(7) % 2**31).cast(pl.Int64).sum().alias(f"{name} sum"),
        )
    ]
    cents = (pl.col("ltv").cast(pl.Decimal(18, 2)) * 100).sum().cast(pl.Int64).alias("ltv")
    days = pl.col("signup_date").cast(pl.Date).cast(pl.Int32).cast(pl.Int64).sum().alias("days")
    return _collected(table.select(*texts, cents, days)) | _collected(_beside_of(table))


def _beside(table: pl.LazyFrame) -> dict[str, int]:
    return _collected(_beside_of(table))


def _beside_of(table: pl.LazyFrame) -> pl.LazyFrame:
    """Columns that every side keeps as they are. Microseconds of all rows would overflow: two sums of them."""
    moment = pl.col("updated_at").cast(pl.Datetime("us")).cast(pl.Int64)
    return table.select(
        pl.len().alias("rows"),
        pl.col("customer_id").cast(pl.Int64).sum().alias("ids"),
        pl.col("city").str.len_bytes().cast(pl.Int64).sum(),
        pl.col("state").str.len_bytes().cast(pl.Int64).sum(),
        (moment // 1_000_000).sum().alias("seconds"),
        (moment % 1_000_000).sum().alias("microseconds"),
    )


def _collected(table: pl.LazyFrame) -> dict[str, int]:
    row = table.collect(engine="streaming").row(0, named=True)
    return {name: int(value) for name, value in row.items()}
