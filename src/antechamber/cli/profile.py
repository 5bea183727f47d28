"""`antechamber profile`: what a published table is like, without a value of a person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table, visible
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up
from antechamber.profile import ColumnFacts, Profile, page
from antechamber.profile import profile as profile_of


def profile(
    connector: Annotated[str, typer.Argument(help="Which connector's table.")],
    workspace: WorkspaceOption = HERE,
    html: Annotated[Path | None, typer.Option("--html", help="Also write it as a page, with plots.")] = None,
    json: JsonOption = False,
) -> None:
    """Tell how full, varied and distributed each column is, what changed since the last run, and small cells."""
    set_up("warning")
    made = profile_of(load_workspace(workspace), connector)
    if html is not None:
        try:
            html.write_text(page(made), encoding="utf-8")
        except OSError as error:
            raise AntechamberError(
                f"the page cannot be written ({error.strerror})", where=str(html), remedy="name another file"
            ) from error
    if json:
        print_json(made.as_json())
        return
    _tell(made)
    if html is not None:
        out.print(f"  page: {html}", markup=False)


def _tell(made: Profile) -> None:
    drifts = {each.column: each.said for each in made.drift}
    print_table(
        f"{made.tenant}/{made.connector} → {made.table}: {made.records:,} records",
        (
            "column",
            "type",
            "filled",
            "different",
            "values",
            "invalid or empty in the last run",
            "since the run before",
        ),
        (
            (
                each.name,
                each.type if each.protect == "none" else f"{each.type}, {each.protect}",
                f"{each.filled:.1%}",
                each.distinct,
                _values(each),
                ", ".join(f"{count:,} {reason}" for reason, count in made.reasons.get(each.name, {}).items()),
                "; ".join(drifts.get(each.name, ())),
            )
            for each in made.columns
        ),
        numbers=("different",),
    )
    for cell in made.cells:
        out.print(
            f"  {cell.collaboration}: {cell.groups:,} groups by {', '.join(cell.columns)}; the smallest has "
            f"{cell.smallest:,}; {cell.below[2]:,} records are unique, {cell.below[10]:,} in groups below 10",
            markup=False,
        )


def _values(column: ColumnFacts) -> str:
    if column.top:
        return ", ".join(f"{visible(value)} {count / column.present:.0%}" for value, count in column.top.items())
    if column.spread is not None and not column.moments:
        least, _, median, _, most = column.spread.quantiles
        return f"5 % below {least:,.6g}, half below {median:,.6g}, 95 % below {most:,.6g}"
    if column.lengths is not None:
        low, high = column.lengths.low, column.lengths.high
        return f"{low:,.0f} to {high:,.0f} characters" if low < high else f"{low:,.0f} characters"
    return ""
