"""`antechamber demo`: the main job on data it makes: two companies, three sources, one clean room."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from antechamber import pipeline
from antechamber.cli.query import show
from antechamber.cli.run import tell
from antechamber.cli.say import err, out, print_table
from antechamber.cli.share import tell_plan
from antechamber.collaborate.share import apply, look, plan, wanted
from antechamber.collaborate.share.ask import Answered, Asked, ask
from antechamber.collaborate.share.clients import Clients, clients
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError, QueryRefused
from antechamber.examples import write_example
from antechamber.examples.retail import ORDERS_URL, PUBLIC_KEY, Spec, change_orders, generate, load_orders, queries
from antechamber.examples.retail.postgres import start
from antechamber.operate.log import set_up
from antechamber.operate.runs import RunRecord
from antechamber.operate.watch import Bar, Lines, Watcher

CHANGED_ORDERS = 500
CONNECTORS = ("loyalty_members", "viewers", "orders")
MAKING = ".making"
"""A folder within the workspace's: it is made there and then moved up, `antechamber.yaml` last."""
OVERLAP = (
    "SELECT COUNT(DISTINCT m.email) AS people\nFROM loyalty_members m\nINNER JOIN viewers v ON m.email = v.email"
)


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Where to make the workspace; one made by this command is used again.")
    ],
    members: Annotated[int, typer.Option(min=1000, help="Loyalty members.")] = Spec.members,
) -> None:
    """Run the main job on data that this command makes; safe to run twice."""
    set_up("warning" if err.is_terminal else "info")
    began = time.monotonic()
    spec = Spec(members=members, viewers=members * 3 // 4, orders=members)
    first = not (folder / "antechamber.yaml").exists()
    if first:
        _title(f"1  A workspace in {folder}, two tenants, and their exports")
        _make(folder, spec)
    else:
        _title(f"1  The workspace in {folder} is there already: only what changed will move")
        if not set(CONNECTORS) <= set(load_workspace(folder).connectors):
            raise AntechamberError(
                "the workspace that is there was not made by this command",
                where=str(folder),
                remedy="name a new folder",
            )
    with start(folder / ".antechamber") as url:
        _write_secret(folder / ORDERS_URL, url)
        out.print(
            f"a PostgreSQL server on the loopback holds {load_orders(url, spec):,} orders of acme", markup=False
        )
        declared = load_workspace(folder)

        _title("2  Take everything in: decrypt, parse, normalise, hash, publish, archive")
        records = [_run(declared, name) for name in CONNECTORS]
        _title("3  Some orders change: the next run moves only those")
        updated, inserted = change_orders(url, CHANGED_ORDERS, spec)
        out.print(f"{updated:,} orders were changed, {inserted:,} came in", markup=False)
        records.append(_run(declared, "orders"))
    with clients(declared) as api:
        _title("4  Share the tables, as the connectors and the collaboration's file say")
        _share(declared, api)
        _title("5  Ask the clean room, as acme")
        people = _ask(declared, api)
    _summary(records, people, spec, time.monotonic() - began)
    _next(folder)


def _make(folder: Path, spec: Spec) -> None:
    making = folder / MAKING
    if making.is_dir():
        # An earlier one was interrupted: what lies here was made by it, and is made again.
        for left in making.iterdir():
            _remove(left)
    elif folder.exists() and any(folder.iterdir()):
        raise AntechamberError("the folder is not empty", where=str(folder), remedy="name an empty or a new folder")
    making.mkdir(parents=True, exist_ok=True)
    write_example("retail", making)
    truth = generate(making, spec, recipient=making / PUBLIC_KEY)
    for made in sorted(making.iterdir(), key=lambda path: path.name == "antechamber.yaml"):
        _remove(folder / made.name)
        made.rename(folder / made.name)
    making.rmdir()
    out.print(
        f"acme's loyalty programme dropped {len(truth.loyalty.files)} PGP-encrypted CSV files "
        f"({truth.loyalty.records:,} records), streamly {len(truth.audience.files)} files of viewers "
        f"({truth.audience.records:,} records)",
        markup=False,
    )


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _run(declared: Declarations, name: str) -> RunRecord:
    watcher: Watcher = Bar(name, err) if err.is_terminal else Lines(name)
    try:
        record = pipeline.run(declared, name, watcher=watcher)
    finally:
        watcher.stage("done")
    tell(record)
    if record.status in ("failed", "partial"):
        raise AntechamberError("the run did not succeed", where=name, remedy="its messages are above")
    return record


def _share(declared: Declarations, api: Clients) -> None:
    found = look(declared, queries.COLLABORATION, api)
    made = plan(queries.COLLABORATION, wanted(declared, queries.COLLABORATION), found)
    tell_plan(made)
    apply(made, declared, api, found)


def _ask(declared: Declarations, api: Clients) -> int:
    """Ask what is answered, what is refused and what vanishes; gives the people found on both sides."""
    asker = declared.collaborations[queries.COLLABORATION].querier

    def answer(sql: str) -> Answered:
        return ask(declared, queries.COLLABORATION, Asked(asker, sql), api)

    for what, sql in (
        ("overlap by tier", queries.OVERLAP_BY_TIER),
        ("revenue by campaign", queries.REVENUE_BY_CAMPAIGN),
    ):
        answered = answer(sql)
        out.print(f"\n{sql}", style="dim", markup=False)
        assert answered.table is not None  # noqa: S101 - acme may receive
        show(answered.table, title=f"{what} ({answered.seconds:.2f} s)")
    out.print(
        f"The tier 'founder' and the campaign 'pilot' are in the data and not in the answers: fewer than "
        f"{queries.MINIMUM} people stand behind them.",
        markup=False,
    )
    for refused in queries.REFUSED:
        out.print(f"\n{refused.sql}", style="dim", markup=False)
        try:
            answer(refused.sql)
        except QueryRefused as refusal:
            out.print(f"refused: {refusal}", markup=False)
        else:
            raise AntechamberError("a query that the rule forbids was answered", where=queries.COLLABORATION)
    table = answer(OVERLAP).table
    assert table is not None  # noqa: S101 - acme may receive
    found: int = table["people"][0].as_py()
    return found


def _summary(records: list[RunRecord], people: int, spec: Spec, seconds: float) -> None:
    columns = ("connector", "status", "read", "published", "quarantined", "dropped", "replaced", "seconds", "rows/s")
    out.print()
    print_table(
        "summary",
        columns,
        (
            (
                f"{record.tenant}/{record.connector}",
                record.status,
                record.read,
                record.published,
                record.quarantined,
                sum(record.dropped.values()),
                record.replaced,
                record.seconds,
                int(record.read / record.seconds) if record.seconds else 0,
            )
            for record in records
        ),
        numbers=columns[2:],
    )
    known = queries.overlap_in_people(spec)
    out.print(
        f"match rate: {people:,} of the {known:,} people whom both sides know were found by their hashed e-mail "
        f"({people / known:.1%}); the others left theirs empty or gave another\nall of it in {seconds:.1f} s",
        markup=False,
    )


def _next(folder: Path) -> None:
    question = "SELECT country, COUNT(DISTINCT email) FROM loyalty_members GROUP BY country"
    for line in (
        "",
        "Three things to try next (the command is in .venv/bin):",
        f"  antechamber quarantine list -w {folder}                  which records were held back, and why",
        f'  antechamber query spring-campaign -w {folder} "{question}"',
        f"  misspell a type in {folder}/connectors/viewers.yaml, then:  antechamber check -w {folder}",
        "Or run this demo again: only what changed moves.",
    ):
        out.print(line, markup=False)


def _title(text: str) -> None:
    out.print(f"\n{text}", style="bold", markup=False)


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
