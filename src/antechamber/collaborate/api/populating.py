"""Populating an ID mapping table: its pairs are made behind the call, and appear whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pyarrow as pa

from antechamber.collaborate.api.call import House, Tables
from antechamber.collaborate.api.state import Row, State
from antechamber.collaborate.engine import Limits
from antechamber.collaborate.matching import Namespace, mapped, matching, without_gone
from antechamber.errors import AntechamberError, DeclarationError

RUNNING = "POPULATING"

Both = tuple[Namespace, Namespace]


def namespaces(tables: Tables, row: Row) -> Both | None:
    """The declared ID namespaces of a mapping table, source and target; None when one of them is not declared."""
    owners, names = row.get("owners") or (), row.get("namespaces") or ()
    found = [tables.namespace(owner, name) for owner, name in zip(owners, names, strict=True)]
    declared = [each for each in found if each is not None]
    return (declared[0], declared[1]) if len(declared) == 2 else None


def statement(source: Namespace, target: Namespace) -> None:
    """Raises DeclarationError when the two namespaces cannot be mapped, or are not published yet."""
    matching(source, target)
    for space in (source, target):
        if space.table is None:
            raise DeclarationError(
                "its table is not published yet",
                where=f"connector {space.connector.connector}",
                remedy=f"antechamber run {space.connector.connector}",
            )


def populate(house: House, state: State, clock: Callable[[], float], identifier: str, limits: Limits) -> None:
    """Make the pairs of a mapping table. What goes wrong is kept with it; earlier pairs stay."""
    with state.reading(clock()) as shelf:
        row = shelf.find("id_mapping_table", identifier)
    if row is None or row.status != RUNNING:
        return
    version = str(uuid.uuid4())
    trouble = None
    try:
        both = namespaces(house.tables, row)
        if both is None:
            raise DeclarationError("an ID namespace is not declared any more", remedy="declare it again")
        house.tables.keep(version, _pairs(house, row, both, limits))
    except AntechamberError as error:
        if limits.stopped():
            # The server stops; the next one takes it up again.
            return
        trouble = f"{error.what}; {error.remedy}"
    except Exception as error:
        # Its text could hold a value of the data.
        trouble = f"an unexpected fault of the server ({type(error).__name__})"
    with state.writing(clock()) as shelf:
        now = shelf.find("id_mapping_table", identifier)
        if now is None:
            house.tables.drop(version)
            return
        before = now.get("held")
        done = {"trouble": trouble} if trouble else {"trouble": None, "populated": True, "held": version}
        shelf.change(now, done, status="FAILED" if trouble else "POPULATED")
    if before is not None and trouble is None:
        house.tables.drop(before)


def _pairs(house: House, row: Row, both: Both, limits: Limits) -> pa.Table:
    kept = house.tables.kept(row) if row.get("held") else None
    if row.get("job") == "DELETE_ONLY" and kept is not None:
        return without_gone(kept, *both, limits)
    return mapped(*both, limits)
