"""The tables that a connector's quality rules refer to, opened as they are when a run begins."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from contextlib import ExitStack

import polars as pl
from pyiceberg.exceptions import NoSuchTableError

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.declare import Connector, Declarations, References
from antechamber.errors import PublishError
from antechamber.publish import frame_hashes, known_keys, table_hashes


def opener(
    declared: Declarations, connector: Connector, stack: ExitStack, snapshots: dict[str, int]
) -> Callable[[References], Callable[[pl.DataFrame], pl.Series]]:
    """Gives a function that opens one: it tells of columns whether the table has no record with these values.

    stack: removes the scratch files that large tables need. snapshots: table → the state of it that is opened; where
    it says none, the current one, which is put there. The function raises PublishError: there is no such table yet,
    or it cannot be read.
    """
    where = f"{connector.tenant}/{connector.connector}"
    scratch = Layout.of(declared.workspace, declared.root).scratch / connector.tenant / connector.connector

    def open_table(body: References) -> Callable[[pl.DataFrame], pl.Series]:
        space = namespace(connector.tenant, declared.workspace.tenants[connector.tenant])
        try:
            table = open_catalog(declared.workspace, declared.root).load_table((space, str(body.table)))
        except NoSuchTableError:
            raise PublishError(
                f"the table '{body.table}', which a quality rule refers to, is not published yet",
                where=where,
                remedy="run the connector that publishes it first",
            ) from None
        folder = scratch / f"references-{uuid.uuid4().hex}"  # workers of one machine share the scratch folder
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if (current := table.current_snapshot()) is not None:
            snapshots.setdefault(str(body.table), current.snapshot_id)
        known = known_keys(table_hashes(table, body.keys, snapshots.get(str(body.table))), folder, stack)
        return lambda columns: known.missing(frame_hashes(columns))

    return open_table
