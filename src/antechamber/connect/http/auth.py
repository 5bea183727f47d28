"""Who asks: what a request carries, and how a token is got and renewed."""

from __future__ import annotations

import base64
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from urllib.parse import quote, urlencode

from antechamber.connect.http.address import origin_of, shown
from antechamber.connect.http.courtesy import refused
from antechamber.connect.http.declared import ApiKey, Basic, Bearer, OAuth2
from antechamber.connect.http.send import Answer, Request, Secret
from antechamber.errors import SecretError, SourceError
from antechamber.secrets import Secrets

EARLY = 60.0
"""Seconds before its end at which a token is renewed; a tenth of its life when that is less."""
_CODES = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
     "invalid_scope"}
)  # fmt: skip
"""What a token server may say (RFC 6749, 5.2); nothing else of its answer is repeated."""

Ask = Callable[[Request, Secret, str], Answer]


class Credentials(ABC):
    """What proves who asks. Safe to use from several threads."""

    @abstractmethod
    def secret(self) -> Secret:
        """What the next request is to carry. Raises SourceError when none can be had."""

    def refused(self, secret: Secret) -> bool:
        """The service answered 401 to this; whether there may be a better one now."""
        return False


class Fixed(Credentials):
    """The same for all requests."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def secret(self) -> Secret:
        return self._secret


class Token(Credentials):
    """A token of a token server (RFC 6749: client credentials, 4.4; refresh token, 6)."""

    def __init__(self, declared: OAuth2, secrets: Secrets, ask: Ask) -> None:
        self._declared, self._ask = declared, ask
        self._id = secrets.text(declared.client_id)
        self._key = secrets.text(declared.client_secret) if declared.client_secret else None
        self._refresh = secrets.text(declared.refresh_token) if declared.refresh_token else None
        self._lock = threading.Lock()
        self._secret: Secret | None = None
        self._renew_at = float("inf")

    def secret(self) -> Secret:
        with self._lock:
            if self._secret is None or time.monotonic() >= self._renew_at:
                self._secret = self._get()
            return self._secret

    def refused(self, secret: Secret) -> bool:
        with self._lock:
            if self._secret is secret:
                self._secret = None
        return True

    def _get(self) -> Secret:
        declared = self._declared
        where = shown(declared.token_url)
        form = {"grant_type": "refresh_token" if self._refresh else "client_credentials", **declared.params}
        if self._refresh:
            form["refresh_token"] = self._refresh
        if declared.scope:
            form["scope"] = declared.scope
        carried = Secret()
        if declared.send == "basic" and self._key is not None:
            carried = Secret(headers=_basic(quote(self._id, safe=""), quote(self._key, safe="")))
        else:
            form |= {"client_id": self._id, **({"client_secret": self._key} if self._key is not None else {})}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        request = Request("POST", declared.token_url, headers, urlencode(form).encode())
        asked = time.monotonic()
        answer = self._ask(request, carried, where)
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = {}
        said = said if isinstance(said, dict) else {}
        if answer.status != 200:
            code = said.get("error")
            error = refused(answer, where)
            told = f"{error.what} ({code})" if code in _CODES else error.what
            raise SourceError(f"no token: {told}", where=where, remedy="check the credentials in `auth`")
        token, kind = said.get("access_token"), said.get("token_type", "bearer")
        if not isinstance(token, str) or not token or str(kind).lower() != "bearer":
            raise SourceError(
                "the token server's answer holds no bearer token", where=where, remedy="check auth.token_url"
            )
        if isinstance(said.get("refresh_token"), str) and self._refresh:
            self._refresh = said["refresh_token"]
        self._renew_at = _renewal(asked, said.get("expires_in"))
        return Secret(headers={"Authorization": f"Bearer {_sendable(token, where)}"})


def credentials(declared: Bearer | Basic | ApiKey | OAuth2 | None, secrets: Secrets, ask: Ask) -> Credentials:
    """The credentials of a declaration, their secrets read. Raises SecretError, SourceError."""
    if declared is None:
        return Fixed(Secret())
    if isinstance(declared, Bearer):
        return Fixed(Secret(headers={"Authorization": f"Bearer {_text(secrets, declared.token)}"}))
    if isinstance(declared, Basic):
        return Fixed(Secret(headers=_basic(secrets.text(declared.user), secrets.text(declared.password))))
    if isinstance(declared, ApiKey):
        return Fixed(
            Secret(
                headers={name: _text(secrets, each) for name, each in declared.headers.items()},
                params={name: secrets.text(each) for name, each in declared.params.items()},
            )
        )
    if origin_of(declared.token_url) is None:
        raise SourceError("the token server's address is not https://…", where="source.auth.token_url")
    return Token(declared, secrets, ask)


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _text(secrets: Secrets, reference: str) -> str:
    return _sendable(secrets.text(reference), reference)


def _sendable(text: str, where: str) -> str:
    """A secret that a header can hold: a line end in it would begin another header."""
    if not text.isprintable() or not text.isascii():
        raise SecretError(
            "the secret has a line end or a letter outside ASCII in it",
            where=where,
            remedy="check what is kept there",
        )
    return text


def _renewal(asked: float, lasts: object) -> float:
    """When to renew a token, on the monotonic clock."""
    try:
        seconds = float(lasts) if isinstance(lasts, int | float | str) else float("inf")
    except ValueError:
        return float("inf")
    return asked + max(0.0, seconds - min(EARLY, seconds / 10))
