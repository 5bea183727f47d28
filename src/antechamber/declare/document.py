"""The reference pages of the declaration files, from the models' own words.

`python -m antechamber.declare.document connector > docs/reference/connector.md`, and
`python -m antechamber.declare.document sources docs/reference/sources` for the last section of each of those pages.
"""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from antechamber.declare.aws import AccountId, Region, S3Place
from antechamber.declare.cloud import Cidr
from antechamber.declare.model import Name, SecretRef, Slug
from antechamber.declare.protect import PERIODS, TruncateTo
from antechamber.declare.quality import Bound, Percent, Share, Span
from antechamber.declare.registry import BUILT_IN, source_type
from antechamber.declare.schema import model_of
from antechamber.declare.source import SourceModel
from antechamber.declare.values import bounds_of, peel

TITLES = {
    "workspace": "The workspace file",
    "connector": "A connector file",
    "collaboration": "A collaboration file",
    "policy": "A policy file",
}
PLACES = {
    "workspace": "`antechamber.yaml`, in the workspace's folder.",
    "connector": "One file under `connectors/`, ending in `.yaml` or `.yml`.",
    "collaboration": "One file under `collaborations/`, ending in `.yaml` or `.yml`.",
    "policy": "One file under `policies/`, ending in `.yaml` or `.yml`: what every share of its tenants must keep.",
}
SOURCES = "Where the records come from. Each type has a page with its keys; their mappings are described below."
_KINDS = {
    get_args(Bound)[1]: "number, day or moment",
    get_args(Percent)[1]: "percentage",
    get_args(Share)[1]: "percentage",
    get_args(Span)[1]: "span of time",
    get_args(AccountId)[1]: "twelve digits in quotes",
    get_args(Region)[1]: "AWS region",
    get_args(S3Place)[1]: "`s3://bucket/prefix`",
    get_args(Cidr)[1]: "block of IPv4 addresses",
    get_args(Name)[1]: "name",
    get_args(Slug)[1]: "name, also with `-`",
    get_args(SecretRef)[1]: "[secret reference](#secret-references)",
    get_args(TruncateTo)[1]: f"whole number or {', '.join(f'`{each}`' for each in PERIODS)}",
}
_SECRETS = """## Secret references

`env:NAME` an environment variable; `file:path` a file, relative to the workspace; `aws-secretsmanager:name#key` and
`aws-ssm:name` on AWS. A secret itself never stands in a declaration.
"""


def page(kind: str) -> str:
    """The page of one kind of file, as Markdown. kind: workspace, connector, collaboration or policy."""
    root = model_of(kind)
    models = _within(root)
    lines = [
        f"# {TITLES[kind]}",
        "",
        PLACES[kind],
        f"For editors: `antechamber schema {kind}` prints its JSON Schema.",
        "`antechamber check` tells every mistake of every file at once, with its line and what would be right.",
        "",
        "A mapping is described in the section of its name. A key without a value is as good as absent.",
        "",
        "<!-- generated from src/antechamber/declare by python -m antechamber.declare.document -->",
    ]
    for model, where in models.items():
        if model is not root:
            lines += ["", f"## {where}"]
            lines += ["", _prose(model.__doc__ or "") if model is not SourceModel else SOURCES]
        lines += ["", *(_sources() if issubclass(model, SourceModel) else keys_of(model))]
    text = "\n".join(lines) + "\n"
    return f"{text}\n{_SECRETS}" if "(#secret-references)" in text else text


def source_page(name: str, text: str) -> str:
    """The page of a type of source with its last section, the table of every key, as the model has it.

    text: the page as it is; what stands before that section is written by hand.
    """
    lines = [
        "## Every key",
        "",
        "<!-- generated from the model by make docs; keys that are mappings are described in ../connector.md -->",
        "",
        *keys_of(source_type(name).model),
    ]
    body = text.partition("\n## Every key\n")[0].rstrip("\n")
    table = "\n".join(lines).replace("](#secret-references)", "](../connector.md#secret-references)")
    return f"{body}\n\n{table}\n"


def _within(root: type[BaseModel]) -> dict[type[BaseModel], str]:
    """The models of a file, in the order in which they are met, each with the key at which it first stands."""
    found: dict[type[BaseModel], str] = {}

    def visit(model: type[BaseModel], where: str) -> None:
        if model in found:
            return
        if issubclass(model, SourceModel):
            # Each type of source has a page of its own; what their blocks have in common is told here.
            found.setdefault(SourceModel, where := where.partition(" ")[0])
        else:
            found[model] = where
        for name, field in model.model_fields.items():
            # Steps have a page of their own.
            several = [] if model is root and name == "steps" else models_in(field.annotation)
            for each in several:
                tag: Any = each.model_fields["type"].annotation if len(several) > 1 else None
                suffix = f" (type: {get_args(tag)[0]})" if tag is not None else ""
                visit(each, re.sub(r" \(.*\)", "", f"{where}." if where else "") + name + suffix)

    visit(root, "")
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a value of this type may be, or hold."""
    bare, _ = peel(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return [bare]
    found = [model for each in get_args(bare) if get_origin(bare) is not Literal for model in models_in(each)]
    return list(dict.fromkeys(found))


def _sources() -> list[str]:
    """Every type of source, and where its keys are told."""
    told = (f"| [`{name}`](sources/{name}.md) | {_prose(source_type(name).summary)} |" for name in BUILT_IN)
    return ["| type | reads |", "|---|---|", *told]


def keys_of(model: type[BaseModel]) -> list[str]:
    """A table of the model's keys, as lines of Markdown."""
    rows = ["| key | value | when absent | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        value = _value(field.annotation, list(field.metadata))
        value = "list of: [step](steps.md)" if name == "steps" else value
        rows.append(f"| `{name}` | {value} | {_default(field)} | {_prose(field.description or '')} |")
    return rows


def _value(annotation: Any, metadata: list[Any]) -> str:
    bare, said = peel(annotation)
    said = [*said, *metadata]
    for check, kind in _KINDS.items():
        if check in said:
            return kind
    origin = get_origin(bare)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in get_args(bare))
    if origin in (Union, types.UnionType):
        arms = [_value(each, []) for each in get_args(bare) if each is not type(None)]
        return " or ".join(dict.fromkeys(arms))
    if origin is tuple:
        item = _value(get_args(bare)[0], [])
        return f"list of: {item}"
    if origin is dict:
        key, item = get_args(bare)
        return f"{_value(key, [])} → {_value(item, [])}"
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return "mapping"
    words: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}
    words[Any] = "anything"
    word = words[bare]
    bounds = bounds_of(said)
    return f"{word}, {bounds}" if bounds else word


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=False)
    if field.is_required():
        return "**required**"
    if default is None or default is PydanticUndefined or default in ((), ""):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`[{', '.join(repr(each) if not each else str(each) for each in default)}]`"
    return f"`{default}`"


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    if sys.argv[1] == "sources":
        for name in BUILT_IN:
            path = Path(sys.argv[2]) / f"{name}.md"
            path.write_text(source_page(name, path.read_text() if path.exists() else f"# {name}\n"))
    else:
        sys.stdout.write(page(sys.argv[1]))
