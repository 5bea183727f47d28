"""Preparation alone: identities normalised and hashed against scripts, phone numbers against the library's loop."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import phonenumbers
import polars as pl

from benchmarks.kernels import HASHED
from benchmarks.loyalty import PEERS, OutputsDiffer
from benchmarks.measure import Measured, measure
from benchmarks.report import Result, Side, Turn, say, show

REGIONS = (
    "US", "CA", "GB", "DE", "FR", "IT", "ES", "IN", "JP", "AU", "BR", "MX", "NL", "SE", "CH", "PL", "AT", "BE",
)  # fmt: skip
LOOPED = 25
"""The library's loop is given every so many-th row, as it would take a quarter of an hour."""

SEED = 20261125
FIRST = ("Ann", "josé", "  Zoë ", "MÜLLER-Karl", "Åsa", "O'Neil", "Mary Jane", "Bob")
LAST = ("Smith", "GARCÍA ", "Müller", "o'brien", "van der Berg", "Señor", " Jones", "Dupont")
CITY = ("New York", "münchen", "LONDON ", "São Paulo", "St. Louis", "Austin")
STATE = ("CA", "california", "New York", " tx", "Bavaria", "Berlin", "by")
ZIP = ("98101", "98101-1234", "SW1A 1AA", "10115", " 80331 ")
COUNTRY = ("US", "United States", "gb", "United Kingdom", "DE", "germany ")
FULL_NAME = (
    "Ann Smith",
    "  josé GARCÍA",
    "Zoë van der Berg",
    "Karl MÜLLER-Lüdenscheid",
    "Mary  Jane O'Neil",
    "Bob Jones",
)
STREET = (
    "North Main Street", "elm avenue, Apt. 4", "WEST 23rd Road", "Hauptstraße", "St. James Court #12",
    "Ocean Parkway", "Northeast Lake Drive", "Señora Lane - Suite 9", "Mill Hill Boulevard", "Rue de l'Église",
)  # fmt: skip
GENDER = ("F", "male", " Female", "m", "Frau", "homme")
"""Spellings that all sides are to read alike."""


