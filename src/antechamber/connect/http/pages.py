"""Pages: which request follows an answer, and when there is none."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from antechamber.connect.http.declared import CursorPages, LinkHeader, NextUrl, Offset, PageNumber
from antechamber.connect.http.document import NOTHING, Number, Record, json_of, text_of, walk, way
from antechamber.errors import SourceError

log = logging.getLogger("antechamber.connect.http")

Style = PageNumber | Offset | CursorPages | NextUrl | LinkHeader


@dataclass(frozen=True)
class Ask:
    """What to ask for. params: over those of the url. body: JSON, or None."""

    url: str
    params: Mapping[str, Any]
    body: Any = None

    def with_value(self, name: str, value: Any, into: str) -> Ask:
        """The same with a parameter, in the query or at a path of the body."""
        if into == "query":
            return replace(self, params={**self.params, name: value})
        return replace(self, body=_with(self.body, name.split("."), value))


@dataclass(frozen=True)
class Page:
    """An answer: its records, the document they were in, its headers, and the URL that it came from."""

    records: Sequence[Record]
    document: Any
    headers: Mapping[str, str]
    url: str


def pages(style: Style | None, ask: Ask, fetch: Callable[[Ask], Page], *, most: int, where: str) -> Iterator[Page]:
    """All pages, from the first. Raises SourceError for pages that go in circles, end too early or not at all."""
    turns = _Turns(style, where)
    ask = turns.first(ask)
    for _ in range(most):
        page = fetch(ask)
        yield page
        following = turns.next(ask, page)
        if following is None:
            return
        ask = following
    raise SourceError(
        f"there are more than {most:,} pages", where=where, remedy="raise `max_pages`, or check how the pages end"
    )


class _Turns:
    """How far a part has come."""

    def __init__(self, style: Style | None, where: str) -> None:
        self._style, self._where = style, where
        self._count, self._number = 0, getattr(style, "first", 0)
        self._seen: set[bytes] = set()
        self._last: bytes = b""
        self._pages = 0

    def first(self, ask: Ask) -> Ask:
        style = self._style
        if isinstance(style, PageNumber | Offset):
            ask = ask.with_value(style.param, self._number, style.into)
            if style.size is not None and style.size_param is not None:
                ask = ask.with_value(style.size_param, style.size, style.into)
        return ask

    def next(self, ask: Ask, page: Page) -> Ask | None:
        style = self._style
        if style is None:
            return None
        self._count += len(page.records)
        self._pages += 1
        total, more = self._whole(page, style.total, "total"), self._flag(page, style.more)
        following = None
        if more is not False:
            if isinstance(style, PageNumber | Offset):
                following = self._counted(style, ask, page, total, more)
            else:
                following = self._pointed(style, ask, page)
                if more and following is None:
                    raise self._error("the answer says that there are more pages, and not which", "check pages")
        if following is None and total is not None and self._count < total:
            raise self._error(
                f"the pages ended after {self._count:,} of {total:,} records",
                "run again: records may have been deleted meanwhile; else check pages, and the service's limits",
            )
        return following

    def _counted(
        self, style: PageNumber | Offset, ask: Ask, page: Page, total: int | None, more: bool | None
    ) -> Ask | None:
        found = len(page.records)
        if total is not None and self._count >= total:
            return None
        if isinstance(style, PageNumber) and (last := self._whole(page, style.last, "last")) is not None:
            if self._number >= last:
                return None
        elif not found and not more:
            return None
        if style.short and style.size is not None and found < style.size:
            return None
        if isinstance(style, Offset) and not found:
            raise self._error("an answer without records says that there are more", "check pages.more")
        self._check_moving(page)
        self._number += 1 if isinstance(style, PageNumber) else found
        return ask.with_value(style.param, self._number, style.into)

    def _pointed(self, style: CursorPages | NextUrl | LinkHeader, ask: Ask, page: Page) -> Ask | None:
        pointer: Any
        if isinstance(style, CursorPages) and style.header is not None:
            pointer = page.headers.get(style.header)
        elif isinstance(style, LinkHeader):
            pointer = next_link(page.headers.get("Link") or "")
        else:
            pointer = self._at(page, style.path)
        if pointer in (None, NOTHING, "", False):
            if self._pages == 1 and page.records:
                # A misspelled path looks just like a last page.
                log.info("%s: the first answer points to no other, so it is all", self._where)
            return None
        if isinstance(pointer, list | dict):
            raise self._error("what is at pages.path is neither text nor a number", "check pages.path")
        mark = hashlib.sha256(str(pointer).encode("utf-8", "surrogatepass")).digest()
        if mark in self._seen:
            raise self._error("the pages go in circles: one points to a page before it", "check pages")
        self._seen.add(mark)
        if isinstance(style, CursorPages):
            return ask.with_value(style.param, pointer, style.into)
        return Ask(urljoin(page.url, str(pointer)), {}, ask.body)

    def _check_moving(self, page: Page) -> None:
        """Two pages alike: the service does not know the parameter, and would give its first page for ever."""
        if not page.records:
            return
        text = "\n".join(map(json_of, page.records))
        mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        if mark == self._last:
            raise self._error(
                "two pages one after the other are the same", "check pages.param: the service seems not to know it"
            )
        self._last = mark

    def _at(self, page: Page, path: str | None) -> Any:
        return walk(page.document, way(path)) if path is not None else NOTHING

    def _whole(self, page: Page, path: str | None, key: str) -> int | None:
        if path is None or (value := self._at(page, path)) in (None, NOTHING):
            return None
        text = text_of(value) or ""
        if not re.fullmatch(r"[0-9]{1,15}", text):
            raise self._error(f"what is at pages.{key} is no whole number", f"check pages.{key}")
        return int(text)

    def _flag(self, page: Page, path: str | None) -> bool | None:
        if path is None:
            return None
        value = self._at(page, path)
        flags = {"true": True, "false": False, "1": True, "0": False}
        if value is None or value is NOTHING:
            return False
        if (text := (text_of(value) or "").lower()) not in flags:
            raise self._error("what is at pages.more is neither true nor false", "check pages.more")
        return flags[text]

    def _error(self, what: str, remedy: str) -> SourceError:
        return SourceError(what, where=self._where, remedy=remedy)


def next_link(header: str) -> str | None:
    """The target of the first link with relation `next` in a header Link (RFC 8288, 3), or None."""
    for target, params in re.findall(
        r'<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)', header
    ):
        relation = re.search(r';\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))', params, re.IGNORECASE)
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return str(target).strip()
    return None


def _with(body: Any, keys: Sequence[str], value: Any) -> Any:
    if isinstance(value, Number):
        value = int(value) if re.fullmatch(r"-?[0-9]+", value) else float(value)
    if not keys:
        return value
    fields = dict(body) if isinstance(body, dict) else {}
    fields[keys[0]] = _with(fields.get(keys[0]), keys[1:], value)
    return fields
