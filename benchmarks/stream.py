"""Stream: one file of any size through the product, tried once; the peak should stay below 1 GB."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import polars as pl

from benchmarks import bucket, product, synthetic
from benchmarks.loyalty import OutputsDiffer
from benchmarks.measure import CommandFailed, measure
from benchmarks.report import Result, Side, say

KEY = "members.csv"
ROOM = 1.5
"""Bytes of free disk that are asked for, for each byte of the file: the table, and what is staged for it."""
CONNECTOR = """
source: {source}
columns:
  customer_id: {{type: id, required: true}}
  email:       {{type: email, protect: sha256}}
  phone:       {{type: phone, protect: sha256, region: US}}
  city:        {{type: string}}
  tier:        {{type: string, one_of: [bronze, silver]}}
  signup_date: {{type: date, format: "%m/%d/%Y"}}
  ltv:         {{type: decimal, precision: 12, scale: 2}}
table: {{name: members, mode: upsert, key: customer_id}}
"""


def through(out: Path, gigabytes: float) -> Result:
    """One execution on a CSV object in S3 that is made as it is read, so that it lies nowhere.

    Raises OutputsDiffer, and CommandFailed, also when the disk has no room for the table.
    """
    size = round(gigabytes * 1e9)
    rows = synthetic.records(size)
    if (free := shutil.disk_usage(out).free) < ROOM * size:
        raise CommandFailed(f"{free / 1e9:.0f} GB are free, and {ROOM * gigabytes:.0f} GB are needed in {out}")
    with tempfile.TemporaryDirectory(dir=out) as name, bucket.serving(_empty(name), {KEY: size}) as environment:
        work = Path(name)
        source = {"type": "landing", "path": f"s3://{bucket.BUCKET}/{KEY}", "settle": 0, "after": "leave"}
        folder = product.write(work / "workspace", "members", CONNECTOR.format(source=json.dumps(source)))
        say(f"reading {gigabytes:g} GB, {rows:,} records")
        measured = measure(product.run(folder, "members"), work / "log", environment=environment, limit=3 * 3600)
        _refuse_other(product.data_files(folder, "members"), rows)
    side = Side("antechamber", rows, [measured])
    return Result(
        f"stream-{gigabytes:g}",
        f"One CSV file of {gigabytes:g} GB from S3, upsert by key, two hashed columns",
        [side],
        [
            f"{size / 1e6 / side.best:,.0f} MB/s; peak {side.peak / 1e6:,.0f} MB (target: at most 1,000 MB).",
            f"The table has {rows:,} rows, the right sum of their numbers, and the right hashes where looked at.",
        ],
    )


def _empty(work: str) -> Path:
    folder = Path(work) / "bucket"
    folder.mkdir()
    return folder


def _refuse_other(files: list[Path], rows: int) -> None:
    table = pl.scan_parquet(files)
    number = pl.col("customer_id").str.slice(1).cast(pl.Int64)
    found = table.select(pl.len(), number.sum().alias("sum"), pl.col("phone").count().alias("phones"))
    if (seen := found.collect(engine="streaming").row(0)) != (rows, rows * (rows - 1) // 2, rows):
        raise OutputsDiffer(f"rows, their sum, phone numbers: {seen}")
    looked = sorted({0, rows // 3, rows // 2, rows - 1})
    names = [f"C{each:0{synthetic.DIGITS}}" for each in looked]
    hashes = (
        table.filter(pl.col("customer_id").is_in(names)).select("customer_id", "email").collect(engine="streaming")
    )
    if dict(hashes.iter_rows()) != dict(zip(names, map(synthetic.email_hash, looked), strict=True)):
        raise OutputsDiffer("the e-mail hashes are not those of the addresses")
