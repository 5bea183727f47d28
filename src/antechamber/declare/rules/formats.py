"""Rules of a `format:`."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from antechamber.declare.connector import Connector
from antechamber.declare.format import Csv, FixedWidth, Json, TextFormat
from antechamber.declare.mistake import KeyPath, Mistake, choose, repeated
from antechamber.declare.model import show
from antechamber.declare.path import path_of
from antechamber.declare.source import FileSource

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "iso-8859-15", "shift_jis", "cp932",
             "gb18030", "big5", "euc-jp", "euc-kr", "koi8-r", "cp1251", "cp1250", "mac-roman", "ascii")  # fmt: skip
"""Encodings that are suggested; any that Python knows is accepted."""


def format_rules(connector: Connector, source: FileSource) -> list[Iterator[Mistake]]:
    """Every rule of a file source's `format:`."""
    format = source.__dict__.get("format")
    rules = [_encoding(format)] if isinstance(format, TextFormat) else []
    if isinstance(format, Csv):
        rules += [_dialect(format), _names(format), _named_columns(connector, format)]
    elif isinstance(format, FixedWidth):
        rules += [_length(format), _bytes(format), _placed_columns(connector, format)]
    elif isinstance(format, Json):
        rules += [_records(format)]
    return rules


def _encoding(format: TextFormat) -> Iterator[Mistake]:
    try:
        "".encode(format.encoding)  # refuses also what is no encoding of text, such as base64
        known = codecs.lookup(format.encoding).incrementaldecoder is not None
    except (LookupError, ValueError):
        known = False
    if not known:
        remedy = choose(format.encoding, ENCODINGS)
        yield Mistake(("source", "format", "encoding"), f"{show(format.encoding)} is not an encoding", remedy)


def _dialect(format: Csv) -> Iterator[Mistake]:
    at: KeyPath = ("source", "format")
    specials = {"delimiter": format.delimiter, "quote": format.quote, "escape": format.escape}
    for key, char in specials.items():
        if char in ("\r", "\n", "\0"):
            yield Mistake((*at, key), "a line end or NUL cannot stand here", "choose another character")
    for key, other in (("quote", "delimiter"), ("escape", "delimiter")):
        if specials[key] and specials[key] == specials[other]:
            path = (*at, key if key in format.model_fields_set else other)
            yield Mistake(path, f"{key} and {other} are the same character", "choose another character")


def _names(format: Csv) -> Iterator[Mistake]:
    at: KeyPath = ("source", "format", "names")
    if not format.header and not format.names:
        yield Mistake(at, "a file without a header needs names", "add names: [one, two, …], in the file's order")
    if format.header and format.names:
        yield Mistake(
            at,
            "names are given, and the files have a header",
            "add header: false, or remove names and rename with `source:` under the column",
        )
    for place, name in repeated(format.names):
        yield Mistake((*at, place), f"{show(name)} is in the list before", "give each column a name of its own")


def _named_columns(connector: Connector, format: Csv) -> Iterator[Mistake]:
    """A file without a header has the columns that `names` lists and no others."""
    if not format.header and format.names:
        yield from _only(connector, format.names)


def _placed_columns(connector: Connector, format: FixedWidth) -> Iterator[Mistake]:
    """Lines of fixed width have the columns that are placed and no others."""
    yield from _only(connector, tuple(format.columns))


def _only(connector: Connector, names: tuple[str, ...]) -> Iterator[Mistake]:
    made: set[str] = set()
    for place, step in enumerate(connector.__dict__.get("steps", ())):
        for wanted in dict.fromkeys(step.reads):
            if wanted not in names and wanted not in made:
                yield Mistake(
                    ("steps", place, step.NAME),
                    f"the files have no column {show(wanted)}",
                    choose(wanted, [*names, *sorted(made)]) or "name it in the format",
                )
        made |= set(step.makes)
    names = (*names, *(name for name in sorted(made) if name not in names))
    for name, column in connector.columns.items():
        for key in ("source", "region_from", "country_from"):
            wanted = column.__dict__.get(key, name) or (name if key == "source" else None)
            if key in column.__dict__ and wanted is not None and wanted not in names:
                yield Mistake(
                    ("columns", name, key),
                    f"the files have no column {show(wanted)}",
                    choose(wanted, names) or "name it in the format",
                )


def _length(format: FixedWidth) -> Iterator[Mistake]:
    longest = max(end for _, end in format.slices.values())
    if format.length is not None and format.length < longest:
        yield Mistake(
            ("source", "format", "length"),
            "a column ends behind the line's end",
            f"write {longest} or more, or remove it",
        )


def _bytes(format: FixedWidth) -> Iterator[Mistake]:
    if format.unit == "bytes" and "\n".encode(format.encoding) != b"\n":
        yield Mistake(
            ("source", "format", "unit"),
            f"places in {show(format.encoding)} cannot be counted in bytes",
            "write characters, or remove it",
        )


def _records(format: Json) -> Iterator[Mistake]:
    if format.records is None:
        return
    path = path_of(format.records)
    # One key alone is no path, and means itself.
    sound = (
        not set('.[]="') & set(format.records) if path is None else all(isinstance(step, str) for step in path.steps)
    )
    if not sound:
        yield Mistake(
            ("source", "format", "records"),
            f"{show(format.records)} is not a path of keys",
            'write keys with dots between them: data.items; a key with a dot in it in double quotes: data."my.items"',
        )
