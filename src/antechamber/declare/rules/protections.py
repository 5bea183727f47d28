"""Rules of what is done to a column's values so that they may leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from antechamber.declare.connector import IDENTITY_TYPES, Column
from antechamber.declare.mistake import Mistake, repeated
from antechamber.declare.model import show
from antechamber.declare.protect import PERIODS

At = tuple[str, str]

USED_BY = {
    "secret": ("hmac-sha256", "tokenize"),
    "keep_last": ("mask",),
    "buckets": ("bucket",),
    "bucket_width": ("bucket",),
    "as_of": ("bucket",),
    "truncate_to": ("truncate",),
    "token_group": ("tokenize",),
    "noise": ("noise",),
}
"""Keys that some protections use only."""

NUMBERS = ("integer", "decimal", "float")

TYPES = {
    "bucket": (*NUMBERS, "date"),
    "truncate": ("id", "string", "postal_code", "date", "timestamp", "date_of_birth", "ip_address"),
    "noise": NUMBERS,
}
"""The types that a protection knows what to do with; all others know any."""

INSTEAD = {
    "bucket": "use mask, truncate or sha256, or type integer, decimal, float or date",
    "truncate": "use sha256, mask or tokenize",
    "noise": "noise hides how much, never who: use sha256 or tokenize for what identifies",
}

EXACT = 1e15
"""A bound beyond this may not be the number that was written."""

MOST_UNITS = 5e16
"""What a bound of noise may have of the last digit's units: noise of 64 bits lies around it."""


def protection_rules(column: Column, at: At) -> list[Iterator[Mistake]]:
    """Every rule of a column's protection and of the keys that go with it."""
    return [
        *(_used(column, key, at) for key in USED_BY),
        _secret(column, at),
        _may_hold(column, at),
        _type(column, at),
        _buckets(column, at),
        _bounds(column, at),
        _as_of(column, at),
        _truncated(column, at),
        _noise(column, at),
    ]


def _used(column: Column, key: str, at: At) -> Iterator[Mistake]:
    uses = USED_BY[key]
    if key not in column.model_fields_set or getattr(column, key) is None or column.protect in uses:
        return
    if key == "secret":
        what = "only hmac-sha256 and tokenize use a secret"
    else:
        what = f"only `protect: {uses[0]}` uses {key}"
    yield Mistake((*at, key), what, f"remove it, or write protect: {uses[0]}")


