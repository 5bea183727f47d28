"""Rules of `quality:`, in a column and for the table."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime

from antechamber.declare.connector import Column, Connector
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import Model, show
from antechamber.declare.quality import (
    Asked,
    Freshness,
    Length,
    OneOf,
    Pattern,
    Range,
    References,
    RowCount,
    RunRule,
    Unique,
    asked,
)
from antechamber.declare.rules.references import NO_TEXT, not_lossy, references_rule
from antechamber.declare.rules.table import protection, published

NUMBERS = ("integer", "decimal", "float")
TIMES = ("date", "timestamp")


def quality_rules(connector: Connector) -> list[Iterator[Mistake]]:
    """Every rule of a connector's quality rules."""
    rules: list[Iterator[Mistake]] = [_something_said(connector)]
    for each in asked(connector):
        rules += [_columns(connector, each), _of_records(each), _own(connector, each)]
    return rules


def flaw_of_pattern(pattern: str) -> tuple[str, str] | None:
    """What is wrong with a regular expression, and the remedy; None when nothing is."""
    found: tuple[str, str] | None = importlib.import_module("antechamber.prepare.steps.pattern").flaw_of_pattern(
        pattern
    )
    return found


def _something_said(connector: Connector) -> Iterator[Mistake]:
    places: list[tuple[KeyPath, object]] = [(("quality",), connector.__dict__.get("quality"))]
    for name, column in connector.columns.items():
        places.append((("columns", name, "quality"), column.__dict__.get("quality")))
    for path, quality in places:
        if not isinstance(quality, Model) or quality.model_fields_set:
            continue
        if vars(quality).keys() >= type(quality).model_fields.keys():
            options = ", ".join(type(quality).model_fields)
            yield Mistake(path, "no rule is named", f"name one of {options}; or remove the key")


def _columns(connector: Connector, rule: Asked) -> Iterator[Mistake]:
    """The columns are published ones, each once."""
    there = published(connector)
    for place, name in enumerate(rule.columns):
        path = rule.place(place)
        if name in there:
            continue
        if path[:1] == ("columns",):
            yield Mistake(
                path[:3], "`quality` means nothing for a column that is dropped", "remove it, or publish the column"
            )
        elif name in connector.columns:
            yield Mistake(path, f"the column {show(name)} is dropped", "remove protect: drop, or choose another")
        else:
            yield Mistake(
                path, f"{show(name)} is not a published column", choose(name, there) or "name it under columns"
            )
    for place, name in repeated(rule.columns):
        yield Mistake(rule.place(place), f"{show(name)} is in the list before", "remove it")


def _of_records(rule: Asked) -> Iterator[Mistake]:
    if isinstance(rule.body, RunRule) and rule.then == "quarantine":
        yield Mistake(
            (*rule.path, "then"),
            f"{rule.name} judges a run as a whole: there is no record to be held back",
            "write then: warn or then: fail",
        )


def _own(connector: Connector, rule: Asked) -> Iterator[Mistake]:
    """What holds of rules of one kind."""
    body, path = rule.body, rule.path
    columns = [connector.columns[name] for name in rule.columns if name in connector.columns]
    match body:
        case Range():
            yield from _range(body, columns[0], path)
        case OneOf():
            yield from _for_text(columns[0], path, "one_of", also=("integer",))
            valid = columns[0].one_of
            if valid and not set(valid) & set(body.values):
                yield Mistake(
                    (*path, "values"),
                    "none of them is in the column's own one_of: no value would pass",
                    "name values that are valid, or remove the rule",
                )
            for place, value in repeated(body.values):
                yield Mistake((*path, "values", place), f"{show(value)} is in the list before", "remove it")
        case Pattern():
            yield from _for_text(columns[0], path, "pattern")
            if (flaw := flaw_of_pattern(body.matches)) is not None:
                yield Mistake((*path, "matches"), *flaw)
            elif flaw_of_pattern(body.whole) is not None:
                yield Mistake(
                    (*path, "matches"), "the pattern cannot describe a whole value", "leave out the comment of (?x)"
                )
        case Length():
            yield from _for_text(columns[0], path, "length")
            yield from _between(body.min, body.max, path)
        case Unique():
            yield from _unique(connector, rule)
        case Freshness():
            yield from _fresh(columns, rule)
        case RowCount():
            yield from _row_count(body, path)
        case References():
            yield from references_rule(connector, body, rule)


