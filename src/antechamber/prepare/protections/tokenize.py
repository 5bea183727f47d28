"""Tokens: the same value gives the same token, and who has the key can turn a token back (AES-SIV, RFC 5297).

A token is `base64url(V || C)` without padding, of AES-256-SIV over the canonical text's UTF-8 with three pieces of
associated data: a constant, the tenant, and the column's name or its token group. A token of another column, tenant
or key does not open, and an altered one does not either.
"""

from __future__ import annotations

import base64
import binascii

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from antechamber.prepare.protections.protection import Protection
from antechamber.prepare.text import by_distinct, where_present

LEAST_KEY = 32
"""Bytes that a key's text must have at least."""

_INFO = b"antechamber tokens 1"
_SIV = 16


class NotAToken(ValueError):
    """A text that is no token of this column under this key."""


class Tokenize(Protection):
    """The protection `tokenize`. key: the secret's text; the cipher's key is derived from it by HKDF-SHA-256."""

    sentence = "replaced by a token that the key of its secret turns back"

    def __init__(self, key: str, *, tenant: str, group: str) -> None:
        derived = HKDF(SHA256(), length=64, salt=None, info=_INFO).derive(key.encode())
        self._cipher = AESSIV(derived)
        self._bound_to = [_INFO, tenant.encode(), group.encode()]

    def protect(self, text: pl.Expr) -> pl.Expr:
        return where_present(lambda texts: by_distinct(texts, self.token), text)

    def token(self, text: str) -> str:
        """The token of a canonical text, which is not empty."""
        sealed = self._cipher.encrypt(text.encode(), self._bound_to)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def value(self, token: str) -> str:
        """The canonical text of a token. Raises NotAToken."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            if len(sealed) <= _SIV:
                raise NotAToken
            return self._cipher.decrypt(sealed, self._bound_to).decode()
        except (binascii.Error, InvalidTag, ValueError):
            raise NotAToken from None
