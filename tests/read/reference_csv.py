"""The CSV rules of docs/why/csv.md once more: one character at a time, whole file in memory, nothing shared."""

from __future__ import annotations

from dataclasses import dataclass, field

from antechamber.declare import Csv


@dataclass
class Expected:
    """What a file holds. records: (line, values). malformed: (line, reason, raw)."""

    columns: tuple[str, ...] = ()
    records: list[tuple[int, list[str | None]]] = field(default_factory=list)
    malformed: list[tuple[int, str, str]] = field(default_factory=list)


class Broken(Exception):
    """A record whose quoting is broken, or that is too long."""


def read(data: bytes, format: Csv, longest: int) -> Expected:
    """Read a UTF-8 file."""
    text = data.decode("utf-8", "surrogateescape")
    expected = Expected(columns=() if format.header else format.names)
    awaiting_header = format.header
    at, line = 0, 1
    while at < len(text):
        if text[at] in "\r\n":
            at, line = past_line_end(text, at), line + 1
            continue
        try:
            end, values = one_record(text, at, format, longest)
        except Broken as broken:
            end = at
            while end < len(text) and text[end] not in "\r\n":
                end += 1
            if awaiting_header:
                raise
            expected.malformed.append((line, str(broken), printable(text[at:end])))
            at, line = past_line_end(text, end), line + 1
            continue
        raw = text[at:end]
        if awaiting_header:
            expected.columns, awaiting_header = tuple(values), False
        elif any("\udc80" <= char <= "\udcff" for char in raw):
            expected.malformed.append((line, "bytes that are not UTF-8", printable(raw)))
        elif "\0" in raw:
            expected.malformed.append((line, "a NUL character", printable(raw)))
        elif len(values) != len(expected.columns):
            reason = f"expected {len(expected.columns)} fields, found {len(values)}"
            expected.malformed.append((line, reason, printable(raw)))
        else:
            expected.records.append((line, [None if value in format.null else value for value in values]))
        after = past_line_end(text, end)
        line += line_ends(text, at, after)
        at = after
    return expected


def one_record(text: str, start: int, format: Csv, longest: int) -> tuple[int, list[str]]:
    """Where the record ends, and its values."""
    escape = format.escape if format.escape != format.quote else ""
    values: list[str] = []
    value, state = "", "begin"
    at, size = start, 0
    while True:
        if size > longest:
            raise Broken(f"longer than {longest:,} bytes: a quote may be open")
        if at == len(text):
            if state == "quoted":
                raise Broken("a quote that is never closed")
            return at, [*values, value]
        char = text[at]
        size += len(char.encode("utf-8", "surrogateescape"))
        at += 1
        if state == "quoted":
            if escape and char == escape:
                if at == len(text):
                    raise Broken("a quote that is never closed") if size <= longest else too_long(longest)
                value += text[at]
                size += len(text[at].encode("utf-8", "surrogateescape"))
                at += 1
            elif char == format.quote:
                if at < len(text) and text[at] == format.quote:
                    value += char
                    size += 1
                    at += 1
                else:
                    state = "closed"
            else:
                value += char
        elif char == format.delimiter:
            values.append(value)
            value, state = "", "begin"
        elif char in "\r\n":
            return at - 1, [*values, value]
        elif state == "closed":
            raise Broken("text after a closing quote")
        elif state == "begin" and format.quote and char == format.quote:
            state = "quoted"
        elif escape and char == escape:
            if at == len(text):
                if size > longest:
                    raise too_long(longest)
                raise Broken("an escape character with nothing after it")
            value += text[at]
            size += len(text[at].encode("utf-8", "surrogateescape"))
            at += 1
            state = "plain"
        else:
            value += char
            state = "plain"


def too_long(longest: int) -> Broken:
    """The reason of a record that has no end within the limit."""
    return Broken(f"longer than {longest:,} bytes: a quote may be open")


def past_line_end(text: str, at: int) -> int:
    """Behind the line end at a place, or the text's end."""
    return min(at + (2 if text[at : at + 2] == "\r\n" else 1), len(text))


def line_ends(text: str, start: int, end: int) -> int:
    """How many physical lines end in a stretch that no line end straddles."""
    count = 0
    while start < end:
        if text[start] in "\r\n":
            count += 1
            start = past_line_end(text, start)
        else:
            start += 1
    return count


def printable(raw: str) -> str:
    """Bytes that are no character as \\xNN."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
