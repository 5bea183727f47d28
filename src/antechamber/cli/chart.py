"""An answer as bars on the terminal."""

from __future__ import annotations

import pyarrow as pa

from antechamber.cli.say import out
from antechamber.errors import AntechamberError

WIDTH, MOST_ROWS = 40, 60
BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a character."""


def chart(table: pa.Table) -> None:
    """A bar for each row: as long as its last number, named by its other columns.

    Raises AntechamberError when there is no column of numbers or there are too many rows.
    """
    numbers = [field.name for field in table.schema if _is_number(field.type)]
    if not numbers or not table.num_rows:
        raise AntechamberError("the answer has no numbers to be drawn", where="--chart", remedy="leave out --chart")
    if table.num_rows > MOST_ROWS:
        raise AntechamberError(
            f"the answer has {table.num_rows:,} rows, and {MOST_ROWS} can be drawn",
            where="--chart",
            remedy="group by less, or use --to",
        )
    drawn = numbers[-1]
    others = [name for name in table.schema.names if name != drawn]
    rows = table.to_pylist()
    names = [" · ".join("" if row[name] is None else str(row[name]) for name in others) or drawn for row in rows]
    values = [float(row[drawn] or 0) for row in rows]
    longest, room = max(map(abs, values)) or 1.0, max(map(len, names))
    out.print(drawn, style="bold", markup=False)
    for name, value, row in zip(names, values, rows, strict=True):
        said = "" if row[drawn] is None else f"{row[drawn]:,}"
        out.print(f"{name:<{room}}  {_bar(abs(value) / longest)} {said}", markup=False, highlight=False)


def _bar(share: float) -> str:
    eighths = round(share * WIDTH * 8)
    rest = BLOCKS[eighths % 8] if eighths % 8 else ""
    return BLOCKS[8] * (eighths // 8) + rest


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
