"""Requests: one is sent, its answer is read whole, or it is known not to be. Credentials go to their origin only."""

from __future__ import annotations

import logging
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError, SSLError, TimeoutError

from antechamber.connect.http.address import Origin, is_local, origin_of, with_params, without_params
from antechamber.errors import SourceError

HOPS = 5
"""Redirects of one request."""
MOVED = frozenset({301, 302, 303, 307, 308})
_PIECE = 1 << 16
_POOL = 16


class Broken(SourceError):
    """A request without a whole answer; another try may do better."""


@dataclass(frozen=True)
class Secret:
    """What a request carries to prove who asks."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Request:
    """method, url (with its query), headers and body, without credentials."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """status, headers and the whole body, decoded.

    url: where it came from, without credentials. framed: whether the message itself says where its body ends.
    """

    status: int
    headers: urllib3.HTTPHeaderDict = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)
    framed: bool

    @property
    def charset(self) -> str:
        """What Content-Type says, or ""."""
        for part in (self.headers.get("Content-Type") or "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"')
        return ""


class Web:
    """Connections that several threads share.

    timeout: seconds of silence. limit: bytes of an answer, decoded. allowed: other origins that may be asked.
    """

    def __init__(self, *, timeout: float, limit: int, allowed: Callable[[Origin], bool]) -> None:
        self._limit, self._allowed = limit, allowed
        self._options: dict[str, Any] = {
            "num_pools": 8,
            "maxsize": _POOL,
            "timeout": urllib3.Timeout(connect=min(timeout, 30.0), read=timeout),
            "retries": False,
        }
        self._direct = urllib3.PoolManager(**self._options)
        self._proxies: dict[str, urllib3.ProxyManager] = {}
        _hide_queries()

    def close(self) -> None:
        """Close all connections."""
        self._direct.clear()
        for proxy in self._proxies.values():
            proxy.clear()

    def send(self, request: Request, secret: Secret, where: str) -> Answer:
        """The answer, redirects followed. Raises Broken for a fault that may pass, SourceError for any other."""
        url, method, body = request.url, request.method, request.body
        home = origin_of(url)
        for hop in range(HOPS + 1):
            origin = origin_of(url)
            leads = "the service redirects to" if hop else "the next page is at"
            if origin is None:
                raise _astray(where, f"{leads} an address that may not be asked")
            if not self._allowed(origin):
                raise _astray(where, f"{leads} another host")
            trusted = origin == home
            carried = with_params(url, secret.params.items()) if trusted else without_params(url, secret.params)
            headers = {**request.headers, **(secret.headers if trusted else {})}
            answer = self._exchange(method, carried, headers, body, without_params(url, secret.params), where)
            target = answer.headers.get("Location")
            if answer.status not in MOVED or not target:
                return answer
            if method == "POST" and answer.status in (301, 302):
                raise _astray(where, "the service redirects a POST elsewhere")
            if answer.status == 303:
                method, body = "GET", None
            url = without_params(urljoin(url, target), secret.params)
        raise SourceError(f"the service redirects more than {HOPS} times", where=where, remedy="check the url")

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, plain: str, where: str
    ) -> Answer:
        try:
            response = self._pool(url).request(
                method, url, headers=dict(headers), body=body, redirect=False, preload_content=False
            )
            try:
                text = self._body(response, where)
                framed = response.chunked or "Content-Length" in response.headers or response.status in (204, 304)
                return Answer(response.status, response.headers, text, plain, framed)
            finally:
                response.close()  # after a whole body the connection is back in the pool already
        except SSLError as error:
            raise _not_trusted(error, where) from None
        except NewConnectionError:
            raise Broken("the service cannot be reached", where=where, remedy="check host and network") from None
        except TimeoutError:
            raise Broken("the service did not answer in time", where=where, remedy="raise `timeout`") from None
        except LocationParseError:
            raise SourceError("the address cannot be parsed", where=where, remedy="check the url") from None
        except (HTTPError, OSError) as error:
            raise Broken(
                f"the connection failed ({type(error).__name__})", where=where, remedy="check host and network"
            ) from None

    def _body(self, response: urllib3.BaseHTTPResponse, where: str) -> bytes:
        pieces, size = [], 0
        for piece in response.stream(_PIECE, decode_content=True):
            size += len(piece)
            if size > self._limit:
                raise SourceError(
                    f"an answer has more than {self._limit >> 20:,} MB",
                    where=where,
                    remedy="ask for smaller pages, or raise `max_page_mb`",
                )
            pieces.append(piece)
        return b"".join(pieces)

    def _pool(self, url: str) -> urllib3.PoolManager:
        """The pool for a URL: through the proxy of HTTPS_PROXY and NO_PROXY; for this machine's own hosts none."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxies = urllib.request.getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if not proxy or is_local(host) or urllib.request.proxy_bypass(host):
            return self._direct
        if proxy not in self._proxies:
            place = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            headers = None
            if place.username is not None:
                user = f"{unquote(place.username)}:{unquote(place.password or '')}"
                headers = urllib3.make_headers(proxy_basic_auth=user)
            address = f"{place.scheme}://{place.netloc.rpartition('@')[2]}"
            try:
                self._proxies[proxy] = urllib3.ProxyManager(address, proxy_headers=headers, **self._options)
            except HTTPError:
                raise SourceError(
                    "the proxy that the environment names cannot be used", remedy="check HTTPS_PROXY"
                ) from None
        return self._proxies[proxy]


def _astray(where: str, what: str) -> SourceError:
    return SourceError(what, where=where, remedy="if this is right, name the host in `hosts`")


def _not_trusted(error: SSLError, where: str) -> SourceError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        inner = next((each for each in cause.args if isinstance(each, BaseException)), None)
        cause = inner or cause.__cause__
    if cause is None:
        return Broken("the encrypted connection failed", where=where, remedy="check host and network")
    return SourceError(
        f"the service's certificate is not trusted ({cause.verify_message})",
        where=where,
        remedy="check the host; an authority of your own is named by the environment variable SSL_CERT_FILE",
    )


class _WithoutQuery(logging.Filter):
    """Cuts what follows a question mark from what urllib3 logs: keys and cursors stand there."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.partition("?")[0] + "?…" if isinstance(each, str) and "?" in each else each
                for each in record.args
            )
        return True


def _hide_queries() -> None:
    for name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.poolmanager", "urllib3.util.retry"):
        log = logging.getLogger(name)
        if not any(isinstance(each, _WithoutQuery) for each in log.filters):
            log.addFilter(_WithoutQuery())
