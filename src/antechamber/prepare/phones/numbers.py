"""Numbers: the public face, where spelling, reading and the library's own answers come together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from phonenumbers import PhoneNumber

from antechamber.prepare.phones.accepted import Accept
from antechamber.prepare.phones.library import OTHER, as_e164, as_national, ask, known_regions
from antechamber.prepare.phones.plans import NONE
from antechamber.prepare.phones.reading import read
from antechamber.prepare.phones.spelling import spelled
from antechamber.prepare.text import change, nulls, only

BLOCK = 1 << 16
"""Rows that are worked on together: what they need stays in the processor's caches."""


def e164(text: pl.Series, region: pl.Series | str, *, accept: Accept = "valid") -> pl.Series:
    """The number in each text as libphonenumber reads it: '+', calling code, national number. Null where none is.

    text: String, no nulls, any content.
    region: ISO 3166-1 alpha-2, upper case, of the country whose national spellings are read: one for all, or a
        series without nulls. '' and every text that is no region: only international spellings are read.
    accept: "valid": numbers of a range in use; "possible": numbers of a length in use.

    Equal to `parse(text, region)`, then `is_valid_number` or `is_possible_number`, then `format_number(…, E164)`.
    """
    return _in_blocks(text, region, accept, _E164)


def national(text: pl.Series, region: pl.Series | str, *, accept: Accept = "valid") -> pl.Series:
    """The national significant number of each, with its zeros in front; else as `e164`."""
    return _in_blocks(text, region, accept, _NATIONAL)


@dataclass(frozen=True)
class _Form:
    """How numbers are written. joined: from calling codes and national numbers; single: from one of the library's."""

    joined: Callable[[pl.Series, pl.Series], pl.Series]
    single: Callable[[PhoneNumber], str]


_E164 = _Form(lambda code, number: "+" + code.cast(pl.String) + number, as_e164)
_NATIONAL = _Form(lambda _, number: number, as_national)


def _in_blocks(text: pl.Series, region: pl.Series | str, accept: Accept, form: _Form) -> pl.Series:
    blocks = []
    for start in range(0, len(text), BLOCK):
        of_block = region if isinstance(region, str) else region.slice(start, BLOCK)
        blocks.append(_block(text.slice(start, BLOCK), of_block, accept, form))
    return pl.concat(blocks) if blocks else nulls(0, pl.String()).rename(text.name)


def _block(text: pl.Series, region: pl.Series | str, accept: Accept, form: _Form) -> pl.Series:
    place = _places(region, len(text))
    spelling = spelled(text)
    plain = spelling.plain
    found = read(
        spelling.text.filter(plain),
        spelling.plus.filter(plain).to_numpy(),
        place.filter(plain).to_numpy().astype(np.intp),
        accept,
    )
    undecided = ~plain & ~spelling.never
    if found.undecided.any():
        undecided = change(undecided, plain, lambda _: pl.Series(found.undecided))
    code = pl.Series(found.code)
    numbers = only(form.joined(code, found.national), code != 0)
    if not plain.all():
        position = plain.cast(pl.Int64).cum_sum() - 1
        numbers = numbers.gather(only(position, plain))
    return change(numbers, undecided, partial(_asked, accept=accept, form=form), text, place).rename(text.name)


def _asked(text: pl.Series, place: pl.Series, *, accept: Accept, form: _Form) -> pl.Series:
    region = place.replace_strict(range(len(known_regions())), known_regions(), default=OTHER, return_dtype=pl.String)
    return ask(text, region, accept, form.single)


def _places(region: pl.Series | str, rows: int) -> pl.Series:
    """Where each region stands in `known_regions()`; NONE when it does not."""
    known = known_regions()
    if isinstance(region, str):
        place = known.index(region) if region in known else NONE
        return pl.repeat(place, rows, dtype=pl.Int64, eager=True)
    return region.replace_strict(known, range(len(known)), default=NONE, return_dtype=pl.Int64)
