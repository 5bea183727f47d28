"""The placeholders of one column: from what is declared to what is found in its values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from antechamber.declare import Placeholders
from antechamber.errors import RecipeError
from antechamber.prepare.placeholders.entries import Entries, Normalise, entries_of, phone_entries
from antechamber.prepare.placeholders.lists import ROLES, TYPES, listed
from antechamber.prepare.placeholders.lookup import Lookup
from antechamber.prepare.standards import Standard
from antechamber.prepare.text import nulls, only

PLACEHOLDER = "a placeholder"
ROLE_ACCOUNT = "a role account"

OF_A_COUNTRY = frozenset({"phone", "address", "city", "state", "postal_code"})
"""Types whose rule asks for a country."""

COUNTRIES = ("", "us", "ca", "gb", "de", "fr", "it", "es", "in", "jp", "au", "br", "mx", "nl", "se", "ch")
"""The countries whose rules the entries are written by where each record has its own."""

MOST_BYTES = 64 * 2**20
"""Of a file of values."""


class Finder:
    """What a column's values are compared with."""

    def __init__(self, placeholders: Entries, roles: Entries) -> None:
        self._all = Lookup(placeholders | roles)
        self._roles = Lookup(roles)

    def without(self, value: pl.Expr, source: pl.Expr) -> pl.Expr:
        """The normalised values, null where they are placeholders. source: what they were made of."""

        def apply(columns: Sequence[pl.Series]) -> pl.Series:
            text, source = columns
            found = self._all.found(text, source)
            return only(text, ~found) if found.any() else text

        return pl.map_batches([value, source], apply, return_dtype=pl.String(), is_elementwise=True)

    def without_digests(self, hashed: pl.Expr) -> pl.Expr:
        """Digests that senders made, null where they are of placeholders."""

        def apply(columns: Sequence[pl.Series]) -> pl.Series:
            (digest,) = columns
            found = digest.is_in(self._all.digests).fill_null(False)
            return only(digest, ~found) if found.any() else digest

        return pl.map_batches([hashed], apply, return_dtype=pl.String(), is_elementwise=True)

    def reason(self, value: pl.Expr, source: pl.Expr, hashed: pl.Expr | None) -> pl.Expr:
        """Why a value is none, null where it is not for being a placeholder. hashed: the sender's digests."""

        def apply(columns: Sequence[pl.Series]) -> pl.Series:
            text, source, *digests = columns
            reasons = nulls(len(text), pl.String())
            reasons = reasons.set(self._all.found(text, source), PLACEHOLDER)
            reasons = reasons.set(self._roles.found(text, source), ROLE_ACCOUNT)
            for digest in digests:
                reasons = reasons.set(digest.is_in(self._all.digests).fill_null(False), PLACEHOLDER)
            return reasons

        columns = [value, source] if hashed is None else [value, source, hashed]
        return pl.map_batches(columns, apply, return_dtype=pl.String(), is_elementwise=True)


def finder(
    type: str, declared: Placeholders | bool, standard: Standard, countries: Sequence[str], root: Path
) -> Finder | None:
    """What to look for in a column, None when nothing.

    type: the column's. declared: the connector's `placeholders`. countries: as the standard writes them; those that a
    record of the column may have. root: the workspace's folder. Raises RecipeError for a file that cannot be read.
    """
    said = Placeholders() if declared is True else declared
    if said is False or type not in TYPES or (added := said.entries(type)) is False:
        return None
    normalise = _normaliser(type, standard, countries)
    own = _read(added, type, root) if isinstance(added, tuple) else []
    listed_values = list(listed(type, said))
    values = [value for name, value in listed_values if name != ROLES]
    roles = [value for name, value in listed_values if name == ROLES]
    placeholders = entries_of(type, own, normalise)
    placeholders |= phone_entries(values, countries) if type == "phone" else entries_of(type, values, normalise)
    return Finder(placeholders, entries_of(type, roles, normalise))


def _normaliser(type: str, standard: Standard, countries: Sequence[str]) -> Normalise:
    rule = getattr(standard, type)

    def normalise(texts: Sequence[str]) -> list[list[str | None]]:
        values = pl.Series(list(texts), dtype=pl.String)
        if not len(values):
            return []
        if type in OF_A_COUNTRY:
            forms = [rule(values, country).value().to_list() for country in countries]
        else:
            forms = [rule(values).value().to_list()]
        return [list(dict.fromkeys(each)) for each in zip(*forms, strict=True)]

    return normalise


def _read(values: Sequence[str], type: str, root: Path) -> list[str]:
    """The values, each `file:` reference replaced by the lines of its file."""
    read: list[str] = []
    for place, value in enumerate(values):
        if value.startswith("file:"):
            read += _lines(root / value.removeprefix("file:"), f"placeholders.{type}[{place}]")
        else:
            read.append(value)
    return read


def _lines(path: Path, where: str) -> list[str]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RecipeError("the list is larger than 64 MB", where=where, remedy="use patterns with *")
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise RecipeError(
            f"the list cannot be read ({error.strerror})", where=where, remedy="file: is relative to the workspace"
        ) from None
    except UnicodeDecodeError:
        raise RecipeError("the list is not UTF-8 text", where=where, remedy="save it as UTF-8") from None
    return [line.strip() for line in lines if line.strip()]
