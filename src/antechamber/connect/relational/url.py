"""Connection URLs: taken apart without ever being repeated in a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from antechamber.errors import SourceError


@dataclass(frozen=True)
class Url:
    """`scheme://user:password@host:port/path?parameters`, decoded; user and password are in no `repr`."""

    reference: str
    host: str
    port: int | None
    path: tuple[str, ...]
    parameters: Mapping[str, str] = field(repr=False)
    user: str = field(repr=False, default="")
    password: str = field(repr=False, default="")


def take_apart(url: str, *, scheme: str, reference: str, form: str, known: Sequence[str]) -> Url:
    """A URL's parts. form: what it should look like. known: its parameters. Raises SourceError without the URL."""
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = parts.port
    except ValueError:
        raise SourceError("the connection URL cannot be parsed", where=reference, remedy=f"write {form}") from None
    if parts.scheme != scheme or not parts.hostname or parts.fragment:
        raise SourceError(f"the secret is not a {scheme} URL", where=reference, remedy=f"write {form}")
    if any(name not in known for name in given):
        raise SourceError(
            "the connection URL has a parameter that is not known",
            where=reference,
            remedy=f"use {', '.join(known)}" if known else "leave parameters out",
        )
    return Url(
        reference=reference,
        host=unquote(parts.hostname),
        port=port,
        path=tuple(unquote(part) for part in parts.path.split("/") if part),
        parameters=given,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
