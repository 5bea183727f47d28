"""Protections: what is done to a value so that it may leave. One line a protection here.

`none` leaves a value as it is, in its own type; `drop` keeps the column out of the recipe.
"""

from __future__ import annotations

from collections.abc import Callable

from antechamber.declare import Column
from antechamber.errors import RecipeError
from antechamber.prepare.protections.hmac_sha256 import HmacSha256
from antechamber.prepare.protections.mask import Mask
from antechamber.prepare.protections.protection import Protection
from antechamber.prepare.protections.sha256 import Sha256
from antechamber.secrets import Secrets

__all__ = ["PROTECTIONS", "Protection"]


def _hmac(column: Column, secrets: Secrets) -> HmacSha256:
    if column.secret is None:
        raise RecipeError("hmac-sha256 needs a key", remedy="add secret: env:NAME or file:path")
    key = secrets.text(column.secret)
    if not key:
        raise RecipeError("the key of hmac-sha256 is empty", remedy=f"put the key at {column.secret}")
    return HmacSha256(key)


PROTECTIONS: dict[str, Callable[[Column, Secrets], Protection | None]] = {
    "none": lambda _, __: None,
    "sha256": lambda _, __: Sha256(),
    "hmac-sha256": _hmac,
    "mask": lambda column, _: Mask(column.keep_last),
}
