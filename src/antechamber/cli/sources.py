"""`antechamber sources`: every type of source, what it needs and what to install for it; and every preset."""

from __future__ import annotations

from json import dumps
from typing import Annotated, Any

import typer

from antechamber.cli.say import JsonOption, out, print_json, print_table, visible
from antechamber.declare.preset import Preset, presets
from antechamber.declare.registry import MODELS, SourceType, source_type
from antechamber.errors import AntechamberError


def sources(
    name: Annotated[str | None, typer.Argument(help="One type, with its keys; or one preset.")] = None,
    json: JsonOption = False,
) -> None:
    """List the types of source that a connector may name, also those of other installed packages, and the presets."""
    if name is not None and name in presets():
        _show_preset(presets()[name], json=json)
        return
    if name is not None and name not in MODELS:
        raise AntechamberError(
            f"there is no source type '{visible(name)}'", where="sources", remedy=f"use one of: {', '.join(MODELS)}"
        )
    kinds = [_kind(each) for each in ([name] if name is not None else MODELS)]
    if json:
        told: dict[str, Any] = {"sources": [_told(kind, keys=name is not None) for kind in kinds]}
        listed = {"presets": [_preset(each) for each in presets().values()]} if name is None else {}
        print_json({**told, **listed})
        return
    print_table(
        "" if name is None else kinds[0].name,
        ("type", "what it reads", "needs", "to install"),
        ((kind.name, kind.summary, kind.needs, _to_install(kind)) for kind in kinds),
    )
    if name is None:
        named = (each for each in presets().values() if each.columns)
        print_table("", ("preset for files", "what it reads"), ((each.name, each.reads) for each in named))
    else:
        keys = _keys(kinds[0])
        print_table("", ("key", "", "meaning"), ((key["key"], key["required"], key["meaning"]) for key in keys))
        ran = kinds[0].run_against
        out.print(f"tested against: {ran}" if ran else "not run against the service itself", markup=False)


def _show_preset(preset: Preset, *, json: bool) -> None:
    if json:
        print_json({"preset": _preset(preset)})
        return
    out.print(f"{preset.name} reads {preset.reads}", markup=False)
    for key, value in preset.source.items():
        shown = value if isinstance(value, str) else dumps(value, ensure_ascii=False)
        out.print(f"  {key}: {shown}" + (" below the folder" if key == "path" else ""), markup=False)
    columns = ((name, each["source"], each["type"], each.get("protect", "")) for name, each in preset.columns.items())
    print_table("", ("column", "in the file", "type", "protect"), columns)


def _preset(preset: Preset) -> dict[str, Any]:
    columns = {name: dict(column) for name, column in preset.columns.items()}
    return {"name": preset.name, "reads": preset.reads, "source": dict(preset.source), "columns": columns}


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
