"""A connector file that names a preset, completed by it: the user's keys stand, the preset fills in what is absent.

| what the file says | what it becomes |
|---|---|
| a `path` that ends in `/` | that folder and the preset's pattern below it |
| a key of `source:` | stays, also without a value; mappings are completed key by key |
| a `format` of another type | stays as it is |
| a column by the preset's name, or with the preset's `source` | gets the keys that it does not say |
| such a column with another `type` | gets its `source` alone |
| `columns:` as a list of names | those columns |

A column that the file does not name is not taken, whatever the preset knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from antechamber.declare.keys_in_file import expanded
from antechamber.declare.marked import Marked
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.preset import Preset, presets
from antechamber.declare.registry import MODELS

MISSING = "this key is missing"


@dataclass(frozen=True)
class Completed:
    """A connector file and what a preset gave to it.

    preset: the one it names; None when it names none, or none that is known.
    given: where the preset's values stand, and the values.
    mistakes: what is wrong with how the preset is used.
    """

    file: Marked
    preset: Preset | None = None
    given: Mapping[KeyPath, Any] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def explain(self, found: list[Mistake]) -> list[Mistake]:
        """Mistakes of the completed file, as they are told to someone who wrote less than that."""
        if self.mistakes and self.preset is None:
            # What the preset would have given is not missing: its name is the mistake.
            found = [each for each in found if not (each.what == MISSING and _may_be_given(each.path))]
        return [*self.mistakes, *(self._explained(each) for each in found)]

    def _explained(self, mistake: Mistake) -> Mistake:
        preset, path = self.preset, mistake.path
        if preset is None:
            return mistake
        if mistake.what == MISSING and len(path) == 3 and path[0] == "columns" and path[2] == "type":
            known = choose(str(path[1]), preset.columns) or f"the presets with columns are {_kinds(preset)}"
            return replace(
                mistake,
                what=f"{show(path[1])} is no column of the preset {preset.name}, and has no type",
                remedy=f"add type:, or name a column that the preset knows: {known}",
            )
        if mistake.what == MISSING and path == ("columns",) and preset.columns:
            return replace(mistake, remedy=f"name those that are to be taken of: {', '.join(preset.columns)}")
        if path != ("source", "path") and any(path[: len(at)] == at for at in self.given):
            return replace(mistake, what=f"{mistake.what} (as the preset {preset.name} has it)")
        return mistake


def completed(file: Marked) -> Completed:
    """The file with what its preset gives and with plain columns; as it is when it names none and has no keys."""
    filled = _filled(file)
    whole, mistakes = expanded(filled.file)
    return replace(filled, file=whole, mistakes=(*filled.mistakes, *mistakes))


def _filled(file: Marked) -> Completed:
    source = file.value.get("source") if isinstance(file.value, dict) else None
    if not isinstance(source, dict) or not isinstance(source.get("preset"), str) or not _takes_presets(source):
        return Completed(file)
    name = source["preset"]
    preset = presets().get(name)
    unknown = [] if preset else [Mistake(("source", "preset"), f"{show(name)} is not a preset", _which(name))]
    filling = _Filling(preset or Preset(name, "", {}), dict(file.lines), unknown)
    value = {**file.value, "source": filling.source(source)}
    if file.value.get("columns") is not None:
        value["columns"] = filling.columns(file.value["columns"])
    whole = replace(file, value=value, lines=filling.lines)
    return Completed(whole, preset, filling.given, tuple(filling.mistakes))


class _Filling:
    def __init__(self, preset: Preset, lines: dict[KeyPath, int], mistakes: list[Mistake]) -> None:
        self.preset = preset
        self.lines = lines
        self.mistakes = mistakes
        self.given: dict[KeyPath, Any] = {}

    def source(self, own: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in self.preset.source.items() if key != "path"}
        filled = self._mapping(own, rest, ("source",))
        path, pattern = own.get("path"), self.preset.source.get("path")
        if isinstance(path, str) and path.endswith("/") and pattern:
            filled["path"] = self.given["source", "path"] = path + pattern
        return filled

    def columns(self, own: Any) -> Any:
        if isinstance(own, list) and own and all(isinstance(each, str) for each in own):
            self.mistakes += [
                Mistake(("columns", name), f"{show(name)} is in the list before", "remove it")
                for _, name in repeated(own)
            ]
            for place, name in reversed(list(enumerate(own))):
                self.lines["columns", name] = self.lines.get(("columns", place), 1)
            own = dict.fromkeys(own)
        if not isinstance(own, dict):
            return own
        return {name: self._column(name, column) for name, column in own.items()}

    def _column(self, name: str, own: Any) -> Any:
        own = {} if own is None else own
        known = self.preset.column(name, own.get("source")) if isinstance(own, dict) else None
        if known is None:
            return own
        if own.get("type", known["type"]) != known["type"]:
            known = {"source": known["source"]}
        return self._mapping(own, known, ("columns", name))

    def _mapping(self, own: dict[str, Any], preset: Mapping[str, Any], at: KeyPath) -> dict[str, Any]:
        filled = dict(own)
        for key, value in preset.items():
            if key not in own:
                filled[key] = self.given[*at, key] = value
            elif isinstance(own[key], dict) and isinstance(value, dict) and _same_type(own[key], value):
                filled[key] = self._mapping(own[key], value, (*at, key))
        return filled


def _same_type(own: dict[str, Any], preset: Mapping[str, Any]) -> bool:
    return bool(own.get("type", preset.get("type")) == preset.get("type"))


def _takes_presets(source: dict[str, Any]) -> bool:
    kind = source.get("type")
    return not isinstance(kind, str) or kind not in MODELS or "preset" in MODELS[kind].model_fields


def _may_be_given(path: KeyPath) -> bool:
    return (len(path) == 3 and path[0] == "columns") or path[:2] == ("source", "format")


def _which(name: str) -> str:
    vendor = name.partition("/")[0]
    known = presets()
    # All of them are many: those of the vendor that is named, or else the vendors.
    near = [each for each in known if each.partition("/")[0] == vendor]
    return choose(name, near or [*known], most=len(near) or 0) or f"use one of {', '.join(_vendors())}"


def _vendors() -> list[str]:
    return [each for each in presets() if "/" not in each]


def _kinds(preset: Preset) -> str:
    vendor = preset.name.partition("/")[0]
    return ", ".join(each for each in presets() if each.startswith(f"{vendor}/"))
