"""Parts: what a run asks for, one for each combination of `for_each` and each window of time."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from antechamber.connect.http.address import shown
from antechamber.connect.http.declared import Cursor, HttpSource
from antechamber.connect.http.pages import Ask
from antechamber.connect.http.scale import Scale
from antechamber.errors import SourceError

MOST = 100_000
"""Parts of one run."""


@dataclass(frozen=True)
class Part:
    """One thing to ask for, page by page.

    id: without secrets and values of records. group: its combination of `for_each`.
    after, before: bounds of its records' cursor, the first included, the second not; None: none.
    """

    id: str
    group: str
    ask: Ask
    after: Decimal | None = None
    before: Decimal | None = None


def name_of(declared: HttpSource) -> str:
    """What messages call the source."""
    return shown(declared.url)


def identity_of(declared: HttpSource) -> str:
    """Tells one source from another in a recorded mark: all that decides which records are asked for."""
    of = [declared.url, declared.method, dict(declared.params), declared.body, declared.records]
    of.append(declared.cursor.field if declared.cursor else None)
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()[:16]


def parts(declared: HttpSource, marks: Mapping[str, Decimal], now: Decimal | None) -> Iterator[Part]:
    """All parts, in order.

    marks: group → the value that it was read up to. now: the time on the cursor's scale. Raises SourceError.
    """
    name, cursor = name_of(declared), declared.cursor
    made = 0
    for values in itertools.product(*declared.for_each.values()):
        chosen = dict(zip(declared.for_each, values, strict=True))
        group = ",".join(f"{key}={value}" for key, value in chosen.items())
        for after, before, words in _spans(cursor, marks.get(group), now, name):
            made += 1
            if made > MOST:
                raise SourceError(
                    f"there are more than {MOST:,} parts", where=name, remedy="declare longer windows, a later start"
                )
            told = ",".join(filter(None, [group, f"{words['from']}..{words['until']}" if before is not None else ""]))
            yield Part(f"{name}#{told}" if told else name, group, _ask(declared, {**chosen, **words}), after, before)


def _spans(
    cursor: Cursor | None, mark: Decimal | None, now: Decimal | None, name: str
) -> Iterator[tuple[Decimal | None, Decimal | None, dict[str, str]]]:
    """(after, before, the words for `from` and `until`)."""
    if cursor is None:
        yield None, None, {}
        return
    scale = Scale(cursor)
    after = mark - scale.lateness if mark is not None else _start(cursor, scale, name)
    if cursor.windows is None or now is None:
        yield after, None, {"from": _sent(after, cursor, scale)} if after is not None else {}
        return
    if after is None:
        raise SourceError("windows need a `start`", where=name, remedy="add cursor.start")
    size = scale.days(cursor.windows)
    # Whole windows, so that a service that knows no fractions cuts nothing off.
    grain = min(size, scale.days(1))
    begin = after // grain * grain
    while True:
        end = begin + size
        for bound in (begin, end):
            if not scale.is_exact(bound):
                raise SourceError("cursor.send cannot tell the windows' bounds", where=name, remedy="add %H:%M:%S")
        last = end > now
        words = {"from": _sent(begin, cursor, scale), "until": scale.sent(end)}
        yield max(after, begin), end, words
        if last:
            return
        begin = end


def _start(cursor: Cursor, scale: Scale, name: str) -> Decimal | None:
    if cursor.start is None:
        return None
    try:
        return scale.declared(cursor.start)
    except ValueError:
        raise SourceError(
            f"cursor.start is no {cursor.type}", where=name, remedy="write it as the records do, or as ISO 8601"
        ) from None


def _sent(value: Decimal, cursor: Cursor, scale: Scale) -> str:
    return scale.sent(value - scale.step if cursor.exclusive else value)


def _ask(declared: HttpSource, words: Mapping[str, str]) -> Ask:
    url = declared.url
    for word, value in words.items():
        url = url.replace(f"{{{word}}}", quote(value, safe=""))
    ask = Ask(url, _filled(dict(declared.params), words), _filled(declared.body, words))
    cursor = declared.cursor
    if cursor is not None:
        for param, word in ((cursor.param, "from"), (cursor.until, "until")):
            if param is not None and word in words:
                ask = ask.with_value(param, words[word], cursor.into)
    return ask


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(f"{{{word}}}", text)
        return value
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, words) for each in value]
    return value
