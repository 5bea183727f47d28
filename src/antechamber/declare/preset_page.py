"""The reference pages of the presets, one a vendor, from the presets themselves.

`python -m antechamber.declare.preset_page docs/reference/presets`
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from antechamber.declare.preset import Preset, Vendor, vendors

MOST = 8
"""Columns that an example names at most."""


def page(vendor: Vendor) -> str:
    """A vendor's page, as Markdown."""
    lines = [
        f"# {vendor.title}",
        "",
        f"The presets `{vendor.name}/…` read {vendor.presets[0].reads}. What a preset is and how it goes together "
        "with your own keys: [presets](README.md).",
        "",
        f"<!-- generated from src/antechamber/declare/presets/{vendor.name}.yaml by make docs -->",
        "",
        *_example(vendor.kinds[0]),
        "",
        *(f"- {note}" for note in vendor.notes),
        "",
    ]
    if vendor.presets[0].source:
        lines += ["Every preset of this vendor gives, unless its own says otherwise:", ""]
        lines += [*_keys(vendor.presets[0].source), ""]
    for preset in vendor.kinds:
        lines += [*_kind(preset, vendor.presets[0]), ""]
    if vendor.documents:
        lines += ["## Where this comes from", ""]
        lines += [f"- [{title}]({address}), read {day}" for title, address, day in vendor.documents]
        lines += ["", "Not run against the service itself: the tests make exports in these layouts."]
    return "\n".join(lines).rstrip() + "\n"


def index() -> str:
    """The table of all presets, as Markdown."""
    rows = ["| preset | reads |", "|---|---|"]
    for vendor in vendors():
        rows += [f"| [`{preset.name}`]({vendor.name}.md) | {preset.reads} |" for preset in vendor.kinds]
    return "\n".join(rows) + "\n"


def _example(preset: Preset) -> Iterator[str]:
    name = preset.name.replace("-", "_").replace("/", "_")
    chosen = preset.example or dict.fromkeys((*preset.key, *preset.columns))
    listed = ", ".join(list(chosen)[:MOST])
    columns = textwrap.fill(f"columns: [{listed}]", 96, subsequent_indent="  ", break_on_hyphens=False)
    key = preset.key[0] if len(preset.key) == 1 else f"[{', '.join(preset.key)}]"
    table = f"table: {{name: {name}, mode: upsert, key: {key}}}" if preset.key else f"table: {{name: {name}}}"
    yield from ("```yaml", f"connector: {name}", "tenant: acme", "source:", "  type: landing")
    yield from (f"  preset: {preset.name}", f"  path: landing/{preset.name.partition('/')[0]}/")
    yield from (*columns.splitlines(), table, "```")


def _kind(preset: Preset, shared: Preset) -> Iterator[str]:
    yield from (f"## {preset.name}", "", f"{preset.reads[0].upper()}{preset.reads[1:]}.")
    if preset.key:
        yield f"A record is told by {' and '.join(f'`{name}`' for name in preset.key)}."
    own = {key: value for key, value in preset.source.items() if shared.source.get(key) != value}
    if own:
        yield from ("", *_keys(own))
    yield from ("", "| column | in the file | type | protect | and |", "|---|---|---|---|---|")
    for name, column in preset.columns.items():
        rest = {key: value for key, value in column.items() if key not in ("source", "type", "protect")}
        said = ", ".join(f"`{key}: {_value(value)}`" for key, value in rest.items())
        protect = f"`{column['protect']}`" if "protect" in column else ""
        yield f"| `{name}` | `{column['source']}` | `{column['type']}` | {protect} | {said} |"


def _keys(source: Any) -> Iterator[str]:
    yield from ("| key | value |", "|---|---|")
    for key, value in source.items():
        below = " below the folder" if key == "path" else ""
        yield f"| `{key}` | `{_value(value)}`{below} |"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_value(each)}" for key, each in value.items()) + "}"
    plain = isinstance(value, str) and value and all(letter.isalnum() or letter in "-_/+." for letter in value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for each in vendors():
        (folder / f"{each.name}.md").write_text(page(each))
    readme = folder / "README.md"
    head = readme.read_text().partition("| preset | reads |")[0]
    readme.write_text(head + index())
