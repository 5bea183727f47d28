"""The command line; `docs/reference/commands.md` lists its commands.

Exit codes: 0 only when what was asked is done, 1 for a failure, 2 for a wrong use.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from antechamber.cli import (
    check,
    demo,
    detokenize,
    init,
    match,
    profile,
    quarantine,
    query,
    recipe,
    run,
    schema,
    sources,
    stores,
)
from antechamber.cli.say import print_error
from antechamber.operate.log import as_ours

app = typer.Typer(
    name="antechamber",
    help="The room before the clean room: bring first-party data into data clean rooms.",
    no_args_is_help=True,
    add_completion=False,
    # Rich tracebacks print local variables, which may hold records.
    pretty_exceptions_enable=False,
)
for command in (init.init, check.check, run.run, run.preview, stores.runs, stores.tables, query.query):
    app.command()(command)
app.command()(detokenize.detokenize)
app.command()(match.match)
app.command()(profile.profile)
app.command("sketch")(match.sketch_command)
app.command()(schema.schema)
app.command()(sources.sources)
app.command()(demo.demo)
app.add_typer(quarantine.quarantine, name="quarantine")
app.add_typer(recipe.recipe, name="recipe")


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
