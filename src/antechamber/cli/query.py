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
from antechamber.cli.chart import chart as draw
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, err, out, print_json, print_table
from antechamber.declare import Collaboration, Declarations, load_workspace
from antechamber.errors import AntechamberError, QueryRefused
from antechamber.operate.log import set_up

if TYPE_CHECKING:
    from antechamber.collaborate import Room
    from antechamber.collaborate.share.ask import Answered, Asked


def query(
    collaboration: Annotated[str, typer.Argument(help="Which collaboration.")],
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT, in Spark SQL, or - for standard input; none with --template.")
    ] = None,
    template: Annotated[str | None, typer.Option("--template", help="Run this analysis template.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the template: name=value. May be repeated.")
    ] = None,
    member: Annotated[
        str | None, typer.Option("--as", help="The member who asks; by default the one who may.")
    ] = None,
    receiver: Annotated[
        str | None, typer.Option("--for", help="The member for whom the answer is; by default who asks, if it may.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    explain: Annotated[bool, typer.Option("--explain", help="Say what the rules do to it; do not run it.")] = False,
    to: Annotated[Path | None, typer.Option(help="Write the answer to this .csv or .parquet file.")] = None,
    chart: Annotated[bool, typer.Option("--chart", help="Draw the answer's last number as bars.")] = False,
    json: JsonOption = False,
) -> None:
    """Ask a question that the tables' rules allow; rows that rest on too few people do not appear."""
    set_up("warning")
    declared = load_workspace(workspace)
    asked = _asked(_declared(declared, collaboration), sql, template, given or [], member, receiver)
    if explain:
        _explain(declared, collaboration, asked, json)
        return
    # Imported here: it needs an extra, and takes its time.
    from antechamber.collaborate.share.ask import ask
    from antechamber.collaborate.share.clients import clients
    from antechamber.collaborate.share.left import access_left

    with clients(declared) as api:
        tell = (lambda status: err.print(status.lower(), style="dim")) if err.is_terminal else (lambda _: None)
        answer = ask(declared, collaboration, asked, api, tell)
        left = access_left(declared, collaboration, asked.member, api)
    if answer.table is None:
        _elsewhere(answer, json)
        return
    table = named_apart(answer.table)
    if to is not None:
        _write(table, to)
    if json:
        told = {"seconds": answer.seconds, "location": answer.location, "access": [asdict(each) for each in left]}
        print_json({"rows": table.to_pylist(), **told})
    elif chart:
        draw(table)
    elif to is None:
        show(table, title=f"{table.num_rows} rows in {answer.seconds:.2f} s")
    else:
        out.print(f"wrote {table.num_rows:,} rows to {to}", markup=False)
    for each in () if json else left:
        err.print(str(each), style="dim", markup=False)


def _declared(declared: Declarations, name: str) -> Collaboration:
    if name not in declared.collaborations:
        known = ", ".join(sorted(declared.collaborations)) or "none is declared"
        raise AntechamberError(f"there is no collaboration '{name}'", where=name, remedy=f"use one of: {known}")
    return declared.collaborations[name]


def _asked(
    room: Collaboration,
    sql: str | None,
    template: str | None,
    given: list[str],
    member: str | None,
    receiver: str | None,
) -> Asked:
    from antechamber.collaborate.share.ask import Asked

    if (sql is None) == (template is None):
        raise AntechamberError(
            "either a statement or a template is asked", where="query", remedy="give a SELECT, or --template"
        )
    values: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or template is None:
            raise AntechamberError(
                "a parameter is name=value, of a template", where="--set", remedy="--template reach --set least=5"
            )
        values[name] = value
    text = typer.get_text_stream("stdin").read() if sql == "-" else sql
    return Asked(member or room.querier, text, template, values, receiver)


def _explain(declared: Declarations, collaboration: str, asked: Asked, json: bool) -> None:
    from antechamber.collaborate.templates import Parameter, Template

    room = open_room(declared, collaboration)
    template = None
    if asked.template is not None:
        templates = declared.collaborations[collaboration].templates
        if asked.template not in templates:
            known = ", ".join(templates) or "none is declared"
            raise QueryRefused(f"there is no template '{asked.template}'", where=collaboration, remedy=known)
        said = templates[asked.template]
        parameters = {name: Parameter(each.type, each.default) for name, each in said.parameters.items()}
        template = Template(asked.template, said.author, said.sql, parameters)
    text = template.sql if template is not None else asked.sql or ""
    explanation = room.explain(
        text, member=asked.member, receiver=asked.receiver, template=template, parameters=asked.parameters
    )
    access = declared.collaborations[collaboration].access
    budgets = {name: str(access[name]) for name in explanation.tables if name in access}
    if json:
        print_json({**asdict(explanation), "access": budgets})
        return
    out.print(explanation.sql, markup=False)
    for rule in explanation.rules:
        out.print(f"  {rule}", markup=False)
    for name, text in budgets.items():
        out.print(f"  it takes one of the access budget of {name}: {text}", markup=False)


def _elsewhere(answer: Answered, json: bool) -> None:
    if json:
        print_json({"receiver": answer.receiver, "location": answer.location, "seconds": answer.seconds})
    else:
        place = f", at {answer.location}" if answer.location else ""
        out.print(f"the answer is with {answer.receiver}{place} ({answer.seconds:.2f} s)", markup=False)


def open_room(declared: Declarations, name: str) -> Room:
    """The collaboration with every table that connectors share in it."""
    room = _declared(declared, name)
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
    return Room(room, tables)


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
