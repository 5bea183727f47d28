"""Addresses: which may be asked, with credentials or without, and how they are shown."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: what credentials are meant for."""

    scheme: str
    host: str
    port: int

    def is_named(self, hosts: Iterable[str]) -> bool:
        """Whether one of `host` or `host:port` names it; without a port it means the scheme's own."""
        plain = f"[{self.host}]" if ":" in self.host else self.host
        names = {f"{plain}:{self.port}", *([plain] if self.port == PORTS[self.scheme] else [])}
        return any(host.lower() in names for host in hosts)


def origin_of(url: str) -> Origin | None:
    """The origin of an absolute URL that may be asked at all, or None.

    None: no http(s), no host, with user information, or plain http to anything but this machine.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host or parts.username is not None or parts.password is not None:
        return None
    if any(character.isspace() or not character.isprintable() for character in url):
        return None
    if parts.scheme == "http" and not is_local(host):
        return None
    return Origin(parts.scheme, host, port or PORTS[parts.scheme])


def is_local(host: str) -> bool:
    """Whether a host is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def with_params(url: str, params: Iterable[tuple[str, str]]) -> str:
    """The URL with these query parameters in the place of its own of the same names."""
    params = list(params)
    if not params:
        return url
    parts = urlsplit(url)
    names = {name for name, _ in params}
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in names]
    return urlunsplit(parts._replace(query=urlencode([*kept, *params])))


def without_params(url: str, names: Iterable[str]) -> str:
    """The URL without these query parameters."""
    names = set(names)
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not any(name in names for name, _ in pairs):
        return url
    return urlunsplit(parts._replace(query=urlencode([pair for pair in pairs if pair[0] not in names])))


def shown(url: str) -> str:
    """Host and path: nothing of a URL that may hold a secret or a value."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{host}{parts.path}".rstrip("/")