def _for_text(column: Column, path: KeyPath, rule: str, also: tuple[str, ...] = ()) -> Iterator[Mistake]:
    if column.type in NO_TEXT and column.type not in also:
        other = " use range" if column.type in (*NUMBERS, *TIMES) else " remove it"
        yield Mistake(path, f"`{rule}` is for text, and type {column.type} is none", other.strip())


def _between(least: int | None, most: int | None, path: KeyPath) -> Iterator[Mistake]:
    if least is None and most is None:
        yield Mistake(path, "neither min nor max is given", "add min:, max: or both")
    elif least is not None and most is not None and least > most:
        yield Mistake((*path, "max"), f"{most} is less than min, {least}", "write a greater number")


def _range(body: Range, column: Column, path: KeyPath) -> Iterator[Mistake]:
    if column.type not in (*NUMBERS, *TIMES):
        yield Mistake(
            path,
            f"`range` means nothing for type {column.type}",
            f"remove it: it is for {', '.join((*NUMBERS, *TIMES))}",
        )
        return
    if body.min is None and body.max is None:
        yield Mistake(path, "neither min nor max is given", "add min:, max: or both")
    known = []
    for key in ("min", "max"):
        bound = getattr(body, key)
        if bound is None:
            continue
        if column.type in NUMBERS:
            if isinstance(bound, str):
                yield Mistake(
                    (*path, key),
                    f"{show(bound)} is not a number",
                    "write digits, without quotes: the values are numbers",
                )
            else:
                known.append(bound)
        elif not isinstance(bound, str):
            yield Mistake((*path, key), f"expected a day or a moment, found {bound:g}", 'write it as "2026-01-31"')
        elif (moment := moment_in(bound)) is None or (column.type == "date" and len(bound) > len("2026-01-31")):
            what = "a day" if column.type == "date" else "a day or a moment"
            example = "2026-01-31" if column.type == "date" else "2026-01-31 or 2026-01-31T12:00:00Z"
            yield Mistake((*path, key), f"{show(bound)} is not {what}", f"write it as {example}")
        else:
            known.append(moment.timestamp())
    if len(known) == 2 and known[0] > known[1]:
        yield Mistake((*path, "max"), "max is less than min: no value would pass", "write a greater one")


def moment_in(text: str) -> datetime | None:
    """A day or a moment of ISO 8601 as one with a zone, UTC when it names none; None when it is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _unique(connector: Connector, rule: Asked) -> Iterator[Mistake]:
    table = connector.table
    yield from not_lossy(connector, rule, "equal values are not told from different ones")
    for place, name in enumerate(rule.columns):
        column = connector.columns.get(name)
        if column is not None and column.type == "float" and protection(column) in (None, "none"):
            yield Mistake(
                rule.place(place),
                f"{show(name)} is a float, of which no two are sure to be equal",
                "use type decimal",
            )
    if table.mode != "upsert" or not table.keys:
        return
    if set(table.keys) <= set(rule.columns):
        yield Mistake(
            rule.path, "the table's key is in it, and an upsert keeps one record of each key", "remove the rule"
        )
    elif rule.then == "quarantine":
        yield Mistake(
            (*rule.path, "then"),
            "in a table of mode upsert a record that is held back leaves an earlier one of its key there, "
            "which may have the value as well",
            "write then: warn or then: fail",
        )


def _fresh(columns: list[Column], rule: Asked) -> Iterator[Mistake]:
    for column in columns:
        if column.type not in TIMES:
            yield Mistake(
                (*rule.path, "column"),
                f"`freshness` needs a date or a timestamp, not type {column.type}",
                "name another",
            )
        elif (found := protection(column)) not in (None, "none"):
            yield Mistake(
                (*rule.path, "column"),
                f"published values are looked at, and `protect: {found}` leaves no time in them",
                "name a column that is published as it is",
            )


def _row_count(body: RowCount, path: KeyPath) -> Iterator[Mistake]:
    if body.min is None and body.max is None and body.change is None:
        yield Mistake(path, "nothing is said of the count", "add min:, max: or change:")
    elif body.min is not None and body.max is not None:
        yield from _between(body.min, body.max, path)
    if body.change is None and "over" in body.model_fields_set:
        yield Mistake((*path, "over"), "only `change` looks at the last runs", "add change: 30%, or remove it")
