"""acme's loyalty export: members as CSV, with the dirt of real exports, chunk by chunk.

What becomes of each record follows from its member's number alone, so that nothing has to be remembered
while files of any size are written, and the truth can be worked out again without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from antechamber.examples.retail import spelling
from antechamber.examples.retail.people import digits, mix, people, pick
from antechamber.examples.retail.spec import Spec

COLUMNS = (
    "customer_id", "email", "phone", "first_name", "last_name", "zip", "country", "tier", "signup_date", "ltv",
    "notes",
)  # fmt: skip
CHUNK = 100_000
"""Members that are in memory at once."""
RARE_TIER = "founder"
RARE_MEMBERS = 40
"""At most about this many members have the rare tier: fewer than any threshold in the example."""
MALFORMED_EVERY = 3_000
"""In so many rows of a chunk there is one line that cannot be parsed."""

TIERS = ("bronze",) * 14 + ("silver",) * 4 + ("gold",) * 2
COUNTRY_SPELLINGS = {
    "US": ("US", "US", "us", "United States"),
    "GB": ("GB", "GB", "gb", "United Kingdom"),
    "DE": ("DE", "DE", "de", "Germany"),
}
NOTES = (
    "", "", "", "", "", "", "", "prefers e-mail", "moved, new address", 'says "never call"',
    "called in March\nno answer", "fidélité depuis l'été\n\n\"VIP\"",
)  # fmt: skip
IMPOSSIBLE_DATES = ("02/30/2024", "13/01/2021", "00/00/0000")
UNKNOWN_TIERS = ("platinum", "T-3", "?")
BAD_BYTE = "\ue000"
"""Stands for a byte that is not UTF-8 until the text is encoded."""


@dataclass(frozen=True)
class Chunk:
    """A piece of the export.

    text: CSV lines, without a header, `\\n` at the end of each.
    records, malformed, invalid: how many there are in it; invalid ones parse, but must not be published.
    """

    text: bytes
    records: int
    malformed: int
    invalid: int


def ranges(spec: Spec) -> list[list[tuple[int, int]]]:
    """For each file, the ranges of members [start, stop) that are written as one chunk."""
    bounds = [spec.members * file // spec.files for file in range(spec.files + 1)]
    return [
        [(start, min(start + CHUNK, stop)) for start in range(first, stop, CHUNK)] for first, stop in pairwise(bounds)
    ]


def chunks(spec: Spec) -> Iterator[Iterator[Chunk]]:
    """The export: for each file, its chunks; to be taken in order.

    A chunk ends with the members of the one before who are sent again with newer values; the last chunk ends
    with its own too. The last line of the export is cut off inside a quoted value when `spec.malformed`.
    """
    everything = [part for file in ranges(spec) for part in file]

    def file(parts: list[tuple[int, int]]) -> Iterator[Chunk]:
        for part in parts:
            position = everything.index(part)
            resent = everything[position - 1 : position] if position else []
            last = position == len(everything) - 1
            yield _chunk(spec, part, [*resent, part] if last else resent, last=last)

    for parts in ranges(spec):
        yield file(parts)


def members(spec: Spec, start: int, stop: int, *, again: bool = False) -> pl.DataFrame:
    """Records of the members [start, stop): the columns of the file, and what is true of each.

    again: the newer records of those who are sent twice, instead of everyone's first.
    person: the member's number. valid: whether the record must be published. email_kept: whether its e-mail
    address is the person's own. All other columns are text, as in the file.
    """
    seed, person = spec.seed, pl.col("person")
    frame = pl.LazyFrame({"person": pl.int_range(start, stop, dtype=pl.UInt64, eager=True)})
    if again:
        frame = frame.filter(sent_again(spec))
    version = "again" if again else "first"
    style = mix(person, seed, f"e-mail style, {version}")
    rare = person % max(spec.members // RARE_MEMBERS, 1) == 0
    fault = mix(person, seed, "fault") % 2000
    faulty = pl.lit(spec.malformed and not again)
    bad_tier, bad_date = faulty & (fault < 2) & ~rare, faulty & ((fault == 2) | (fault == 3))
    day = mix(person, seed, "signup")
    money = mix(person, seed, f"ltv, {version}")
    country = pl.col("country")
    spelled = mix(person, seed, "country spelling")
    return (
        frame.with_columns(people(person, seed))
        .select(
            person,
            (~bad_tier & ~bad_date).alias("valid"),
            spelling.keeps_email(style).alias("email_kept"),
            pl.concat_str(pl.lit("C"), person.cast(pl.String).str.zfill(9)).alias("customer_id"),
            spelling.loyalty_email(pl.col("email"), pl.col("first"), pl.col("last"), style).alias("email"),
            spelling.phone(
                country, pl.col("area"), pl.col("block"), pl.col("line"), mix(person, seed, f"phone style, {version}")
            ).alias("phone"),
            pl.when(mix(person, seed, "nameless") % 50 == 0).then(pl.lit("")).otherwise(pl.col("first"))
            .alias("first_name"),
            pl.col("last").alias("last_name"),
            pl.when(spelled // 8 % 40 == 0).then(pl.lit("")).otherwise(pl.col("zip")).alias("zip"),
            pl.when(country == "US").then(pick(COUNTRY_SPELLINGS["US"], spelled))
            .when(country == "GB").then(pick(COUNTRY_SPELLINGS["GB"], spelled))
            .otherwise(pick(COUNTRY_SPELLINGS["DE"], spelled)).alias("country"),
            pl.when(bad_tier).then(pick(UNKNOWN_TIERS, day))
            .when(rare).then(pl.lit(RARE_TIER))
            .otherwise(pick(TIERS, mix(person, seed, f"tier, {version}"))).alias("tier"),
            pl.when(bad_date).then(pick(IMPOSSIBLE_DATES, day)).otherwise(
                pl.concat_str(
                    (day % 12 + 1).cast(pl.String).str.zfill(2), pl.lit("/"),
                    (day // 12 % 28 + 1).cast(pl.String).str.zfill(2), pl.lit("/20"),
                    (day // 336 % 12 + 14).cast(pl.String),
                )
            ).alias("signup_date"),
            pl.when(money % 33 == 0).then(pl.lit("")).otherwise(
                pl.concat_str((money // 33 % 4000).cast(pl.String), pl.lit("."), digits(money // 132_000, 2))
            ).alias("ltv"),
            pick(NOTES, mix(person, seed, "notes")).alias("notes"),
        )
        .collect()
    )  # fmt: skip


def sent_again(spec: Spec) -> pl.Expr:
    """Whether the member of column `person` is in the export twice: one in fifty."""
    return mix(pl.col("person"), spec.seed, "sent again") % 50 == 0


def _chunk(spec: Spec, part: tuple[int, int], resent: list[tuple[int, int]], *, last: bool) -> Chunk:
    first = members(spec, *part)
    frames = [first, *(members(spec, *earlier, again=True) for earlier in resent)]
    lines = [frame.select(_line().alias("line"), pl.int_range(pl.len()).alias("row")) for frame in frames]
    broken = 0
    if spec.malformed:
        cut, spoilt = _malformed(lines[0])
        lines[0] = lines[0].with_columns(line=pl.concat_list("line", cut).list.drop_nulls().list.join("\n"))
        broken = spoilt
    text = "\n".join(frame["line"].str.join("\n").item() for frame in lines if frame.height) + "\n"
    if last and spec.malformed:
        text += 'C999999999,"cut.off@mail.example,'
        broken += 1
    return Chunk(
        text=text.encode().replace(BAD_BYTE.encode(), b"\xe9"),
        records=sum(frame.height for frame in frames) + broken,
        malformed=broken,
        invalid=first.height - int(first["valid"].sum()),
    )


def _line() -> pl.Expr:
    """A record as one CSV line: a value is quoted only where it has to be."""
    notes = pl.col("notes")
    quoted = pl.concat_str(pl.lit('"'), notes.str.replace_all('"', '""', literal=True), pl.lit('"'))
    needs_quotes = notes.str.contains('[",\n]')
    return pl.concat_str(
        *(column for column in COLUMNS[:-1]), pl.when(needs_quotes).then(quoted).otherwise(notes), separator=","
    )


def _malformed(lines: pl.DataFrame) -> tuple[pl.Expr, int]:
    """A line behind every so many rows that cannot be parsed (null elsewhere), and how many there are."""
    row = pl.col("row")
    here = row % MALFORMED_EVERY == MALFORMED_EVERY // 2
    kind = row // MALFORMED_EVERY % 3
    broken = (
        pl.when(here & (kind == 0)).then(pl.lit("C888888888,too.few@mail.example,Bob"))
        .when(here & (kind == 1))
        .then(pl.lit("C777777777,too.many@mail.example,,Ann,Lee, Jr.,94105,US,gold,01/31/2020,10.00,,"))
        .when(here & (kind == 2))
        .then(pl.lit(f"C666666666,bad.bytes@mail.example,,Andr{BAD_BYTE},Lee,94105,US,gold,01/31/2020,10.00,"))
    )  # fmt: skip
    return broken, lines.select(here.sum()).item()
