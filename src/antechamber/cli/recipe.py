"""`antechamber recipe`: recipes of other products."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import JsonOption, err, out, print_json
from antechamber.declare.model import SECRET_REF, show
from antechamber.errors import AntechamberError, DeclarationError, DeclarationErrors
from antechamber.prepare.databrew import Compiled, compile_steps, steps_yaml

recipe = typer.Typer(help="Recipes of other products.", no_args_is_help=True)


@recipe.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A recipe of AWS Glue DataBrew, as JSON.")],
    to: Annotated[Path | None, typer.Option(help="Write the YAML into this new file.")] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="Where a secret of the recipe is kept: secretId=env:NAME. May be given several times."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the steps of a connector that do the same as a DataBrew recipe; or say what cannot be carried over."""
    compiled = _compiled(file, dict(_secret(each) for each in secret or ()))
    text = steps_yaml(compiled)
    if to is not None:
        _write(to, text)
    if json:
        steps = [
            {"position": step.position, "operation": step.operation, "step": native}
            for step, native in compiled.steps
        ]
        print_json({"steps": steps, "notes": list(compiled.notes), "yaml": text, "to": str(to) if to else None})
        return
    for note in compiled.notes:
        err.print(f"note: {note}", markup=False)
    out.print(str(to) if to is not None else text.rstrip("\n"), markup=False)


def _compiled(file: Path, secrets: dict[str, str]) -> Compiled:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DeclarationError(
            f"the file cannot be read ({error.strerror})", where=str(file), remedy="name a recipe's JSON file"
        ) from None
    compiled = compile_steps(raw, secrets)
    if compiled.flaws:
        raise DeclarationErrors(
            [
                DeclarationError(
                    flaw.what,
                    where=f"{file}:{flaw.line}" + (f": {flaw.place}" if flaw.place else ""),
                    remedy=flaw.remedy,
                )
                for flaw in compiled.flaws
            ]
        )
    return compiled


def _secret(written: str) -> tuple[str, str]:
    secret_id, _, reference = written.partition("=")
    if not secret_id or not SECRET_REF.fullmatch(reference):
        raise AntechamberError(
            f"{show(secret_id)} is not given a secret reference", where="--secret", remedy="write secretId=env:NAME"
        )
    return secret_id, reference


def _write(to: Path, text: str) -> None:
    try:
        with to.open("x") as file:
            file.write(text)
    except OSError as error:
        raise AntechamberError(
            f"the file cannot be written ({error.strerror})", where=str(to), remedy="name a new file"
        ) from None
