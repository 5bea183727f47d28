"""The API's own errors, raised by whoever finds them; the server gives them their status and shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from antechamber.collaborate.api.shapes import Problem
from antechamber.errors import AntechamberError


class Fault(AntechamberError):
    """An answer that is an error.

    code: such as `ConflictException`.
    fields: the members of its shape beside `message`.
    status: its HTTP status where the model does not give one (errors of authentication).
    """

    def __init__(self, code: str, message: str, *, status: int | None = None, **fields: Any) -> None:
        super().__init__(message, where=code)
        self.code = code
        self.message = message
        self.status = status
        self.fields = {name: value for name, value in fields.items() if value is not None}


def invalid(message: str, *fields: tuple[str, str], reason: str = "FIELD_VALIDATION_FAILED") -> Fault:
    """The request cannot be carried out as it stands. fields: (member, what is wrong with it)."""
    # Clients show the message alone.
    said = "".join(f": {name} {text}" for name, text in fields[:1] if text not in message)
    return Fault(
        "ValidationException",
        message + said,
        reason=reason,
        fieldList=[{"name": name, "message": text} for name, text in fields],
    )


def malformed(problems: Iterable[Problem]) -> Fault:
    """The request does not have the shape of its operation."""
    found = list(problems)
    text = f"{len(found)} validation error{'s' if len(found) != 1 else ''} detected"
    return invalid(text, *((each.name, each.message) for each in found))


def denied(message: str) -> Fault:
    """The account may not do this."""
    return Fault("AccessDeniedException", message, reason="INSUFFICIENT_PERMISSIONS")


def missing(kind: str, identifier: str) -> Fault:
    """There is no such thing, or it is another account's. kind: a ResourceType of the model."""
    return Fault(
        "ResourceNotFoundException",
        f"the {kind.lower().replace('_', ' ')} or what was asked for within it does not exist for this account",
        resourceId=identifier,
        resourceType=kind,
    )


def conflict(message: str, *, reason: str, kind: str | None = None, identifier: str | None = None) -> Fault:
    """Another state would be needed. reason: ALREADY_EXISTS, SUBRESOURCES_EXIST or INVALID_STATE."""
    return Fault("ConflictException", message, reason=reason, resourceType=kind, resourceId=identifier)


def exceeded(quota: str, value: int) -> Fault:
    """A quota is used up."""
    return Fault(
        "ServiceQuotaExceededException",
        f"the quota '{quota}' of {value} is used up",
        quotaName=quota,
        quotaValue=float(value),
    )
