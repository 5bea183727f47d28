"""Signature Version 4, verified: who sent a request, and that nothing of it was changed.

Source: AWS Identity and Access Management user guide, *Create a signed AWS API request* and *AWS Signature Version 4
for API requests*.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from antechamber.collaborate.api.faults import Fault

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 300.0
"""Seconds that a request's clock may differ from ours."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^\s,]+),\s*SignedHeaders=([^\s,]+),\s*Signature=([0-9a-f]{64})\s*"
)


@dataclass(frozen=True)
class Request:
    """An HTTP request. path and query: as they were sent, still encoded. headers: by lower-case name."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class AccessKey:
    """A key and the account that it belongs to."""

    identifier: str
    secret: str
    account: str


@dataclass(frozen=True)
class Scope:
    """What a signature must have been made for."""

    region: str
    service: str


def sender(request: Request, keys: Mapping[str, AccessKey], scope: Scope, now: datetime) -> str:
    """The account that signed a request.

    keys: by their identifiers. now: with a zone.
    Raises Fault with AWS's code: MissingAuthenticationTokenException, IncompleteSignatureException,
    UnrecognizedClientException, InvalidSignatureException or AccessDeniedException.
    """
    if any(part.lower().startswith("x-amz-algorithm=") for part in request.query.split("&")):
        raise _refused("AccessDeniedException", "presigned requests are not accepted: sign the headers")
    text = request.headers.get("authorization")
    if text is None:
        raise _refused("MissingAuthenticationTokenException", "the request is not signed")
    found = _AUTHORIZATION.fullmatch(text.strip())
    if found is None:
        raise _refused("IncompleteSignatureException", f"the Authorization header is not one of {ALGORITHM}")
    credential, signed, signature = found[1].split("/"), found[2].split(";"), found[3]
    if len(credential) != 5:
        raise _refused("IncompleteSignatureException", "the credential has not the five parts of a scope")
    identifier, day, region, service, last = credential
    key = keys.get(identifier)
    if key is None or "x-amz-security-token" in request.headers:
        raise _refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if (region, service, last) != (scope.region, scope.service, "aws4_request"):
        raise _refused(
            "InvalidSignatureException",
            f"the credential should be scoped to region {scope.region}, service {scope.service} and aws4_request",
        )
    _all_signed(request, signed)
    moment = _moment(request, day, now)
    payload = hashlib.sha256(request.body).hexdigest()
    if request.headers.get("x-amz-content-sha256", payload) != payload:
        raise _refused("InvalidSignatureException", "the body is not the one whose hash was signed")
    canonical = "\n".join(
        (
            request.method,
            _canonical_path(request.path),
            _canonical_query(request.query),
            *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed),
            "",
            ";".join(signed),
            payload,
        )
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{moment}\n{day}/{region}/{service}/aws4_request\n{hashed}"
    derived = f"AWS4{key.secret}".encode()
    for part in (day, region, service, "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    ours = hmac.new(derived, to_sign.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(ours, signature):
        raise _refused(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method.",
        )
    return key.account


def _all_signed(request: Request, signed: list[str]) -> None:
    needed = {"host", "x-amz-date", *(name for name in request.headers if name.startswith("x-amz-"))}
    unsigned = sorted(needed - set(signed))
    if unsigned:
        raise _refused("InvalidSignatureException", f"these headers must be signed: {', '.join(unsigned)}")


def _moment(request: Request, day: str, now: datetime) -> str:
    text = request.headers.get("x-amz-date", "")
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _refused("IncompleteSignatureException", "X-Amz-Date is not a time such as 20260101T000000Z") from None
    if not text.startswith(day):
        raise _refused("InvalidSignatureException", "the credential's date is not that of X-Amz-Date")
    late = (now - moment).total_seconds()
    if abs(late) > SKEW:
        what = "Signature expired" if late > 0 else "Signature not yet current"
        raise _refused("InvalidSignatureException", f"{what}: the request is {abs(late):.0f} seconds off this clock")
    return text


def _canonical_path(path: str) -> str:
    """The path without dot segments, encoded once more than it was sent."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(segment)
    slash = "/" if path.endswith("/") and segments else ""
    return quote("/" + "/".join(segments) + slash, safe="/~")


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    encoded = [(quote(unquote(name), safe="~"), quote(unquote(value), safe="~")) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _refused(code: str, message: str) -> Fault:
    return Fault(code, message, status=403)
