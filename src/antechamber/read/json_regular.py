"""Lines of JSON that share a shape → columns, all lines of a block at once and without the interpreter lock.

Most files repeat few shapes. A line that is of none is left to `json_record`, which decides alone what is a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from antechamber.read.bits import Positions
from antechamber.read.json_record import NotARecord, parse_record
from antechamber.read.json_shape import Shape, shape_of
from antechamber.read.lines import as_series
from antechamber.read.utf8 import invalid_positions

FEWEST = 1000
"""Lines of one shape from which on it is faster to compile the shape than to read them one by one."""

_KEPT = 16
_SAMPLE = 64


@dataclass(frozen=True)
class Alike:
    """The records of one shape in a block.

    lines: their indices among the block's lines, ascending. columns: utf8, the wanted ones that the shape has.
    """

    lines: Positions
    keys: tuple[str, ...]
    columns: Mapping[str, pl.Series]


class RegularLines:
    """Learns the shapes of a file's lines.

    wanted: the columns to give. inside: keys whose arrays and objects are wanted too, under the name `within` gives.
    fewest: lines that a shape must have to be used; what is read does not depend on it.
    """

    def __init__(self, wanted: Sequence[str], *, inside: Sequence[str] = (), fewest: int = FEWEST) -> None:
        self._wanted, self._inside, self._fewest = (*wanted, *inside), tuple(inside), fewest
        self._shapes: list[Shape] = []

    def read(self, text: bytes, ends: Positions, longest: int) -> tuple[list[Alike], Positions]:
        """The records of known shapes, and the indices of all other lines, ascending.

        text: whole lines. ends: where each line ends, behind its line end. longest: bytes that a line may have.
        """
        rest = np.arange(len(ends))
        if len(rest) < self._fewest:
            return [], rest
        sizes = np.diff(ends, prepend=0)
        unfit = sizes > longest
        unfit[np.searchsorted(ends, invalid_positions(text, len(text)), "right")] = True
        lines, rest, unfit_lines = as_series(text, ends, unfit), rest[~unfit], rest[unfit]
        escapes = b"\\" in text
        found: list[Alike] = []
        counts: dict[Shape, int] = {}

        def take(shape: Shape) -> int:
            nonlocal lines, rest
            passed, columns = _match(shape, lines, escapes)
            taken = int(np.count_nonzero(passed))
            if taken:
                structures = {within(key): columns[key] for key in self._inside if key in shape.structures}
                found.append(Alike(rest[passed], shape.keys, {**columns, **structures}))
                lines, rest = lines.filter(pl.Series(~passed)), rest[~passed]
            counts[shape] = taken
            return taken

        for shape in self._shapes:
            if len(rest) >= self._fewest:
                take(shape)
        gained = True
        while gained and len(rest) >= self._fewest:
            gained = False
            for shape in self._frequent(lines):
                if shape not in counts and len(rest) >= self._fewest:
                    gained |= take(shape) >= self._fewest
        worth = [shape for shape, count in counts.items() if count >= self._fewest]
        self._shapes = sorted(worth, key=lambda shape: -counts[shape])[:_KEPT]
        return found, np.sort(np.concatenate([rest, unfit_lines]))

    def _frequent(self, lines: pl.Series) -> list[Shape]:
        """Shapes that enough of some lines seem to have, the most frequent first."""
        examples: dict[tuple[str, ...], list[str]] = {}
        step = max(1, len(lines) // _SAMPLE)
        for line in lines.gather_every(step):
            with suppress(NotARecord):
                if record := parse_record(line := line.removesuffix("\n")):
                    examples.setdefault(tuple(record), []).append(line)
        promising = sorted((same for same in examples.values() if len(same) * step >= self._fewest), key=len)
        shapes = (shape_of(same[0], self._wanted) for same in promising[: -_KEPT - 1 : -1])
        return [shape for shape in shapes if shape]


def within(key: str) -> str:
    """The name of a column that has the texts of a key's arrays and objects, and null for all else."""
    return f"\0{key}"


def together(found: Sequence[Alike], wanted: Sequence[str]) -> tuple[Positions, dict[str, pa.Array[Any]]]:
    """The records of a block in the order of their lines: those lines, and the wanted columns as utf8."""
    if not found:
        return np.empty(0, np.int64), {name: pa.array([], pa.string()) for name in wanted}
    lines = np.concatenate([alike.lines for alike in found])
    order = np.argsort(lines, kind="stable") if len(found) > 1 else None
    columns = {}
    for name in wanted:
        nothing = pl.Series([None], dtype=pl.String)
        parts = [alike.columns.get(name, nothing.new_from_index(0, len(alike.lines))) for alike in found]
        column = parts[0] if order is None else pl.concat(parts, rechunk=True).gather(order)
        columns[name] = column.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
    return (lines if order is None else lines[order]), columns


def _match(shape: Shape, lines: pl.Series, escapes: bool) -> tuple[npt.NDArray[np.bool_], dict[str, pl.Series]]:
    """Which lines have a shape, and the values of those that do."""
    caught: dict[str, pl.Series] = {}
    rest = lines
    for passage in shape.passages[:-1]:
        groups = rest.str.extract_groups(passage.pattern).struct
        caught |= {name: groups.field(f"v{n}") for n, name in enumerate(passage.names)}
        rest = pl.select(pl.lit(rest).str.strip_prefix(pl.lit(groups.field("passed")))).to_series()
    final = shape.passages[-1]
    if final.names:
        groups = rest.str.extract_groups(final.pattern).struct
        caught |= {name: groups.field(f"v{n}") for n, name in enumerate(final.names)}
        passed = groups.field("passed").is_not_null()
    else:
        passed = rest.str.contains(final.pattern).fill_null(False)
    if not passed.all():
        caught = {name: values.filter(passed) for name, values in caught.items()}
    return passed.to_numpy(), {name: _value(values, name in shape.bare, escapes) for name, values in caught.items()}


def _value(written: pl.Series, bare: bool, escapes: bool) -> pl.Series:
    """The values that some JSON texts stand for: strings without quotes and escapes, all else as written.

    bare: whether all are strings and the quotes are gone already. escapes: whether any may hold a backslash.
    """
    quoted = not bare and written.str.starts_with('"').any()  # an array or object is one on every line of a shape
    values = written.str.strip_prefix('"').str.strip_suffix('"') if quoted else written
    if not escapes or not (bare or quoted):
        return values
    places = written.str.contains("\\", literal=True).arg_true()
    if len(places):
        strings = values.gather(places)
        values.scatter(places, json.loads('["' + '","'.join(strings) + '"]'))
    return values