def _secret(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect in USED_BY["secret"] and column.secret is None:
        yield Mistake(
            (*at, "secret"), f"{column.protect} needs a key", "add secret: env:NAME, or another secret reference"
        )


def _may_hold(column: Column, at: At) -> Iterator[Mistake]:
    if not column.may_hold:
        return
    path = (*at, "may_hold")
    if column.type in IDENTITY_TYPES:
        yield Mistake(path, f"`may_hold` means nothing for type {column.type}, an identity itself", "remove it")
    elif column.protect not in (None, "none", "mask", "truncate"):
        yield Mistake(path, f"nothing raw leaves under `protect: {column.protect}`", "remove it")
    elif not (column.because or "").strip():
        yield Mistake(
            path, "raw identities are published in this column, and no reason is given", "add because: and the reason"
        )
    for place, kind in repeated(column.may_hold):
        yield Mistake((*path, place), f"{show(kind)} is in the list before", "remove it")


def _type(column: Column, at: At) -> Iterator[Mistake]:
    types = TYPES.get(column.protect or "")
    if types is not None and column.type not in types:
        yield Mistake(
            (*at, "protect"),
            f"`{column.protect}` does not go with type {column.type}: it is for {', '.join(types)}",
            INSTEAD[column.protect or ""],
        )


def _buckets(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect != "bucket":
        return
    if column.buckets is None and column.bucket_width is None:
        yield Mistake((*at, "buckets"), "bucket needs its bounds", "add buckets: [18, 25, 35], or bucket_width: 10")
    elif column.buckets is not None and column.bucket_width is not None:
        yield Mistake((*at, "bucket_width"), "the buckets are given twice", "remove either buckets or bucket_width")


def _bounds(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect != "bucket":
        return
    if column.buckets == ():
        yield Mistake((*at, "buckets"), "the list is empty", "name at least one bound")
    bounds = column.buckets or ()
    if not all(isinstance(bound, int | float) for bound in bounds):
        return  # told already: a bound that could not be read is kept as it stands
    for place, bound in enumerate(bounds):
        if place and bound <= bounds[place - 1]:
            yield Mistake(
                (*at, "buckets", place),
                f"{bound:g} does not lie above the bound before it",
                "write the bounds from the least to the greatest, each once",
            )
    for path, bound in (
        *(((*at, "buckets", place), bound) for place, bound in enumerate(bounds)),
        *((((*at, "bucket_width"), column.bucket_width),) if column.bucket_width is not None else ()),
    ):
        if abs(bound) > EXACT:
            yield Mistake(path, f"{bound:g} is too large to be exact", f"use at most {EXACT:.0e}")
        elif column.type in ("integer", "date") and bound != int(bound):
            yield Mistake(path, f"{bound:g} has a fraction, and the values have none", "write a whole number")


def _as_of(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect != "bucket":
        return
    if column.type == "date" and column.as_of is None:
        yield Mistake(
            (*at, "as_of"),
            "a date falls into a bucket by the age at some day, and none is named",
            'add as_of: "2026-01-01"; the day stays the same in every run, so that the output does too',
        )
    elif column.as_of is not None and column.type != "date":
        yield Mistake((*at, "as_of"), f"`as_of` means nothing for type {column.type}", "remove it: it is for date")
    elif column.as_of is not None:
        try:
            date.fromisoformat(column.as_of)
        except ValueError:
            yield Mistake((*at, "as_of"), f"{show(column.as_of)} is not a day", "write it as 2026-01-31, in quotes")


def _truncated(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect != "truncate" or column.type not in TYPES["truncate"]:
        return
    to, path, kind = column.truncate_to, (*at, "truncate_to"), column.type
    if kind == "ip_address":
        if to is not None:
            yield Mistake(path, "`truncate_to` means nothing for type ip_address", "remove it: 24 and 48 bits stay")
        return
    periods = {"timestamp": PERIODS, "date": PERIODS[1:], "date_of_birth": PERIODS[1:]}.get(kind)
    if to is None:
        how = "a number of characters such as 3" if periods is None else f"one of {', '.join(periods)}"
        yield Mistake(path, "truncate needs to know how much stays", f"add truncate_to: {how}")
    elif periods is None and isinstance(to, str):
        yield Mistake(path, f"type {column.type} has no {to}", "write a number of characters, such as 3")
    elif periods is not None and to not in periods:
        yield Mistake(
            path, f"type {column.type} cannot be truncated to {show(to)}", f"use one of {', '.join(periods)}"
        )


def _noise(column: Column, at: At) -> Iterator[Mistake]:
    if column.protect != "noise":
        return
    if column.noise is None:
        yield Mistake(
            (*at, "noise"), "noise needs to know how much", "add noise: {epsilon: 1.0, lower: 0, upper: 1000}"
        )
        return
    lower, upper = column.noise.lower, column.noise.upper
    if lower >= upper:
        yield Mistake(
            (*at, "noise", "upper"), f"{upper:g} does not lie above lower, {lower:g}", "write a greater number"
        )
    scale = (2 if column.scale is None else column.scale) if column.type == "decimal" else 0
    for key, bound in (("lower", lower), ("upper", upper)):
        if abs(bound) > EXACT:
            yield Mistake((*at, "noise", key), f"{bound:g} is too large to be exact", f"use at most {EXACT:.0e}")
        elif abs(bound) * 10**scale > MOST_UNITS:
            yield Mistake(
                (*at, "noise", key),
                f"{bound:g} is too large for noise on {scale} digits behind the point",
                "use a smaller number, or a smaller scale",
            )
        elif column.type == "integer" and bound != int(bound):
            yield Mistake(
                (*at, "noise", key), f"{bound:g} has a fraction, and the values have none", "write a whole number"
            )
