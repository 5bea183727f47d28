"""Rules of `table:` and of the columns together."""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.connector import Column, Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import Unknown, show


def table_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of a connector's table."""
    return [_mode_and_key(connector), _key_columns(connector), _key_types(connector), _something_published(connector)]


def published(connector: Connector) -> dict[str, Column]:
    """The columns that reach the table, as far as can be told: one whose protection is a mistake counts."""
    return {name: column for name, column in connector.columns.items() if protection(column) != "drop"}


def protection(column: Column) -> str | None:
    """The column's protection; None also when it is a mistake."""
    try:
        return column.protect
    except Unknown:
        return None


def _mode_and_key(connector: Connector) -> Iterator[Mistake]:
    table = connector.table
    if table.key == ():
        yield Mistake(("table", "key"), "the list is empty", "name the columns that identify a record")
    elif table.mode == "upsert" and table.key is None:
        yield Mistake(("table", "key"), "upsert needs a key", "add key: with the columns that identify a record")
    elif table.mode != "upsert" and table.key is not None:
        yield Mistake(
            ("table", "key"), f"a key means nothing for mode {table.mode}", "write mode: upsert, or remove it"
        )


def _key_columns(connector: Connector) -> Iterator[Mistake]:
    columns, whole = published(connector), connector.columns
    for path, name in _keys(connector):
        if name in columns:
            continue
        if name in whole:
            yield Mistake(
                path, f"the key's column {show(name)} is dropped", "remove protect: drop, or choose another"
            )
        else:
            yield Mistake(
                path, f"{show(name)} is not a published column", choose(name, columns) or "name it under columns"
            )
    for place, name in repeated(connector.table.keys):
        yield Mistake(("table", "key", place), f"{show(name)} is in the list before", "remove it")


def _key_types(connector: Connector) -> Iterator[Mistake]:
    for path, name in _keys(connector):
        column = connector.columns.get(name)
        if column is not None and column.__dict__.get("type") == "float" and protection(column) in (None, "none"):
            yield Mistake(path, f"{show(name)} is a float, which is no key", "use type decimal, integer or id")
        elif column is not None and protection(column) == "noise":
            yield Mistake(
                path,
                f"{show(name)} has noise, which is another in every run: no record would be found again",
                "choose another key, or another protection",
            )


def _keys(connector: Connector) -> list[tuple[KeyPath, str]]:
    key = connector.table.key
    if isinstance(key, str):
        return [(("table", "key"), key)]
    return [(("table", "key", place), name) for place, name in enumerate(key or ())]


def _something_published(connector: Connector) -> Iterator[Mistake]:
    if not published(connector):
        yield Mistake(("columns",), "every column is dropped: nothing would be published", "keep at least one column")
