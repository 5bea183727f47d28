"""`antechamber match` and `antechamber sketch`: what two sides would have in common."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from antechamber.catalog import Layout
from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json, print_table
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError
from antechamber.forecast import (
    MatchKey,
    Sketch,
    SketchedOverlap,
    gain,
    keys_of,
    notes_on,
    open_side,
    overlap,
    read_sketch,
    sketch,
    sketched_overlap,
    write_sketch,
)
from antechamber.operate.log import set_up
from antechamber.secrets import Secrets

KeyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="A key: `email`, `email+postal_code` (both together), `email=mail` (named otherwise on the other side). "
        "By default each hashed column that both have, and each pair of them.",
    ),
]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret", help="A secret reference: what both companies agreed on for their sketches."),
]


def match(
    left: Annotated[str, typer.Argument(help="A connector, or a sketch's file.")],
    right: Annotated[str, typer.Argument(help="The other side: a connector, or a sketch's file.")],
    workspace: WorkspaceOption = HERE,
    key: KeyOption = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Also read both sources again and tell what preparation gained.")
    ] = False,
    secret: SecretOption = None,
    json: JsonOption = False,
) -> None:
    """Forecast the match rate of two sides, for each key and for keys together."""
    set_up("warning")
    declared = load_workspace(workspace)
    sketched = [name for name in (left, right) if name not in declared.connectors and Path(name).is_file()]
    if sketched:
        if raw:
            raise AntechamberError("a sketch has no raw values", where=sketched[0], remedy="leave --raw out")
        sketches = [_sketch(declared, name, name in sketched, key, secret) for name in (left, right)]
        _tell_estimates(*sketches, as_json=json)
        return
    sides = open_side(declared, left), open_side(declared, right)
    keys = keys_of(sides[0].connector, sides[1].connector, key or ())
    found = overlap(*sides, keys, scratch=Layout.of(declared.workspace, declared.root).scratch / "match")
    notes = [note for each in keys if len(each.left) == 1 for note in notes_on(each, *(s.connector for s in sides))]
    gained = gain(declared, left, right, keys) if raw else []
    if json:
        rates = [{**asdict(each), "left_rate": each.left.rate, "right_rate": each.right.rate} for each in found]
        print_json({"keys": rates, "notes": notes, "gain": [asdict(each) for each in gained]})
        return
    numbers = (f"{left}: have it", "match", "rate", f"{right}: have it", "match ", "rate ", "in both")
    print_table(
        f"{left} and {right}: records that match",
        ("key", *numbers),
        (
            (
                each.key,
                each.left.records, each.left.matched, _percent(each.left.rate),
                each.right.records, each.right.matched, _percent(each.right.rate),
                each.both,
            )
            for each in found
        ),
        numbers=numbers,
    )  # fmt: skip
    for note in notes:
        out.print(f"  these cannot be equal: {note}", markup=False)
    if gained:
        columns = ("raw", "prepared", "gained")
        print_table(
            "distinct values in both, before and after preparation",
            ("key", *columns),
            ((each.key, each.raw, each.both, None if each.raw is None else each.both - each.raw) for each in gained),
            numbers=columns,
        )
        if (share := min(each.share for each in gained)) < 1:
            out.print(f"  estimated from {share:.2%} of the values", markup=False)


def sketch_command(
    connector: Annotated[str, typer.Argument(help="Which connector's table.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    workspace: WorkspaceOption = HERE,
    key: KeyOption = None,
    secret: SecretOption = None,
    json: JsonOption = False,
) -> None:
    """Write a sketch of a table's keys for a partner: it tells sizes, and not who is in it."""
    set_up("warning")
    declared = load_workspace(workspace)
    made = _sketch(declared, connector, False, key, secret)
    write_sketch(made, output, keyed=secret is not None)
    if json:
        keys = {name: {"records": each.records, "distinct": each.distinct} for name, each in made.keys.items()}
        print_json({"sketch": str(output), "records": made.records, "keys": keys})
    else:
        out.print(f"{output}: {', '.join(made.keys)} of {made.records:,} records", markup=False)


def _sketch(declared: Declarations, name: str, is_file: bool, keys: list[str] | None, secret: str | None) -> Sketch:
    if is_file:
        return read_sketch(Path(name), keyed=secret is not None)
    side = open_side(declared, name)
    chosen = [MatchKey.of(each) for each in keys or ()]
    own = keys_of(side.connector, None, ["+".join(each.left) for each in chosen])
    shared = Secrets(declared.root).text(secret) if secret is not None else ""
    return sketch(side, own, shared)


def _tell_estimates(left: Sketch, right: Sketch, *, as_json: bool) -> None:
    found = sketched_overlap(left, right)
    if as_json:
        print_json({"keys": [_plain(left, right, each) for each in found]})
        return
    numbers = (f"{left.name}: distinct", f"{right.name}: distinct", "in both", "from", "to")
    print_table(
        f"{left.name} and {right.name}: estimated, within the bounds in 95 of 100 cases",
        ("key", *numbers, "rate", "rate "),
        (
            (
                each.key, each.left.distinct, each.right.distinct, each.both, each.least, each.most,
                _percent(each.both / each.left.distinct), _percent(each.both / each.right.distinct),
            )
            for each in found
        ),
        numbers=numbers,
    )  # fmt: skip


def _plain(left: Sketch, right: Sketch, each: SketchedOverlap) -> dict[str, Any]:
    return {
        "key": each.key,
        "both": each.both, "least": each.least, "most": each.most,
        "left": {"name": left.name, "records": each.left.records, "distinct": each.left.distinct},
        "right": {"name": right.name, "records": each.right.records, "distinct": each.right.distinct},
    }  # fmt: skip


def _percent(share: float) -> str:
    return f"{share:.1%}"
