"""`antechamber sources`: every type of source, what it needs and what to install for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from antechamber.cli.say import JsonOption, out, print_json, print_table, visible
from antechamber.declare.registry import MODELS, SourceType, source_type
from antechamber.errors import AntechamberError


def sources(
    name: Annotated[str | None, typer.Argument(help="One type, with its keys.")] = None,
    json: JsonOption = False,
) -> None:
    """List the types of source that a connector may name, of this package and of other installed ones."""
    if name is not None and name not in MODELS:
        raise AntechamberError(
            f"there is no source type '{visible(name)}'", where="sources", remedy=f"use one of: {', '.join(MODELS)}"
        )
    kinds = [_kind(each) for each in ([name] if name is not None else MODELS)]
    if json:
        print_json({"sources": [_told(kind, keys=name is not None) for kind in kinds]})
        return
    print_table(
        "" if name is None else kinds[0].name,
        ("type", "what it reads", "needs", "to install"),
        ((kind.name, kind.summary, kind.needs, _to_install(kind)) for kind in kinds),
    )
    if name is not None:
        keys = _keys(kinds[0])
        print_table("", ("key", "", "meaning"), ((key["key"], key["required"], key["meaning"]) for key in keys))
        ran = kinds[0].run_against
        out.print(f"tested against: {ran}" if ran else "not run against the service itself", markup=False)


def _kind(name: str) -> SourceType:
    try:
        return source_type(name)
    except AntechamberError:
        raise
    except ImportError as error:
        raise AntechamberError(
            f"the source '{name}' cannot be loaded ({type(error).__name__})",
            where="sources",
            remedy="install antechamber again",
        ) from None


def _to_install(kind: SourceType) -> str:
    if not kind.missing:
        return ""
    return f"pip install 'antechamber[{kind.extra}]'" if kind.extra else f"pip install {' '.join(kind.missing)}"


def _told(kind: SourceType, *, keys: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": kind.name,
        "reads": kind.summary,
        "needs": kind.needs,
        "extra": kind.extra,
        "installed": not kind.missing,
        "tested_against": kind.run_against,
    }
    return {**told, "keys": _keys(kind)} if keys else told


def _keys(kind: SourceType) -> list[dict[str, str]]:
    return [
        {
            "key": name,
            "required": "required" if field.is_required() else "",
            "meaning": " ".join((field.description or "").split()),
        }
        for name, field in kind.model.model_fields.items()
    ]
