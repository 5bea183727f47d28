"""A connector file's columns with `keys:`, expanded so that every mistake still points to the line it stands on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antechamber.declare.keys import OF_THE_COLUMN, expanded_columns, expands
from antechamber.declare.marked import Marked
from antechamber.declare.mistake import KeyPath, Mistake
from antechamber.declare.model import show


def expanded(file: Marked) -> tuple[Marked, tuple[Mistake, ...]]:
    """The connector file with plain columns, every key of which has the line where it was written; the mistakes."""
    columns = file.value.get("columns") if isinstance(file.value, dict) else None
    whole = expanded_columns(columns)
    if whole is columns or not isinstance(columns, dict):
        return file, ()
    lines = dict(file.lines)
    mistakes: list[Mistake] = []
    for name, column in columns.items():
        if expands(column):
            mistakes += _mistakes(name, column, [other for other in columns if other != name], columns)
            for key in column["keys"]:
                lines |= _lines(file.lines, name, key, isinstance(column["keys"][key], str))
    return replace(file, value={**file.value, "columns": whole}, lines=lines), tuple(mistakes)


def _mistakes(name: str, column: dict[str, Any], others: list[str], columns: dict[str, Any]) -> list[Mistake]:
    found = []
    taken = {each for other in others for each in _names(other, columns[other])}
    for key, own in column["keys"].items():
        if key in taken:
            found.append(
                Mistake(("columns", key), f"there are two columns {show(key)}", f"rename this key of {show(name)}")
            )
        found += [
            Mistake(
                ("columns", key, each),
                f"{show(each)} is the column's, the same for all of its keys",
                f"write it beside keys:, or make {show(key)} a column of its own",
            )
            for each in (own if isinstance(own, dict) else ())
            if each in OF_THE_COLUMN
        ]
    return found


def _names(name: str, column: Any) -> list[str]:
    """The output columns that a column becomes."""
    return [*column["keys"]] if expands(column) else [name]


def _lines(lines: dict[KeyPath, int], name: str, key: str, brief: bool) -> dict[KeyPath, int]:
    """Where the keys of one key's column stand."""
    column, own = ("columns", name), ("columns", name, "keys", key)
    at = lines.get(own, lines.get(column, 1))
    found: dict[KeyPath, int] = {("columns", key): at}
    for path, line in lines.items():
        if path[:2] == column and len(path) > 2 and path[2] != "keys":
            found["columns", key, *path[2:]] = line
    for path, line in lines.items():
        if path[:4] == own and len(path) > 4:
            found["columns", key, *path[4:]] = line
    if brief:
        found["columns", key, "standard"] = at
    return found
