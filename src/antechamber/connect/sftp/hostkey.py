"""The server's public key as declared: whole, as a line of known_hosts, or by its fingerprint."""

from __future__ import annotations

import base64
import binascii
import re

FORMS = "the server's key (ssh-ed25519 AAAA…), its line of known_hosts, or its fingerprint (SHA256:…)"

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_KEY = re.compile(r"(?:[^@\s]\S*\s+)?((?:ssh|ecdsa|sk)-\S+)\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?")
"""Perhaps the hosts of known_hosts, then kind and key, then perhaps a comment; `@revoked` is no key."""


def is_host_key(text: str) -> bool:
    """Whether a text is one of the forms."""
    return fingerprint(text) is not None or key_of(text) is not None


def fingerprint(text: str) -> str | None:
    """The fingerprint as OpenSSH writes it, or None when the text is none."""
    return text.strip().rstrip("=") if _FINGERPRINT.fullmatch(text.strip()) else None


def key_of(text: str) -> str | None:
    """`kind key`, or None when the text holds no key."""
    found = _KEY.fullmatch(text.strip())
    if found is None:
        return None
    kind, encoded = found.groups()
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    # RFC 4253, 6.6: a key begins with the length and name of its kind.
    length = int.from_bytes(blob[:4], "big")
    return f"{kind} {encoded}" if blob[4 : 4 + length] == kind.encode() else None
