"""Presets: what is known of the files that a SaaS pushes, one YAML file a vendor in `presets/`.

A preset is defaults for a connector file and nothing else: what it gives could as well be written there. Its name is
`vendor/kind` (a kind of export, with columns) or `vendor` alone (how all of that vendor's files are laid out).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from antechamber.declare.marked import read_marked

ENDING = ".yaml"


@dataclass(frozen=True)
class Preset:
    """One preset by its name.

    reads: which files, in one clause without a full stop.
    source: keys of `source:`; `path` is the pattern below a folder.
    columns: output column → keys of a column, `source` among them.
    key: the columns that tell its records apart, () when none do. example: columns that its page shows.
    """

    name: str
    reads: str
    source: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    example: tuple[str, ...] = ()

    def column(self, name: str, source: object) -> Mapping[str, Any] | None:
        """What is known of a column that a connector calls `name`; one that says its source is known by that."""
        if isinstance(source, str):
            by_source = {column["source"]: column for column in self.columns.values()}
            if source in by_source:
                return by_source[source]
        return self.columns.get(name)


@dataclass(frozen=True)
class Vendor:
    """All presets of one vendor, and where what they say comes from.

    documents: (title, address, the day on which it was read) of each page.
    notes: what a user should know and the vendor's pages leave open, a sentence each.
    """

    name: str
    title: str
    documents: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    presets: tuple[Preset, ...]

    @property
    def kinds(self) -> tuple[Preset, ...]:
        """The presets with columns."""
        return self.presets[1:]


@functools.cache
def vendors() -> tuple[Vendor, ...]:
    """Every vendor, by name."""
    folder = files(__package__) / "presets"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(ENDING))
    return tuple(_read(name.removesuffix(ENDING), (folder / name).read_bytes()) for name in names)


@functools.cache
def presets() -> Mapping[str, Preset]:
    """Every preset by its name."""
    return {preset.name: preset for vendor in vendors() for preset in vendor.presets}


def _read(name: str, raw: bytes) -> Vendor:
    value: dict[str, Any] = read_marked(name, raw).value
    shared: dict[str, Any] = value["source"]
    found = [Preset(name, value["reads"], shared)]
    for kind, each in value["kinds"].items():
        key, example = tuple(each.get("key", ())), tuple(each.get("example", ()))
        columns = {column: {"source": column, **said} for column, said in each["columns"].items()}
        source = {**shared, **each.get("source", {})}
        found.append(Preset(f"{name}/{kind}", each["reads"], source, columns, key, example))
    documents = tuple((each["title"], each["url"], each["read"]) for each in value["documents"])
    return Vendor(name, value["title"], documents, tuple(value["notes"]), tuple(found))
