"""Protections: what is done to a value so that it may leave. One line a protection here.

`none` leaves a value as it is, in its own type; `drop` keeps the column out of the recipe.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from antechamber.errors import RecipeError
from antechamber.prepare.protections.bucket import Bucket
from antechamber.prepare.protections.hmac_sha256 import HmacSha256
from antechamber.prepare.protections.mask import Mask
from antechamber.prepare.protections.noise import Noise
from antechamber.prepare.protections.protection import Asked, Protection
from antechamber.prepare.protections.sha256 import Sha256
from antechamber.prepare.protections.tokenize import LEAST_KEY, NotAToken, Tokenize
from antechamber.prepare.protections.truncate import FirstCharacters, FirstDay, Network

__all__ = ["PROTECTIONS", "Asked", "HmacSha256", "NotAToken", "Protection", "Sha256", "Tokenize", "tokenizer"]


def _key(asked: Asked) -> str:
    column = asked.column
    if column.secret is None:
        raise RecipeError(f"{column.protect} needs a key", remedy="add secret: env:NAME or file:path")
    key = asked.secrets.text(column.secret)
    if not key:
        raise RecipeError(f"the key of {column.protect} is empty", remedy=f"put the key at {column.secret}")
    return key


def tokenizer(asked: Asked) -> Tokenize:
    """The tokens of a column. Raises RecipeError, SecretError."""
    key = _key(asked)
    if len(key.encode()) < LEAST_KEY:
        raise RecipeError(
            f"the key of tokenize has fewer than {LEAST_KEY} characters",
            remedy=f"put a key at {asked.column.secret} made with: openssl rand -hex 32",
        )
    return Tokenize(key, tenant=asked.tenant, group=_group(asked))


def _group(asked: Asked) -> str:
    # A group and a column may have one name: what it is stands in front.
    group = asked.column.token_group
    return f"group {group}" if group is not None else f"column {asked.name}"


def _bucket(asked: Asked) -> Bucket:
    column = asked.column
    as_of = date.fromisoformat(column.as_of) if column.as_of is not None else None
    whole = column.type in ("integer", "date")
    return Bucket(column.buckets, column.bucket_width, whole=whole, as_of=as_of)


def _truncate(asked: Asked) -> Protection:
    to = asked.column.truncate_to
    if to is None:
        return Network()
    return FirstDay(to) if isinstance(to, str) else FirstCharacters(to)


def _noise(asked: Asked) -> Noise:
    if asked.column.noise is None:
        raise RecipeError("noise needs to know how much", remedy="add noise: {epsilon: 1.0, lower: 0, upper: 1000}")
    return Noise(asked.column.noise)


def _sha256(asked: Asked) -> Sha256:
    column = asked.column
    salt = asked.secrets.text(column.salt) if column.salt is not None else ""
    if column.salt is not None and not salt:
        raise RecipeError("the salt is empty", remedy=f"put the salt at {column.salt}")
    return Sha256(column.encoding or asked.sha256_encoding, salt, column.salt_at)


def _hmac(asked: Asked) -> HmacSha256:
    return HmacSha256(_key(asked), asked.column.encoding or "hex")


PROTECTIONS: dict[str, Callable[[Asked], Protection | None]] = {
    "none": lambda _: None,
    "sha256": _sha256,
    "hmac-sha256": _hmac,
    "mask": lambda asked: Mask(asked.column.keep_last),
    "bucket": _bucket,
    "truncate": _truncate,
    "tokenize": tokenizer,
    "noise": _noise,
}
