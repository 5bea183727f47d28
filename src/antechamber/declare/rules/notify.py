"""`notify:` entries: where runs are announced."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, urlsplit

from antechamber.declare.mistake import KeyPath, Mistake

FORMS = "use log:, https://host/path or smtp://host:port/address"


def notify_rules(entries: Iterable[str], at: KeyPath) -> Iterator[Mistake]:
    """What is wrong with each entry. An entry is never repeated: webhooks hold secrets in their paths."""
    for place, entry in enumerate(entries):
        flaw = flaw_of_notify(entry)
        if flaw is not None:
            yield Mistake((*at, place), *flaw)


def flaw_of_notify(text: str) -> tuple[str, str] | None:
    """What is wrong with one entry, and the remedy; None when nothing is."""
    if text == "log:":
        return None
    if text.startswith("log"):
        return "only 'log:' itself announces to the log", 'write "log:"'
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return "this is not a URL", FORMS
    if url.scheme not in ("https", "http", "smtp") or not text.isprintable() or " " in text:
        return "this is not a place that can be notified", FORMS
    if not url.hostname or not text.startswith(f"{url.scheme}://"):
        return "the URL names no host", FORMS
    if "@" in url.netloc:
        return "the URL holds a user or password", "remove it: a declaration holds no secret"
    if url.scheme == "http" and not _is_loopback(url.hostname):
        return "a webhook without TLS may only be on this machine", "use https://"
    return _flaw_of_smtp(url, port) if url.scheme == "smtp" else None


def _flaw_of_smtp(url: SplitResult, port: int | None) -> tuple[str, str] | None:
    if not port:
        return "the mail server's port is missing", "write smtp://host:port/address, with port 25 or 587"
    if not re.fullmatch(r"/[^/@\s]+@[^/@\s]+", url.path):
        return "the address to send to is missing or not one", "write smtp://host:port/name@domain"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
