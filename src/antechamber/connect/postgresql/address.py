"""Where a PostgreSQL server is and how it may be reached: the URL, checked, with safe defaults filled in."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from antechamber.errors import SourceError

SCHEMES = ("postgresql", "postgres")
VERIFYING = ("verify-ca", "verify-full")
ENCRYPTING = ("require", *VERIFYING)
MODES = ("disable", "allow", "prefer", *ENCRYPTING)
CONNECT_TIMEOUT_S = 15


@dataclass(frozen=True)
class Address:
    """A server and a database, ready for the driver.

    uri: what the driver gets; holds the password, so it is in no `repr` and in no error.
    reference: the secret reference that the URL came from: what errors name as the place.
    host, database: for messages; the host may be a list or a socket's folder, either may be "".
    """

    uri: str = field(repr=False)
    reference: str
    host: str
    database: str


def parse(url: str, reference: str) -> Address:
    """The address behind a connection URL, with TLS where the server is not on this machine.

    A server off this machine is reached with `sslmode=verify-full` and the system's trusted authorities unless the
    URL (or PGSSLMODE, PGSSLROOTCERT) says another mode that always encrypts. On the loopback or a Unix socket the
    default is `prefer`. Other parameters of libpq pass through. Raises SourceError, which never holds the URL.
    """
    try:
        parts = urlsplit(url)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        hosts = _hosts(parts.netloc, parameters)
    except ValueError:
        raise _refused("the connection URL cannot be parsed", reference) from None
    if parts.scheme not in SCHEMES or parts.fragment:
        raise _refused("the secret is not a PostgreSQL connection URL", reference)
    if any(character.isspace() for character in parts.netloc):
        raise _refused("the connection URL has a space in it", reference)
    _secure(parameters, local=all(_is_local(host) for host in hosts), reference=reference)
    parameters.setdefault("application_name", "antechamber")
    parameters.setdefault("connect_timeout", str(CONNECT_TIMEOUT_S))
    parameters["client_encoding"] = "UTF8"
    query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in parameters.items())
    return Address(
        uri=f"postgresql://{parts.netloc}{parts.path}?{query}",
        reference=reference,
        host=",".join(host for host in hosts if host),
        database=parameters.get("dbname", unquote(parts.path.removeprefix("/"))),
    )


def _refused(what: str, reference: str) -> SourceError:
    return SourceError(
        what,
        where=reference,
        remedy="write postgresql://user:password@host:5432/database, with reserved characters of the password "
        "percent-encoded",
    )


def _hosts(netloc: str, parameters: dict[str, str]) -> list[str]:
    """Every host that the driver might talk to or believe to talk to; "" is the local socket."""
    places = netloc.rpartition("@")[2].split(",") if netloc.rpartition("@")[2] else []
    hosts = []
    for place in places:
        name, bracket, rest = place.removeprefix("[").partition("]") if place.startswith("[") else ("", "", "")
        host, _, port = (name, "", rest.removeprefix(":")) if bracket else place.partition(":")
        if port and not port.isdigit():
            raise ValueError("port")
        hosts.append(unquote(host))
    if "host" in parameters:
        hosts = parameters["host"].split(",")
    if "hostaddr" in parameters:
        hosts = [*filter(None, hosts), *parameters["hostaddr"].split(",")]
    if "service" in parameters or "PGSERVICE" in os.environ:
        hosts.append("a service file's host")
    if not any(hosts):
        hosts = [os.environ.get("PGHOST", ""), *filter(None, [os.environ.get("PGHOSTADDR")])]
    return hosts


def _is_local(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secure(parameters: dict[str, str], *, local: bool, reference: str) -> None:
    """Fill in `sslmode` and `sslrootcert`, or refuse a mode that may send records in the clear."""
    mode = parameters.get("sslmode") or os.environ.get("PGSSLMODE") or ("prefer" if local else "verify-full")
    if mode not in MODES:
        raise SourceError(
            "the connection URL's sslmode is unknown", where=reference, remedy=f"use {', '.join(MODES)}"
        )
    if not local and mode not in ENCRYPTING:
        raise SourceError(
            f"sslmode={mode} would let records cross the network unencrypted",
            where=reference,
            remedy="leave sslmode out (then it is verify-full), and give sslrootcert=<file> if the server's "
            "certificate is of an authority of your own",
        )
    parameters["sslmode"] = mode
    own_authority = "sslrootcert" in parameters or "PGSSLROOTCERT" in os.environ
    if mode == "verify-full" and not own_authority:
        parameters["sslrootcert"] = "system"
