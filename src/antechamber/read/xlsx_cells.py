"""Cells of a sheet as Arrow columns and as text."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Sequence, Set
from typing import Any

import pyarrow as pa

_MIDNIGHT = datetime.time()


class Kind:
    """What the cells of one column have in common, learnt cell by cell."""

    def __init__(self) -> None:
        self._dates = self._moments = self._others = False

    def see(self, cell: Any) -> None:
        """The next cell; "" is an empty one."""
        if isinstance(cell, datetime.datetime) and cell.time() != _MIDNIGHT:
            self._moments = True
        elif isinstance(cell, datetime.date):
            self._dates = True
        elif cell != "":
            self._others = True

    @property
    def type(self) -> pa.DataType:
        """date32 when every cell is a date, timestamp[us] when every one is a date or a moment, else utf8."""
        if self._others or not (self._dates or self._moments):
            return pa.string()
        return pa.timestamp("us") if self._moments else pa.date32()


def as_column(cells: Sequence[Any], kind: Kind, null: Set[str]) -> pa.Array[Any]:
    """Some of a column's cells in the column's type. null: texts that mean 'no value'."""
    if kind.type != pa.string():
        moments = [None if isinstance(cell, str) else _moment(cell) for cell in cells]
        return pa.array(moments, pa.timestamp("us")).cast(kind.type)
    texts = (as_text(cell) for cell in cells)
    return pa.array([None if text is None or text in null else text for text in texts], pa.string())


def as_text(cell: Any) -> str | None:
    """A cell as text: whole numbers without a point, others by their shortest digits and without an exponent; dates
    and times as ISO 8601, a duration as hours:minutes:seconds, true and false.
    """
    if isinstance(cell, str):
        return cell
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _digits(cell)
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == _MIDNIGHT else cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return _duration(cell)
    return str(cell.isoformat())


def as_json(cell: Any) -> str:
    """A cell as JSON text: numbers and truth as such, all else as text."""
    text = as_text(cell)
    plain = isinstance(cell, int | float)
    return str(text) if plain else json.dumps(text, ensure_ascii=False)


def _moment(cell: datetime.date) -> datetime.datetime:
    return cell if isinstance(cell, datetime.datetime) else datetime.datetime.combine(cell, _MIDNIGHT)


def _digits(number: float) -> str:
    if number == int(number):
        return str(int(number))
    return format(decimal.Decimal(repr(number)), "f")


def _duration(length: datetime.timedelta) -> str:
    microseconds = length // datetime.timedelta(microseconds=1)
    sign, microseconds = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    seconds, rest = divmod(microseconds, 1_000_000)
    fraction = f".{rest:06d}" if rest else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"
