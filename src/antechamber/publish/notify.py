"""Notices of a run: to the log, to a webhook, by mail. A notice that fails is reported and changes nothing."""

from __future__ import annotations

import http.client
import ipaddress
import json
import logging
import smtplib
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

log = logging.getLogger("antechamber.notify")

TIMEOUT = 10.0
PAUSES = (1.0, 3.0)
"""Seconds before the second and the third attempt."""


class Record(Protocol):
    """What a run record says of a run."""

    run: str
    tenant: str
    connector: str
    table: str
    status: Any
    started: str
    ended: str
    seconds: float
    read: int
    published: int
    quarantined: int
    replaced: int
    updated: int
    dropped: dict[str, int]
    quality: list[dict[str, Any]]
    error: dict[str, Any] | None


@dataclass(frozen=True)
class RunMessage:
    """What is told of a run: names, counts and times, never a value of a record."""

    run: str
    tenant: str
    connector: str
    table: str
    status: str
    started: str = ""
    ended: str = ""
    seconds: float = 0.0
    read: int = 0
    published: int = 0
    quarantined: int = 0
    replaced: int = 0
    updated: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    quality: Sequence[Mapping[str, Any]] = ()
    error: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, record: Record) -> RunMessage:
        """The message of a run record."""
        return cls(**{name: getattr(record, name) for name in cls.__dataclass_fields__})

    @property
    def title(self) -> str:
        """One line: which run, how it ended."""
        return f"{self.tenant}/{self.connector}: {self.status}"

    @property
    def text(self) -> str:
        """A few lines for people."""
        dropped = sum(self.dropped.values())
        lines = [
            f"{self.title} (run {self.run}, table {self.table}, {self.seconds:,.1f} s)",
            f"read {self.read:,} = published {self.published:,} + quarantined {self.quarantined:,}"
            f" + dropped {dropped:,} + replaced {self.replaced:,}",
        ]
        lines += [
            f"quality, {each['outcome']}: {', '.join((*each['columns'], each['rule']))}: "
            + (each["found"] or f"{each['failed']:,} of {each['checked']:,} records")
            for each in self.quality
            if each["outcome"] in ("warned", "quarantined")
        ]
        if self.error:
            lines += [str(self.error[part]) for part in ("where", "what", "remedy") if self.error.get(part)]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The fields, as a webhook gets them, with `title` and `text`."""
        return {**asdict(self), "title": self.title, "text": self.text}


@dataclass(frozen=True)
class NotifyFailure:
    """A target that was not reached. target: without what may be secret in it. reason: one clause."""

    target: str
    reason: str

    def __str__(self) -> str:
        return f"{self.target}: {self.reason}"


def notify(targets: Iterable[str], message: RunMessage) -> list[NotifyFailure]:
    """Tell each target; gives those that were not reached. Never raises.

    targets: `log:`, `https://…` (a webhook, POST of JSON; `http://` only to this machine), `smtp://host:port/address`.
    """
    failures = []
    for target in targets:
        parts = SplitResult("", "", "", "", "")
        try:
            parts = urlsplit(target)
            _tell(parts, target, message)
        except Exception as error:
            failures.append(NotifyFailure(_shown(parts), _reason(error)))
    return failures


class _Refused(Exception):
    """A target that cannot be told, ever; the text says why."""


def _tell(parts: SplitResult, target: str, message: RunMessage) -> None:
    if parts.scheme == "log":
        level = logging.ERROR if message.status == "failed" else logging.INFO
        log.log(level, "%s", message.text)
    elif parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        _repeated(lambda: _post(target, message))
    elif parts.scheme == "http":
        raise _Refused("http is for this machine only; use https")
    elif parts.scheme == "smtp":
        _repeated(lambda: _mail(parts, message))
    else:
        raise _Refused("not log:, https:// or smtp://")


def _repeated(attempt: Any) -> None:
    for pause in (*PAUSES, None):
        try:
            attempt()
        except Exception as error:
            if pause is None or not _may_pass(error):
                raise
            time.sleep(pause)
        else:
            return


def _may_pass(error: Exception) -> bool:
    """Whether the same attempt may succeed a little later."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code >= 500 or error.code in (408, 429)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code < 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code < 500
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, ssl.SSLError):
        return False
    return isinstance(error, (OSError, http.client.HTTPException)) and not isinstance(error, ssl.SSLError)


def _post(url: str, message: RunMessage) -> None:
    request = urllib.request.Request(  # noqa: S310  (the scheme was checked)
        url,
        data=json.dumps(message.as_json()).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "antechamber"},
        method="POST",
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT):
        return


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead from https to http, or to a machine that was not named: it is an error."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _mail(parts: SplitResult, message: RunMessage) -> None:
    address = unquote(parts.path.removeprefix("/"))
    if not parts.hostname or "@" not in address or any(character in address for character in "\r\n,"):
        raise _Refused("write smtp://host:port/address")
    mail = EmailMessage()
    mail["From"] = f"antechamber@{socket.getfqdn()}"
    mail["To"] = address
    mail["Subject"] = f"Antechamber {message.title}"
    mail.set_content(message.text)
    with smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT) as server:
        server.ehlo()
        if not _is_loopback(parts.hostname) and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        server.send_message(mail)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _shown(parts: SplitResult) -> str:
    """A target without path, query or credentials: a webhook's path is its secret."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else f"{parts.scheme}:"


def _reason(error: Exception) -> str:
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, urllib.error.HTTPError):
        return f"answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return f"not reached ({type(error.reason).__name__})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answered {error.smtp_code}"
    if isinstance(error, TimeoutError):
        return f"no answer in {TIMEOUT:.0f} s"
    return f"not reached ({type(error).__name__})"
