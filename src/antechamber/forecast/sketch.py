"""Sketches: what two companies can exchange to forecast their match, and that tells sizes only.

A sketch holds, for each key, how many records and distinct keys there are, and a HyperLogLog sketch of these. Two of
them give the size of the union, and so of the overlap, with an error that the sketches' theory bounds. A register
stands for `KEYS_A_REGISTER` people or more, so that whether a given person is among them can hardly be told from it;
`docs/reference/match.md` says what remains. Source of the estimator and its bounds: Apache DataSketches, HLL.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import polars_hash  # noqa: F401 -- registers the expressions under `chash`

from antechamber.collaborate.values import quoted
from antechamber.errors import AntechamberError, MissingExtra
from antechamber.forecast.keys import MatchKey, Side

FORMAT = "antechamber sketch 1"
FEWEST = 1_000
"""Distinct keys that a sketch must have: one of few people would say who they are."""

KEYS_A_REGISTER = 16
LEAST_REGISTERS, MOST_REGISTERS = 4, 16
"""Logarithms to the base of 2."""

DEVIATIONS = 2
"""Bounds hold with about 95 %."""

_BATCH_ROWS = 1 << 17


@dataclass(frozen=True)
class SketchedKey:
    """records: that have the key. distinct: different keys. registers: the HyperLogLog sketch, serialised."""

    records: int
    distinct: int
    registers: bytes


@dataclass(frozen=True)
class Sketch:
    """What a company gives away of a table: its name, the number of its records, and its keys' sketches."""

    name: str
    records: int
    keys: Mapping[str, SketchedKey]


@dataclass(frozen=True)
class SketchedOverlap:
    """An estimate with its bounds (95 %): distinct keys that both sides have."""

    key: str
    left: SketchedKey
    right: SketchedKey
    both: int
    least: int
    most: int


def sketch(side: Side, keys: Sequence[MatchKey], secret: str) -> Sketch:
    """The sketch of a published table.

    secret: what both companies agreed on, "" for nothing; without it a sketch can be compared by anybody who has
        the same keys. Raises MissingExtra, QueryFailed, and AntechamberError where there are too few keys.
    """
    _library()
    columns = list(dict.fromkeys(column for key in keys for column in key.left))
    with duckdb.connect() as database:
        database.execute(side.view("mine", columns))
        row = database.execute("SELECT count(*) FROM mine").fetchone()
        sketched = {key.name: _sketch(database, side.name, key, secret) for key in keys}
    return Sketch(side.name, row[0] if row else 0, sketched)


def _sketch(database: duckdb.DuckDBPyConnection, side: str, key: MatchKey, secret: str) -> SketchedKey:
    joined = " || '|' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in key.left)
    counted = f"SELECT count(k), count(DISTINCT k) FROM (SELECT {joined} AS k FROM mine)"  # noqa: S608 - quoted
    row = database.execute(counted).fetchone()
    records, distinct = row or (0, 0)
    if distinct < FEWEST:
        raise AntechamberError(
            f"{key.name} has {distinct:,} values: a sketch of fewer than {FEWEST:,} would tell who they are",
            where=side,
            remedy="take a key that more records have",
        )
    library = _library()
    registers = library.hll_sketch(_registers(distinct), library.HLL_8)
    found = database.execute(f"SELECT {joined} AS k FROM mine WHERE k IS NOT NULL")  # noqa: S608 - quoted
    for number in _numbers(found, secret):
        registers.update(number)
    return SketchedKey(records, distinct, registers.serialize_compact())


def _registers(distinct: int) -> int:
    """The logarithm of how many registers so many keys can hide in."""
    return max(LEAST_REGISTERS, min(MOST_REGISTERS, (distinct // KEYS_A_REGISTER).bit_length() - 1))


def _numbers(found: duckdb.DuckDBPyConnection, secret: str) -> Iterator[int]:
    """Of each key the first 60 bits of its HMAC-SHA-256 under the secret."""
    for batch in found.to_arrow_reader(_BATCH_ROWS):
        values = pl.Series(pl.from_arrow(batch.column(0)))
        digests = pl.DataFrame({"k": values}).select(pl.col("k").chash.hmac_sha256(key=secret))  # type: ignore[attr-defined]
        yield from digests.to_series().str.head(15).str.to_integer(base=16).to_list()


def sketched_overlap(left: Sketch, right: Sketch) -> list[SketchedOverlap]:
    """The overlap of every key that both sketches have. Raises AntechamberError when there is none."""
    library = _library()
    found = []
    for name in (name for name in left.keys if name in right.keys):
        a, b = left.keys[name], right.keys[name]
        union = library.hll_union(MOST_REGISTERS)
        union.update(library.hll_sketch.deserialize(a.registers))
        union.update(library.hll_sketch.deserialize(b.registers))
        total = a.distinct + b.distinct

        def within(size: float, most: int = min(a.distinct, b.distinct), total: int = total) -> int:
            return round(max(0.0, min(most, total - size)))

        found.append(
            SketchedOverlap(
                key=name,
                left=a,
                right=b,
                both=within(union.get_estimate()),
                least=within(union.get_upper_bound(DEVIATIONS)),
                most=within(union.get_lower_bound(DEVIATIONS)),
            )
        )
    if not found:
        raise AntechamberError(
            "the sketches have no key in common",
            where=f"{left.name} ({', '.join(left.keys)}), {right.name} ({', '.join(right.keys)})",
            remedy="make them with the same --key",
        )
    return found


def write_sketch(made: Sketch, path: Path, *, keyed: bool) -> None:
    """Write a sketch as JSON, replacing what is there. keyed: whether a secret was used."""
    keys = {
        name: {
            "records": key.records,
            "distinct": key.distinct,
            "registers": base64.b64encode(key.registers).decode(),
        }
        for name, key in made.keys.items()
    }
    content = {"format": FORMAT, "name": made.name, "records": made.records, "keyed": keyed, "keys": keys}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_sketch(path: Path, *, keyed: bool) -> Sketch:
    """A sketch from its file. keyed: whether ours is made with a secret. Raises AntechamberError."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError
        keys = {
            str(name): SketchedKey(
                int(key["records"]), int(key["distinct"]), base64.b64decode(key["registers"], validate=True)
            )
            for name, key in content["keys"].items()
        }
        for key in keys.values():
            _library().hll_sketch.deserialize(key.registers)
        made, theirs = Sketch(str(content["name"]), int(content["records"]), keys), bool(content["keyed"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error, RuntimeError) as error:
        raise AntechamberError(
            f"this is not a sketch ({type(error).__name__})",
            where=str(path),
            remedy="ask for one that `antechamber sketch` made",
        ) from None
    if theirs != keyed:
        raise AntechamberError(
            "the sketch was made " + ("with a secret" if theirs else "without a secret"),
            where=str(path),
            remedy="agree on one, and give both sides the same --secret",
        )
    return made


def _library() -> Any:
    try:
        import datasketches
    except ModuleNotFoundError:
        raise MissingExtra("match", needed_for="a sketch") from None
    return datasketches
