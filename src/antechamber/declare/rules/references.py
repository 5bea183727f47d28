"""Rules of the quality rule `references`: within a connector's file, and against the table that it names."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose
from antechamber.declare.model import Unknown, show
from antechamber.declare.quality import Asked, References, asked
from antechamber.declare.rules.table import protection, published

NO_TEXT = ("integer", "decimal", "float", "date", "timestamp", "boolean")
"""Types whose values are no texts."""

LOSSY = ("mask", "bucket", "truncate", "noise")
"""Protections under which different values may become equal, or equal ones different."""


def references_rule(connector: Connector, body: References, rule: Asked) -> Iterator[Mistake]:
    """What is wrong within the connector's file."""
    path = rule.path
    if body.table is None and body.file is None:
        yield Mistake((*path, "table"), "neither a table nor a file is named", "add table: or file:")
    elif body.table is not None and body.file is not None:
        yield Mistake((*path, "file"), "both a table and a file are named", "remove one of them")
    elif body.table is not None and body.table == connector.table.name:
        yield Mistake(
            (*path, "table"),
            "the table cannot refer to itself: the records of one run do not see each other",
            "name another table",
        )
    if body.key is not None and len(body.key) != len(body.columns):
        yield Mistake(
            (*path, "key"),
            f"there are {len(body.columns)} columns and {len(body.key)} to compare them with",
            "name as many, in the same order",
        )
    if body.file is not None and (flaw := _flaw_of_file(body.file)) is not None:
        yield Mistake((*path, "file"), *flaw)
    if body.table is not None:
        yield from not_lossy(connector, rule, "nothing is found again")


def reference_mistakes(connector: Connector, others: list[Connector], sure: bool) -> Iterator[Mistake]:
    """What does not fit between a connector's references and the tables that they name.

    others: the workspace's connectors. sure: whether all of them could be read.
    """
    mine = [other for other in others if other.__dict__.get("tenant") == connector.tenant]
    tables = {other.table.name: other for other in mine if "table" in other.__dict__ and "name" in vars(other.table)}
    for rule in asked(connector):
        if not isinstance(rule.body, References):
            continue
        try:
            yield from _refers(connector, rule.body, rule.path, tables, sure)
        except Unknown:
            continue


def _refers(
    connector: Connector, body: References, path: KeyPath, tables: dict[str, Connector], sure: bool
) -> Iterator[Mistake]:
    if body.table is None or body.file is not None or body.table == connector.table.name:
        return
    other = tables.get(body.table)
    if other is None:
        if sure:
            known = [name for name in tables if name != connector.table.name]
            remedy = choose(body.table, known) or "declare the connector that publishes it"
            yield Mistake(
                (*path, "table"), f"no connector of the tenant publishes a table {show(body.table)}", remedy
            )
        return
    there = published(other)
    for place, (own, theirs) in enumerate(zip(body.columns, body.keys, strict=False)):
        at = (*path, "columns", place) if body.key is None else (*path, "key", place)
        if theirs not in there:
            yield Mistake(
                at, f"the table {show(body.table)} has no column {show(theirs)}", choose(theirs, there) or "add key:"
            )
        elif own in connector.columns:
            mine, its = aspects(connector, own), aspects(other, theirs)
            if (aspect := next((each for each in mine if mine[each] != its.get(each)), None)) is not None:
                yield Mistake(
                    at,
                    f"{show(own)} and {show(theirs)} differ in `{aspect}`{_said(mine[aspect], its.get(aspect))}: "
                    "no value would ever be found",
                    f"give both the same {aspect}",
                )


def aspects(connector: Connector, name: str) -> dict[str, object]:
    """All that two columns must have in common for equal values to be published as equal ones."""
    column = connector.columns[name]
    protect = protection(column) or "none"
    found: dict[str, object] = {"protect": protect, "type": column.type, "scale": None}
    if column.type not in NO_TEXT or column.type == "integer":
        found["type"] = "text"  # of a number its digits
    elif column.type == "decimal":
        found["scale"] = 2 if column.scale is None else column.scale
    if protect == "sha256":
        by_standard = "base64" if (column.standard or connector.standard) == "uid2" else "hex"
        found |= {"encoding": column.encoding or by_standard, "salt": column.salt, "salt_at": column.salt_at}
    elif protect == "hmac-sha256":
        found |= {"encoding": column.encoding or "hex", "secret": column.secret}
    elif protect == "tokenize":
        found |= {"secret": column.secret, "token_group": column.token_group or name}
    return found


def _said(mine: object, its: object) -> str:
    """Both, where they are words of ours: references to secrets are not repeated."""
    return f" ({mine} and {its})" if all(isinstance(each, str) and ":" not in each for each in (mine, its)) else ""


def not_lossy(connector: Connector, rule: Asked, why: str) -> Iterator[Mistake]:
    """The columns' published values can be compared. why: what would come of it, in one clause."""
    for place, name in enumerate(rule.columns):
        column = connector.columns.get(name)
        if column is not None and (found := protection(column)) in LOSSY:
            yield Mistake(
                rule.place(place),
                f"published values are compared, and under `protect: {found}` {why}",
                "choose another column, or sha256, hmac-sha256 or tokenize",
            )


def _flaw_of_file(file: str) -> tuple[str, str] | None:
    """What is wrong with a reference file's path, and the remedy; None when nothing is."""
    endings = importlib.import_module("antechamber.prepare.steps.reference").ENDINGS
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts or "://" in file:
        return "the file is not in the workspace", "write its path from the workspace's folder"
    if path.suffix.lower() not in endings:
        remedy = choose(path.suffix, endings) or f"use one of {', '.join(endings)}"
        return f"{show(path.suffix)} is no kind of reference file", remedy
    return None
