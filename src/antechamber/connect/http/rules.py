"""Rules of a `source:` of type http that no single key can tell."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from antechamber.connect.http.address import origin_of
from antechamber.connect.http.declared import ApiKey, CursorPages, HttpSource, OAuth2, Offset, PageNumber
from antechamber.connect.http.scale import Scale
from antechamber.declare.connector import Connector
from antechamber.declare.mistake import KeyPath, Mistake, told
from antechamber.declare.model import show
from antechamber.declare.path import path_of
from antechamber.declare.texts import texts_in

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"})
_WORDS = ("from", "until")


def rules(source: HttpSource, connector: Connector) -> Iterator[Mistake]:
    """Every mistake of the source. Each rule ends alone where it depends on a value that is itself a mistake."""
    each = (
        _url(source), _token_url(source), _headers(source), _keys(source), _params(source), _body(source),
        _paths(source), _pages(source), _cursor(source), _windows(source), _replaced(source, connector),
        _for_each(source), _hosts(source),
    )  # fmt: skip
    return itertools.chain.from_iterable(told(rule) for rule in each)


def _url(source: HttpSource) -> Iterator[Mistake]:
    at = ("source", "url")
    if (flaw := _flaw_of_url(source.url)) is not None:
        yield Mistake(at, *flaw)
    elif urlsplit(source.url).query or urlsplit(source.url).fragment:
        yield Mistake(at, "the url has a query", "move what stands behind the ? to params:, and keys to auth:")
    elif "{" in urlsplit(source.url).netloc:
        yield Mistake(at, "the host is not fixed", "write one source for each host")


def _token_url(source: HttpSource) -> Iterator[Mistake]:
    if isinstance(source.auth, OAuth2) and (flaw := _flaw_of_url(source.auth.token_url)) is not None:
        yield Mistake(("source", "auth", "token_url"), *flaw)


def _flaw_of_url(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        named = parts.username is not None or parts.password is not None
    except ValueError:
        return "this is not a url", "write https://host/path"
    if named:
        return "the url holds a user or a password", "move them to auth: {type: basic, user: …, password: …}"
    if origin_of(url) is not None:
        return None
    if parts.scheme == "http":
        return "plain http would send everything readable", "write https://…; http:// is for this machine only"
    return "this is not a url that can be asked", "write https://host/path"


def _headers(source: HttpSource) -> Iterator[Mistake]:
    for name, value in source.headers.items():
        at = ("source", "headers", name)
        if name.lower() in SECRET_HEADERS:
            yield Mistake(at, "this header holds a secret", "move it to auth: with a secret reference")
        elif not _is_header(name) or not value.isascii() or not value.isprintable():
            yield Mistake(at, "this is not a header", "a name of letters, digits and -, a value of printable ASCII")


def _keys(source: HttpSource) -> Iterator[Mistake]:
    if not isinstance(source.auth, ApiKey):
        return
    if not source.auth.headers and not source.auth.params:
        yield Mistake(("source", "auth"), "no key is named", "add headers: {X-Api-Key: env:NAME}, or params:")
    for name in source.auth.headers:
        if not _is_header(name):
            yield Mistake(
                ("source", "auth", "headers", name), "this is not a header's name", "use letters, digits, -"
            )


def _params(source: HttpSource) -> Iterator[Mistake]:
    for name, value in source.params.items():
        each = value if isinstance(value, list | tuple) else [value]
        if any(not isinstance(item, str | int | float) for item in each):
            yield Mistake(
                ("source", "params", name), "this is no value of a query", "write a text, a number, or a list of them"
            )


def _body(source: HttpSource) -> Iterator[Mistake]:
    if source.method == "GET" and source.body is not None:
        yield Mistake(("source", "body"), "a GET has no body", "write method: POST, or use params:")
    into = [(("source", "pages", "into"), getattr(source.pages, "into", "query"))]
    if source.cursor is not None:
        into.append((("source", "cursor", "into"), source.cursor.into))
    for path, place in into:
        if place == "body" and source.method == "GET":
            yield Mistake(path, "a GET has no body", "write method: POST, or into: query")
    try:
        json.dumps(source.body)
    except (TypeError, ValueError):
        yield Mistake(("source", "body"), "this cannot be written as JSON", "use texts, numbers, lists and mappings")


def _paths(source: HttpSource) -> Iterator[Mistake]:
    named: list[tuple[KeyPath, str | None]] = [(("source", "records"), source.records)]
    keys = ("path", "more", "total", "last")
    named += [(("source", "pages", key), getattr(source.pages, key, None)) for key in keys]
    for at, path in named:
        if path is not None and path_of(path) is None and any(sign in path for sign in '.[]="'):
            yield Mistake(at, f"{show(path)} is not a path", 'write data.items, data[0].items, or "a.b".c')
        if path is not None and source.format != "json":
            yield Mistake(at, f"an answer of format {source.format} has no paths", "remove it")


def _pages(source: HttpSource) -> Iterator[Mistake]:
    pages = source.pages
    if isinstance(pages, CursorPages) and (pages.path is None) == (pages.header is None):
        yield Mistake(
            ("source", "pages", "path"), "where the cursor stands is not told", "add one of path and header"
        )
    if isinstance(pages, PageNumber | Offset) and pages.short and pages.size is None:
        yield Mistake(("source", "pages", "short"), "what is short depends on a size", "add size:")
    if isinstance(pages, PageNumber) and pages.size_param is not None and pages.size is None:
        yield Mistake(("source", "pages", "size_param"), "there is no size to send", "add size:")


def _cursor(source: HttpSource) -> Iterator[Mistake]:
    cursor = source.cursor
    if cursor is None:
        return
    used = _placeholders(source)
    if cursor.param is None and "from" not in used:
        yield Mistake(
            ("source", "cursor", "param"),
            "the service is not told where to read from",
            "add param: with the parameter's name, or write {from} into url, params or body",
        )
    if "from" in used and cursor.start is None:
        yield Mistake(("source", "cursor", "start"), "{from} stands for nothing in the first run", "add start:")
    for key in ("format", "send"):
        if getattr(cursor, key) is not None and cursor.type not in ("timestamp", "date"):
            yield Mistake(("source", "cursor", key), f"{key} means nothing for {cursor.type}", "remove it")
    if cursor.start is not None:
        try:
            Scale(cursor).declared(cursor.start)
        except (ValueError, OverflowError):
            yield Mistake(
                ("source", "cursor", "start"),
                f"{show(cursor.start)} is no {cursor.type}",
                "write it as the records do, or as ISO 8601",
            )


def _windows(source: HttpSource) -> Iterator[Mistake]:
    cursor = source.cursor
    if cursor is None:
        return
    until = cursor.until is not None or "until" in _placeholders(source)
    at = ("source", "cursor", "windows")
    if cursor.windows is None:
        if until:
            yield Mistake(at, "until means nothing without windows", "add windows: with a number of days")
        return
    if cursor.type == "number":
        yield Mistake(at, "a number has no windows of time", "remove it")
    elif cursor.type == "date" and cursor.windows != int(cursor.windows):
        yield Mistake(at, "dates have windows of whole days", "write a whole number")
    if cursor.start is None:
        yield Mistake(("source", "cursor", "start"), "windows need a beginning", "add start:")
    if not until:
        yield Mistake(("source", "cursor", "until"), "the service is not told where a window ends", "add until:")


def _replaced(source: HttpSource, connector: Connector) -> Iterator[Mistake]:
    if source.cursor is not None and connector.table.mode == "replace":
        yield Mistake(
            ("source", "cursor"),
            "each run would replace the whole table by what changed since the last",
            "write mode: upsert with a key, or remove the cursor",
        )


def _for_each(source: HttpSource) -> Iterator[Mistake]:
    used = _placeholders(source)
    for name, values in source.for_each.items():
        at = ("source", "for_each", name)
        if not name.isidentifier() or name in _WORDS:
            yield Mistake(at, f"{show(name)} cannot be a name here", "use letters, digits and _; not from or until")
        elif name not in used:
            yield Mistake(at, f"{{{name}}} stands nowhere", "write it into url, params or body")
        if not values:
            yield Mistake(at, "the list is empty", "name at least one value")
        elif len(set(values)) < len(values):
            yield Mistake(at, "a value stands there twice", "remove one")


def _hosts(source: HttpSource) -> Iterator[Mistake]:
    for place, host in enumerate(source.hosts):
        if origin_of(f"https://{host}/") is None or "/" in host or "*" in host:
            yield Mistake(("source", "hosts", place), f"{show(host)} is not a host", "write host or host:port")


def _placeholders(source: HttpSource) -> set[str]:
    """The names that stand in braces somewhere, of those that could."""
    names = {*source.for_each, *_WORDS}
    texts = [source.url, *texts_in(dict(source.params)), *texts_in(source.body)]
    return {name for name in names if any(f"{{{name}}}" in text for text in texts)}


def _is_header(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()
