"""A recipe that is carried over → the YAML of a connector file's `steps:`."""

from __future__ import annotations

import io
from collections.abc import Iterable

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from antechamber.prepare.databrew.compiling import Compiled
from antechamber.prepare.databrew.operation import Native

WIDE = 110
"""Columns that a line of YAML may have where it can be broken."""


def steps_yaml(compiled: Compiled) -> str:
    """`steps:` with every native step, and a comment for each step of the recipe."""
    if not compiled.steps:
        return "steps: []\n"
    lines = ["steps:"]
    last = 0
    for step, native in compiled.steps:
        if step.position != last:
            lines.append(f"  # {_plain(step.place)}")
            last = step.position
        lines += [f"  {line}" for line in _item(native)]
    return "\n".join(lines) + "\n"


def _item(native: Native) -> Iterable[str]:
    yaml = YAML()
    yaml.width = WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump([_quoted(native)], text)
    return (line.removeprefix("  ") for line in text.getvalue().splitlines())


def _quoted(value: object) -> object:
    """The value with all texts in quotes that YAML of some version would read as another kind of value."""
    if isinstance(value, dict):
        return {_quoted(key): _quoted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_quoted(each) for each in value]
    if isinstance(value, str) and (not value.isprintable() or not value.isascii() or _could_be_other(value)):
        return DoubleQuotedScalarString(value)
    return value


def _could_be_other(value: str) -> bool:
    return value.strip().lower() in ("", "yes", "no", "on", "off", "y", "n", "true", "false", "null", "~") or any(
        letter.isdigit() for letter in value[:2]
    )


def _plain(text: str) -> str:
    return text.replace("\n", " ")
