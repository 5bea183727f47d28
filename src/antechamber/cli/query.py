"""`antechamber query`: ask a collaboration, as a member."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer
from pyiceberg.exceptions import NoSuchTableError

from antechamber.catalog import namespace, open_catalog
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up

if TYPE_CHECKING:
    from antechamber.collaborate import Room


def query(
    collaboration: Annotated[str, typer.Argument(help="Which collaboration.")],
    sql: Annotated[str, typer.Argument(help="One SELECT, in Spark SQL, or - for standard input.")],
    member: Annotated[
        str | None, typer.Option("--as", help="The member who asks; by default the one who may.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    explain: Annotated[bool, typer.Option("--explain", help="Say what the rules do to it; do not run it.")] = False,
    to: Annotated[Path | None, typer.Option(help="Write the answer to this .csv or .parquet file.")] = None,
    json: JsonOption = False,
) -> None:
    """Ask a question that the tables' rules allow; rows that rest on too few people do not appear."""
    set_up("warning")
    declared = load_workspace(workspace)
    room = open_room(declared, collaboration)
    asker = member or room.collaboration.querier
    text = typer.get_text_stream("stdin").read() if sql == "-" else sql
    if explain:
        explanation = room.explain(text, member=asker)
        if json:
            print_json(asdict(explanation))
        else:
            out.print(explanation.sql, markup=False)
            for rule in explanation.rules:
                out.print(f"  {rule}", markup=False)
        return
    answer = room.answer(text, member=asker)
    table = named_apart(answer.table)
    if to is not None:
        _write(table, to)
    if json:
        print_json({"rows": table.to_pylist(), "seconds": answer.statistics.seconds})
    elif to is None:
        show(table, title=f"{answer.table.num_rows} rows in {answer.statistics.seconds:.2f} s")
    else:
        out.print(f"wrote {table.num_rows:,} rows to {to}", markup=False)


def open_room(declared: Declarations, name: str) -> Room:
    """The collaboration with every table that connectors share in it."""
    if name not in declared.collaborations:
        known = ", ".join(sorted(declared.collaborations)) or "none is declared"
        raise AntechamberError(f"there is no collaboration '{name}'", where=name, remedy=f"use one of: {known}")
    # Imported here: the SQL parser and the query engine would slow down every other command's start.
    from antechamber.collaborate import Room, SharedTable

    catalog = open_catalog(declared.workspace, declared.root)
    tables: dict[str, SharedTable] = {}
    for connector in declared.connectors.values():
        space = namespace(connector.tenant, declared.workspace.tenants[connector.tenant])
        for share in connector.share:
            if share.collaboration != name:
                continue
            try:
                table = catalog.load_table((space, connector.table.name))
            except NoSuchTableError:
                continue
            shown = share.name or connector.table.name
            tables[shown] = SharedTable(
                shown, connector.tenant, share.columns, share.rule.only, table, share.collaboration_rule
            )
    if not tables:
        raise AntechamberError(
            "no table has been published for it yet", where=name, remedy="antechamber run, then ask again"
        )
    return Room(declared.collaborations[name], tables)


def show(table: pa.Table, *, title: str) -> None:
    """An answer as a table on the terminal."""
    print_table(title, table.schema.names, (list(row.values()) for row in table.to_pylist()))


def named_apart(table: pa.Table) -> pa.Table:
    """The answer with no two columns of one name, of which a JSON object would keep one: `n`, `n` → `n`, `n (2)`."""
    names: list[str] = []
    for name in table.schema.names:
        number, own = 1, name
        while own in names:
            number += 1
            own = f"{name} ({number})"
        names.append(own)
    return table.rename_columns(names)


def _write(table: pa.Table, to: Path) -> None:
    if not to.parent.is_dir():
        raise AntechamberError("there is no such folder", where=str(to.parent), remedy="make it, or name another")
    if to.suffix == ".csv":
        pyarrow.csv.write_csv(table, to)
    elif to.suffix == ".parquet":
        pyarrow.parquet.write_table(table, to)
    else:
        raise AntechamberError(
            f"'{to.suffix}' is not a kind of answer", where=str(to), remedy="end it in .csv or .parquet"
        )
