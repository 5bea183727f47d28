"""Records that their source marks as deleted: a column of theirs says so, and their key leaves the table."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from antechamber.errors import SourceError
from antechamber.records import CHANGE, DELETED, LINE, PUT

FLAG = "__deleted"
"""The name under which the column that `deleted:` names travels, besides those that the connector takes."""

TAKEN = frozenset((LINE, CHANGE, FLAG))
"""Names of columns that the pipeline gives a meaning of its own: a source that has one of its own is refused."""

NEVER = ("0000-00-00", "infinity")
"""What a time begins with that never comes: MySQL's zero date, and infinity."""

SAYS_IN_TEXT = re.compile(r"(?i)bool|date|time|numeric|decimal")
"""Declared types whose values may travel as text and say whether a record is deleted all the same."""

TIME = re.compile(r"[+-]?\d{4,}-\d\d|-infinity")


def refuse(column: str, declared: str, *, where: str) -> SourceError:
    """The error for a column of which nobody can tell which of its values mean deleted.

    declared: its type in the database's words. where: the table's name.
    """
    return SourceError(
        f"the column '{column}' is of type {declared}, which does not tell which records are deleted",
        where=where,
        remedy="name a boolean, number, date or time column as deleted, or make one in `query:`, as in "
        "status = 'gone' AS gone",
    )


def tells(kind: pa.DataType, declared: str) -> bool:
    """Whether values of a column can say that a record is deleted. declared: its type in the database's words."""
    return bool(
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_temporal(kind)
        or (pa.types.is_string(kind) and SAYS_IN_TEXT.search(declared))
    )


def changes_in(schema: pa.Schema) -> pa.Schema:
    """The schema of `with_changes`; the same where there is no FLAG."""
    position = schema.get_field_index(FLAG)
    return schema if position < 0 else schema.remove(position).append(pa.field(CHANGE, pa.int8()))


def with_changes(batch: pa.RecordBatch, *, where: str) -> pa.RecordBatch:
    """The batch with CHANGE in place of FLAG: true, a number that is not 0, a time that is there mean deleted.

    where: what errors name. Raises SourceError for a text that is none of these.
    """
    position = batch.schema.get_field_index(FLAG)
    try:
        gone = _gone(batch.column(position))
    except ValueError:
        raise SourceError(
            "a value of the column that marks deleted records is no boolean, number or time",
            where=where,
            remedy="mend it at the source, or make the mark in `query:`, as in status = 'gone' AS gone",
        ) from None
    kinds = pa.array(np.where(gone, DELETED, PUT).astype(np.int8))
    return batch.remove_column(position).append_column(CHANGE, kinds)


def _gone(values: pa.Array[Any]) -> npt.NDArray[np.bool_]:
    kind = values.type
    if pa.types.is_temporal(kind):
        return _numpy(values.is_valid()).astype(np.bool_)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array([text is not None and _says_gone(str(text)) for text in values.to_pylist()], np.bool_)
    if pa.types.is_boolean(kind):
        return _numpy(values.fill_null(pa.scalar(False))).astype(np.bool_)
    numbers = values.cast(pa.float64(), safe=False).fill_null(0.0)
    return _numpy(numbers).astype(np.bool_)


def _says_gone(text: str) -> bool:
    """Whether a text is a mark: a value that its column's type has not, or of a database that has no types."""
    if text.startswith(NEVER) or text.lower() in ("false", ""):
        return False
    return text.lower() == "true" or TIME.match(text) is not None or float(text) != 0.0


def _numpy(values: pa.Array[Any]) -> npt.NDArray[Any]:
    return np.asarray(values.to_numpy(zero_copy_only=False))
