"""The command line; `docs/reference/commands.md` lists its commands.

A command is one function of a module beside this one and one line in COMMANDS. Its module is loaded when the command
is asked for: a run does not wait for what only a forecast needs.

Exit codes: 0 only when what was asked is done, 1 for a failure, 2 for a wrong use.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from antechamber.cli.say import print_error
from antechamber.operate.log import as_ours

COMMANDS = {
    "init": "init:init",
    "check": "check:check",
    "run": "run:run",
    "preview": "run:preview",
    "runs": "stores:runs",
    "tables": "stores:tables",
    "query": "query:query",
    "detokenize": "detokenize:detokenize",
    "match": "match:match",
    "profile": "profile:profile",
    "sketch": "match:sketch_command",
    "share": "share:share",
    "schema": "schema:schema",
    "sources": "sources:sources",
    "demo": "demo:demo",
    "quarantine": "quarantine:quarantine",
    "recipe": "recipe:recipe",
    "serve": "serve:serve",
    "cost": "cost:cost",
    "deploy": "deploy:deploy",
    "destroy": "deploy:destroy",
    "doctor": "doctor:doctor",
}
"""Command → the module of this package and what it holds there: a function, or a Typer application of several."""


class _Commands(MutableMapping[str, Any]):
    """Command → what Typer makes of it, loaded when it is asked for."""

    def __init__(self) -> None:
        self._homes = dict(COMMANDS)
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            module, _, attribute = self._homes[name].partition(":")
            found = getattr(importlib.import_module(f"antechamber.cli.{module}"), attribute)
            if isinstance(found, typer.Typer):
                command: Any = get_group(found)
            else:
                alone = typer.Typer(add_completion=False)
                alone.command(name)(found)
                command = get_command(alone)
            command.name = name
            self._loaded[name] = command
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        self._homes.pop(name, None)
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._homes, *self._loaded)))

    def __len__(self) -> int:
        return len({*self._homes, *self._loaded})

    def __contains__(self, name: object) -> bool:
        return name in self._homes or name in self._loaded


class _Group(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()


app = typer.Typer(
    name="antechamber",
    cls=_Group,
    help="The room before the clean room: bring first-party data into data clean rooms.",
    no_args_is_help=True,
    add_completion=False,
    # Rich tracebacks print local variables, which may hold records.
    pretty_exceptions_enable=False,
)


@app.callback()
def _antechamber() -> None:
    """The room before the clean room: bring first-party data into data clean rooms."""


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write("stopped; run it again: what was committed stands, nothing else is visible\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        print_error(as_ours(error, where="antechamber"), as_json="--json" in sys.argv)
        sys.exit(1)
    sys.exit(0)