def people(folder: Path, rows: int) -> Path:
    """A Parquet file of people, in row groups of 131,072; made once."""
    path = folder / f"people-{rows}.parquet"
    if not path.exists():
        chance = np.random.default_rng(SEED)
        number = chance.integers(0, 10**9, rows)
        frame = pl.DataFrame({"n": number}).with_columns(
            email=pl.format("{}{}@{}.example{}", pl.lit("  Member."), "n", pl.lit("Mail"), pl.lit(".ORG ")),
            phone=pl.format("(206) 5{}-{}", pl.col("n") % 90 + 10, pl.col("n") % 9000 + 1000),
        )
        spelled = {
            "first_name": FIRST,
            "last_name": LAST,
            "city": CITY,
            "state": STATE,
            "zip": ZIP,
            "country": COUNTRY,
            "full_name": FULL_NAME,
            "street": STREET,
            "gender": GENDER,
        }
        chosen = [pl.Series(name, list(of)).gather(chance.integers(0, len(of), rows)) for name, of in spelled.items()]
        days = pl.Series("day", chance.integers(0, 25_000, rows)).cast(pl.Date)
        n, digits = pl.col("n"), pl.col("n").cast(pl.String).str.zfill(12)
        frame = frame.with_columns(*chosen, days).with_columns(
            address=pl.format("{} {}", n % 9_999 + 1, "street"),
            born=pl.col("day").dt.strftime("%m/%d/%Y"),
            device=pl.format("{}-0A0B-4C0D-8E0F-{}", (n % 90_000_000 + 10_000_000), digits),
            ip=pl.format(" {}.{}.{}.{}", n % 40 + 60, n // 40 % 256, n // 10_240 % 256, n % 253 + 1),
            customer=pl.format("C-{} ", n),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.select(HASHED).write_parquet(path, row_group_size=131_072)
    return path


def numbers(folder: Path, rows: int) -> Path:
    """A Parquet file of phone numbers of many countries, national and international, some of them no numbers."""
    path = folder / f"phones-{rows}.parquet"
    if not path.exists():
        chance = np.random.default_rng(SEED)
        region = chance.integers(0, len(REGIONS), rows)
        style = chance.integers(0, 20, rows)
        tail = chance.integers(0, 10**5, rows)
        examples = [
            phonenumbers.example_number_for_type(each, phonenumbers.PhoneNumberType.MOBILE) for each in REGIONS
        ]
        starts = [str(each.national_number)[:-5] for each in examples if each is not None]
        codes = [str(each.country_code) for each in examples if each is not None]
        prefix = [
            "0" if each in ("GB", "DE", "FR", "JP", "AU", "NL", "SE", "CH", "AT", "BE", "IN") else ""
            for each in REGIONS
        ]
        frame = pl.DataFrame({"r": region, "style": style, "tail": tail}).with_columns(
            region=pl.Series(list(REGIONS)).gather(region),
            start=pl.Series(starts).gather(region),
            code=pl.Series(codes).gather(region),
            trunk=pl.Series(prefix).gather(region),
            end=pl.col("tail").cast(pl.String).str.zfill(5),
        )
        national = pl.concat_str("start", "end")
        written = (
            pl.when(pl.col("style") < 8)
            .then(pl.concat_str("trunk", "start", pl.lit(" "), "end"))
            .when(pl.col("style") < 12)
            .then(pl.concat_str(pl.lit("+"), "code", pl.lit(" "), "start", pl.lit("-"), "end"))
            .when(pl.col("style") < 16)
            .then(pl.concat_str(pl.lit("+"), "code", national))
            .when(pl.col("style") < 18)
            .then(pl.concat_str(pl.lit("("), "trunk", "start", pl.lit(") "), "end"))
            .when(pl.col("style") < 19)
            .then(pl.concat_str(pl.lit("Tel. "), "trunk", "start", "end", pl.lit(" ext. 12")))
            .otherwise(pl.col("end"))
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.select(written.alias("phone"), "region").write_parquet(path, row_group_size=131_072)
    return path


def hashed(out: Path, rows: int, rounds: int, python: str, without: Sequence[str] = ()) -> Result:
    """Fifteen identities at once, against a Polars script and PySpark. Raises OutputsDiffer, CommandFailed."""
    say(f"making {rows:,} people")
    source = people(out / "inputs", rows)
    scripts = {"polars": "identities_polars.py", "pyspark": "identities_spark.py"}
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        run = _runs(work, source, lambda files: _sums(files, HASHED))
        ours = [sys.executable, "-m", "benchmarks.kernels", "identities"]
        sides: list[Turn] = [(Side("antechamber", rows), run("antechamber", ours))]
        for peer, script in scripts.items():
            if peer not in without:
                sides.append((Side(peer, rows), run(peer, [python, str(PEERS / script)])))
        show(sides, rounds)
    title = f"{rows:,} people: fifteen identities normalised and hashed, Parquet to Parquet"
    return Result(f"identities-{rows}", title, [side for side, _ in sides], ["All outputs agree in every column."])


def columns(out: Path, rows: int, rounds: int) -> Result:
    """What each hashed column costs: all fifteen, and each alone. Raises CommandFailed."""
    say(f"making {rows:,} people")
    source = people(out / "inputs", rows)
    with tempfile.TemporaryDirectory(dir=out) as name:
        run = _runs(Path(name), source, lambda files: {})
        ours = [sys.executable, "-m", "benchmarks.kernels"]
        named = {"all": "identities", **{column: f"identities={column}" for column in HASHED}}
        sides = [(Side(label, rows), run(label, [*ours, which])) for label, which in named.items()]
        show(sides, rounds)
    everything, *alone = (side.best for side, _ in sides)
    cheapest = min(alone)
    more = (everything - cheapest) / (len(HASHED) - 1) / rows * 1e9
    return Result(
        f"columns-{rows}",
        f"{rows:,} people: what each hashed column costs",
        [side for side, _ in sides],
        [
            f"With start and files the cheapest column takes {cheapest:.1f} s; each of the fourteen others adds "
            f"{more:,.0f} ns a row on average."
        ],
    )


def phones(out: Path, rows: int, rounds: int, python: str) -> Result:
    """Phone numbers of eighteen countries, against the library's loop. Raises OutputsDiffer, CommandFailed."""
    say(f"making {rows:,} phone numbers")
    source = numbers(out / "inputs", rows)
    few = out / "inputs" / f"phones-{rows}-every-{LOOPED}.parquet"
    if not few.exists():
        pl.scan_parquet(source).gather_every(LOOPED).sink_parquet(few)
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        ours = [sys.executable, "-m", "benchmarks.kernels", "phones"]
        check = _runs(work, few, lambda files: _texts(files))
        check("antechamber", ours)(0)
        share = pl.scan_parquet(few).select(pl.len()).collect().item()
        whole = _runs(work, source, lambda files: {})
        sides: list[Turn] = [
            (Side("antechamber", rows), whole("all", ours)),
            (
                Side(
                    "phonenumbers", share, note=f"one number after the other, every {LOOPED}th row of the same file"
                ),
                check("phonenumbers", [python, str(PEERS / "phones_loop.py")]),
            ),
        ]
        show(sides, rounds)
    rates = [side.rows / side.best for side, _ in sides]
    return Result(
        f"phones-{rows}",
        f"{rows:,} phone numbers of {len(REGIONS)} countries to E.164",
        [side for side, _ in sides],
        [f"By rows a second the product is {rates[0] / rates[1]:.1f} times as fast.", "Both give the same numbers."],
    )


def _runs(
    work: Path, source: Path, fingerprint: Callable[[Sequence[Path]], dict[str, int]]
) -> Callable[[str, Sequence[str]], Callable[[int], Measured]]:
    """What measures a side; every output's fingerprint must be the first's."""
    seen: dict[str, int] = {}

    def side(name: str, command: Sequence[str]) -> Callable[[int], Measured]:
        def run(number: int) -> Measured:
            target = work / f"{name}-{number}"
            measured = measure([*command, source, target], work / "log")
            found = fingerprint(sorted(target.glob("*.parquet")))
            if wrong := [key for key in found if seen.setdefault(key, found[key]) != found[key]]:
                raise OutputsDiffer(f"{name}: {', '.join(wrong)}")
            return measured

        return run

    return side


def _sums(files: Sequence[Path], columns: Sequence[str]) -> dict[str, int]:
    """Of each column of hashes the number of values and the sum of their first 28 bits."""
    first = [pl.col(name).str.slice(0, 7).str.to_integer(base=16, dtype=pl.Int64).sum() for name in columns]
    counts = [pl.col(name).count().alias(f"{name} values") for name in columns]
    found = pl.scan_parquet(list(files)).select(*first, *counts).collect(engine="streaming")
    return {name: int(value) for name, value in found.row(0, named=True).items()}


def _texts(files: Sequence[Path]) -> dict[str, int]:
    """Of the numbers, how many there are and the sum of their digits as numbers."""
    digits = pl.col("phone").str.strip_prefix("+").str.to_integer(dtype=pl.Int128)
    found = pl.scan_parquet(list(files)).select(pl.col("phone").count().alias("values"), digits.sum()).collect()
    return {name: int(value or 0) for name, value in found.row(0, named=True).items()}
