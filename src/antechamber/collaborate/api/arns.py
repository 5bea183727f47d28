"""The names that AWS gives to resources: ARNs, made from rows and read back."""

from __future__ import annotations

import base64
import binascii
import re
import uuid

from antechamber.collaborate.api.state import Row

_MEMBERSHIP, _TABLE = "membership", "configured_table"
_LIMIT = 100
"""Characters that the model allows for the ARNs of configured table associations and privacy budget templates."""

# Kind of a row → how its ARN goes on after the account.
_WITHIN_MEMBERSHIP = {
    "template": "analysistemplate",
    "id_mapping_table": "idmappingtable",
    "id_namespace": "idnamespaceassociation",
    "intermediate": "intermediatetable",
}
_ALONE = {"collaboration": "collaboration", _MEMBERSHIP: "membership", _TABLE: "configuredtable"}

_ARN = re.compile(r"arn:aws:cleanrooms:([a-z0-9-]+):(\d{12}):([a-z]+)/([\w/-]+)", re.ASCII)


def arn(row: Row, region: str) -> str:
    """The ARN of a row."""
    return of(row.kind, row.account, row.id, row.membership or "", region)


def of(kind: str, account: str, identifier: str, membership: str, region: str) -> str:
    """The ARN of a resource of a kind."""
    start = f"arn:aws:cleanrooms:{region}:{account}:"
    if kind in _ALONE:
        return f"{start}{_ALONE[kind]}/{identifier}"
    if kind in _WITHIN_MEMBERSHIP:
        return f"{start}membership/{membership}/{_WITHIN_MEMBERSHIP[kind]}/{identifier}"
    if kind == "budget_template":
        whole = f"{start}privacybudgettemplate/{identifier}"
        return whole if len(whole) <= _LIMIT else f"{start}privacybudgettemplate/{_short(identifier)}"
    # The model's pattern wants two identifiers here and its limit has no room for two UUIDs: the second one is
    # written in 22 characters, and of the first there is as much as fits.
    tail = f"/{_short(identifier)}"
    head = f"{start}configuredtableassociation/"
    return f"{head}{membership[: max(1, _LIMIT - len(head) - len(tail))]}{tail}"


def budgeted(row: Row, region: str) -> str:
    """The ARN by which schemas and access budgets name an association or an intermediate table."""
    word = "configuredtableassociation" if row.kind == "association" else _WITHIN_MEMBERSHIP[row.kind]
    return f"arn:aws:cleanrooms:{region}:{row.account}:membership/{row.membership}/{word}/{row.id}"


def identifier(text: str) -> str | None:
    """The id of the resource that an ARN of this API names, or None."""
    found = _ARN.fullmatch(text)
    if found is None:
        return None
    last = found[4].rpartition("/")[2]
    return _long(last) if len(last) == 22 else last


def _short(identifier: str) -> str:
    return base64.urlsafe_b64encode(uuid.UUID(identifier).bytes).decode().rstrip("=")


def _long(short: str) -> str | None:
    try:
        return str(uuid.UUID(bytes=base64.urlsafe_b64decode(short + "==")))
    except (binascii.Error, ValueError):
        return None
