"""streamly's audience export: viewers as JSON Lines and one Parquet file, with dirt of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from antechamber.examples.retail import spelling
from antechamber.examples.retail.people import digits, mix, people, pick
from antechamber.examples.retail.spec import Spec

CHUNK = 100_000
"""Viewers that are in memory at once."""
CAMPAIGNS = ("spring-tv",) * 5 + ("spring-social",) * 3 + ("spring-search",) * 3 + ("always-on",) * 4
RARE_CAMPAIGN = "pilot"
RARE_VIEWERS = 30
"""At most about this many viewers saw the rare campaign: fewer than any threshold in the example."""
DEVICES = ("tv", "phone", "tablet", "web")
MALFORMED_LINES = (
    b'{"viewer_id": "v-broken-1", "email": "cut.off@mail.exam',
    b'["v-broken-2", "not.an.object@mail.example"]',
    b"v-broken-3;not.json@mail.example",
)
MALFORMED_EVERY = 5_000
"""In so many rows of a chunk there is one line that is not a JSON object."""


@dataclass(frozen=True)
class Piece:
    """A piece of the JSON Lines export: see `members.Chunk`."""

    text: bytes
    records: int
    malformed: int
    invalid: int


def viewers(spec: Spec, start: int, stop: int, *, again: bool = False) -> pl.DataFrame:
    """Records of the viewers [start, stop): the columns of the file, and what is true of each.

    again: the newer records of those who are sent twice (in the Parquet file).
    viewer: the viewer's number. person: the person's. valid, email_kept: as `members.members` has them.
    The first `spec.shared_viewers` viewers are members of acme's loyalty programme, the others are not.
    """
    seed, viewer, person = spec.seed, pl.col("viewer"), pl.col("person")
    frame = pl.LazyFrame({"viewer": pl.int_range(start, stop, dtype=pl.UInt64, eager=True)})
    if again:
        frame = frame.filter(sent_again(spec))
    version = "viewer again" if again else "viewer"
    # The faulty and the resent keep apart from the viewers of the rare campaign only by chance: it does not matter.
    faulty = pl.lit(spec.malformed and not again) & (mix(viewer, seed, "viewer fault") % 1000 == 0)
    seen = mix(viewer, seed, f"{version} seen")
    style = mix(viewer, seed, f"{version} e-mail style")
    country = pl.col("country")
    return (
        frame.with_columns(_person(spec).alias("person"))
        .with_columns(people(person, seed))
        .select(
            viewer,
            person,
            (~faulty).alias("valid"),
            spelling.has_viewer_email(style).alias("email_kept"),
            pl.concat_str(pl.lit("v-"), viewer.cast(pl.String)).alias("viewer_id"),
            spelling.viewer_email(pl.col("email"), style).alias("email"),
            spelling.phone(
                country, pl.col("area"), pl.col("block"), pl.col("line"), mix(viewer, seed, f"{version} phone style")
            ).alias("phone"),
            country.str.to_lowercase().alias("country"),
            pl.when(viewer % max(spec.viewers // RARE_VIEWERS, 1) == 0).then(pl.lit(RARE_CAMPAIGN))
            .otherwise(pick(CAMPAIGNS, mix(viewer, seed, "campaign"))).alias("campaign"),
            pick(DEVICES, seen).alias("device"),
            pl.when(faulty).then(pl.lit("2026-11-31T25:00:00Z")).otherwise(
                pl.concat_str(
                    pl.lit("2026-1" if again else "2026-0"),
                    (pl.lit(0, dtype=pl.UInt64) if again else seen // 8 % 9 + 1).cast(pl.String), pl.lit("-"),
                    (seen // 72 % 28 + 1).cast(pl.String).str.zfill(2), pl.lit("T"),
                    (seen // 2016 % 24).cast(pl.String).str.zfill(2), pl.lit(":"),
                    digits(seen // 48_384 % 60, 2), pl.lit(":00Z"),
                )
            ).alias("last_seen"),
            (seen // 3_000_000 % 90_000).cast(pl.Int64).alias("watch_seconds"),
        )
        .collect()
    )  # fmt: skip


def sent_again(spec: Spec) -> pl.Expr:
    """Whether the viewer of column `viewer` is in the export twice: one in forty."""
    return mix(pl.col("viewer"), spec.seed, "viewer sent again") % 40 == 0


def pieces(spec: Spec, start: int, stop: int) -> Iterator[Piece]:
    """The JSON Lines of the viewers [start, stop)."""
    for first in range(start, stop, CHUNK):
        yield _piece(spec, first, min(first + CHUNK, stop))


def parquet_frames(spec: Spec) -> Iterator[pl.DataFrame]:
    """The Parquet file's records: the viewers who are sent again, with typed columns."""
    for first in range(0, spec.viewers, CHUNK):
        frame = viewers(spec, first, min(first + CHUNK, spec.viewers), again=True)
        yield frame.drop("viewer", "person", "valid", "email_kept").with_columns(
            pl.col("last_seen").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
        )


def _piece(spec: Spec, start: int, stop: int) -> Piece:
    frame = viewers(spec, start, stop)
    buffer = io.BytesIO()
    frame.drop("viewer", "person", "valid", "email_kept").write_ndjson(buffer)
    text = buffer.getvalue()
    broken = 0
    if spec.malformed:
        lines = text.splitlines()
        for row in range(MALFORMED_EVERY // 2, frame.height, MALFORMED_EVERY):
            lines.insert(row, MALFORMED_LINES[broken % len(MALFORMED_LINES)])
            broken += 1
        text = b"\n".join(lines) + b"\n"
    return Piece(text, frame.height + broken, broken, frame.height - int(frame["valid"].sum()))


def _person(spec: Spec) -> pl.Expr:
    viewer = pl.col("viewer")
    member = viewer * spec.stride % spec.members
    stranger = viewer - spec.shared_viewers + spec.members
    return pl.when(viewer < spec.shared_viewers).then(member).otherwise(stranger)
