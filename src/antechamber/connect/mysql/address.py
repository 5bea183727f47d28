"""Where a MySQL or MariaDB server is and how it may be reached: the URL, checked, with safe defaults filled in."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from antechamber.connect.relational.hosts import is_local
from antechamber.errors import SourceError

SCHEMES = ("mysql", "mariadb")
PARAMETERS = ("tls", "ca", "cert", "key", "unix_socket", "connect_timeout")
MODES = ("verify", "require", "disable")
CONNECT_TIMEOUT_S = 15
PORT = 3306


@dataclass(frozen=True)
class Address:
    """A server and a database. user and password are in no `repr` and in no error.

    reference: the secret reference that the URL came from: what errors name as the place.
    tls: how to encrypt; None: not at all.
    """

    user: str = field(repr=False)
    password: str = field(repr=False)
    reference: str
    host: str
    port: int
    database: str
    socket: str | None
    tls: ssl.SSLContext | None
    timeout: int


def parse(url: str, reference: str) -> Address:
    """The address behind `mysql://user:password@host:3306/database`, encrypted where it is not on this machine.

    Parameters: `tls=verify` (default off this machine; `ca=` names an authority's file, `cert=` and `key=` a client
    certificate), `tls=require` (encrypts without checking whom it talks to), `tls=disable` (only on the loopback or a
    Unix socket, where it is the default), `unix_socket=`, `connect_timeout=` in seconds. Raises SourceError, which
    never holds the URL.
    """
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        port = parts.port or PORT
        host = unquote(parts.hostname or "")
        timeout = int(given.get("connect_timeout", CONNECT_TIMEOUT_S))
    except ValueError:
        raise _refused("the connection URL cannot be parsed", reference) from None
    if parts.scheme not in SCHEMES or parts.fragment or any(letter.isspace() for letter in parts.netloc):
        raise _refused("the secret is not a MySQL connection URL", reference)
    unknown = [name for name in given if name not in PARAMETERS]
    if unknown:
        raise SourceError(
            "the connection URL has a parameter that is not known",
            where=reference,
            remedy=f"use {', '.join(PARAMETERS)}",
        )
    database = unquote(parts.path.removeprefix("/"))
    if not parts.username or "/" in database:
        raise _refused("the connection URL names no user, or more than a database", reference)
    socket = given.get("unix_socket") or None
    return Address(
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        reference=reference,
        host=host or "localhost",
        port=port,
        database=database,
        socket=socket,
        tls=_tls(given, local=socket is not None or is_local(host), reference=reference),
        timeout=max(1, timeout),
    )


def _refused(what: str, reference: str) -> SourceError:
    return SourceError(
        what,
        where=reference,
        remedy="write mysql://user:password@host:3306/database, with reserved characters of the password "
        "percent-encoded",
    )


def _tls(given: dict[str, str], *, local: bool, reference: str) -> ssl.SSLContext | None:
    default = "verify" if not local or "ca" in given or "cert" in given else "disable"
    mode = given.get("tls", default)
    if mode not in MODES:
        raise SourceError("the connection URL's tls is unknown", where=reference, remedy=f"use {', '.join(MODES)}")
    if mode == "disable":
        if not local:
            raise SourceError(
                "tls=disable would let records cross the network unencrypted",
                where=reference,
                remedy="leave tls out (then it is verify), and give ca=<file> if the server's certificate is of an "
                "authority of your own",
            )
        return None
    try:
        context = ssl.create_default_context(cafile=given.get("ca"))
        if "cert" in given:
            context.load_cert_chain(given["cert"], given.get("key"))
    except (OSError, ssl.SSLError):
        raise SourceError(
            "a file of ca, cert or key is not there, or is no certificate or key",
            where=reference,
            remedy="correct the URL",
        ) from None
    # Certificates that MySQL makes itself lack what the strict reading of X.509 asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
