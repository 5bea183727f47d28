"""Paths and URLs in declarations."""

from __future__ import annotations

import re

from antechamber.declare.mistake import choose
from antechamber.declare.model import show

SCHEMES = ("file", "s3", "gs", "az", "abfs", "abfss", "http", "https")
"""The kinds of URL that `antechamber.store` opens."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def flaw_of_location(text: str, *, absolute: bool) -> tuple[str, str] | None:
    """What is wrong with a path or URL, and the remedy; None when nothing is.

    absolute: whether a path that begins with / or ~ is allowed.
    """
    if not text.strip():
        return "the path is empty", "write a path or a URL"
    if text != text.strip() or not text.isprintable():
        return "the path has white space around it or an invisible character in it", "remove it"
    url = _SCHEME.match(text)
    if url is not None:
        flaw = _flaw_of_url(url[1], text[url.end() :])
        if flaw is not None:
            return flaw
    elif (flaw := _flaw_of_path(text, absolute)) is not None:
        return flaw
    if ".." in re.split(r"[/\\]", text):
        return "the path climbs with '..'", "write the path from the store's top, or a URL"
    return None


def flaw_of_glob(text: str) -> tuple[str, str] | None:
    """What is wrong with a pattern of files."""
    if "[" in re.sub(r"\[[!^]?\]?[^\]/]*\]", "", text):
        return "a '[' of the pattern is not closed", "close it with ']', or write [[] for a '[' as it stands"
    return None


def _flaw_of_url(scheme: str, rest: str) -> tuple[str, str] | None:
    if scheme not in SCHEMES:
        return f"{show(scheme + '://')} is not a kind of store", choose(scheme, SCHEMES)
    host = rest.partition("/")[0]
    if "@" in host and scheme not in ("abfs", "abfss"):
        # abfs writes container@account; everywhere else a secret stands before the @, so nothing is repeated.
        return "the URL holds a user or password", "remove it: the environment gives the store's credentials"
    if scheme == "file" and host not in ("", "localhost"):
        return f"{show('file://' + host)} names another machine", f"write file:///{host}/…"
    if scheme != "file" and not host:
        return f"the URL names no {'host' if scheme.startswith('http') else 'bucket'}", f"write {scheme}://name/…"
    return None


def _flaw_of_path(text: str, absolute: bool) -> tuple[str, str] | None:
    if not absolute and text.startswith("/"):
        return (
            "the path is not relative to the store",
            f"write it from the store's top, or as file://{show(text)[1:-1]}",
        )
    if not absolute and text.startswith("~"):
        return "the path is not relative to the store", "write it from the store's top, or as file:///…"
    if re.match(r"[A-Za-z]:[/\\]", text) or ("\\" in text and "/" not in text):
        return "the path is written with backslashes or a drive", "write it with /; a drive as file:///C:/…"
    unfinished = re.match(r"([a-z0-9]+):/?(?!/)", text)
    if unfinished is not None and unfinished[1] in SCHEMES:
        return f"{show(unfinished[0])} begins neither a path nor a URL", f"write {unfinished[1]}://…"
    return None
