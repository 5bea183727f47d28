"""The plan of one output column: from source column to protected value, as one Polars expression."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from antechamber.declare import BY_STANDARD, Column, Placeholders, StandardName
from antechamber.errors import RecipeError
from antechamber.prepare.arrived_hashed import ArrivedHashed, arrived_hashed
from antechamber.prepare.detection import Watch
from antechamber.prepare.placeholders import COUNTRIES, Finder, finder
from antechamber.prepare.protections import PROTECTIONS, Asked, Protection
from antechamber.prepare.standards import STANDARDS, Standard
from antechamber.prepare.text import where_present
from antechamber.prepare.types import TYPES, Given, Kind
from antechamber.secrets import Secrets


@dataclass(frozen=True)
class ColumnPlan:
    """What will happen to a column, for people.

    name: the output column. source: the source's column. type: the declared type. protection: `none` when there is
    none. sentence: one plain sentence.
    """

    name: str
    source: str
    type: str
    protection: str
    sentence: str


@dataclass(frozen=True)
class Plan:
    """One output column.

    source: the source's column. country_source: the source's column with the record's country, or None.
    by: the standard that the column itself names, or None.
    country: the normalised country of all records, or of those whose own is empty; "" when none is declared.
    placeholders: what its values are compared with, None when with nothing.
    rejects_invalid: whether an invalid value sends its record to quarantine.
    rejects_missing: whether a missing value does.
    drops_invalid: whether a record with an invalid value is dropped.
    hashes: what becomes of values that arrive hashed; None where they are text like any other.
    watch: how its values are searched for raw identities, or None.
    """

    name: str
    source: str
    type: str
    protect: str
    kind: Kind
    protection: Protection | None
    standard: Standard
    by: str | None
    country_source: str | None
    country: str
    placeholders: Finder | None
    rejects_invalid: bool
    rejects_missing: bool
    drops_invalid: bool
    hashes: ArrivedHashed | None
    watch: Watch | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The output column's type."""
        return self.protection.arrow(self.kind) if self.protection else self.kind.arrow

    @property
    def protects(self) -> bool:
        """Whether the output may be another value than the one that is prepared."""
        return self.protection is not None or self.hashes is not None

    @property
    def once_per_distinct(self) -> bool:
        """Whether equal values of a batch may be prepared once."""
        if self.protection is not None and self.protection.per_record:
            return False
        return self.country_source is None and (self.kind.repeats or self.protection is not None)

    def output(self, given: Given, *, long: bool, value: pl.Expr | None = None) -> pl.Expr:
        """The output column. long: whether a value of the source is long enough to be hashed already. value: what
        `value` gives, where it is worked out already."""
        value = self.value(given) if value is None else value
        prepared = value if self.protection is None else self.protection.apply(value, self.kind)
        if not long or self.hashes is None or given.dtype != pl.String:
            return prepared
        protect = self.protection.protect if self.protection is not None else lambda text: text
        real = self.placeholders.without_digests if self.placeholders is not None else lambda digest: digest
        return self.hashes.output(given.column, prepared, protect, real)

    def value(self, given: Given) -> pl.Expr:
        """The value as it is before it is protected; null where it arrived hashed."""
        value = self.kind.value(given)
        return value if self.placeholders is None else self.placeholders.without(value, given.column)

    def is_long(self, values: pl.Series) -> bool:
        """Whether a value of the source may be a hash."""
        if self.hashes is None or values.dtype != pl.String:
            return False
        length = values.str.len_bytes().max()
        return isinstance(length, int) and length >= self.hashes.shortest

    def reason(self, given: Given) -> pl.Expr:
        """Why the output is null where it is: EMPTY, or a short phrase that holds nothing of the value."""
        reason = self.kind.reason(given)
        hashes = self.hashes if given.dtype == pl.String else None
        if hashes is not None:
            reason = hashes.reason(given.column, reason)
        if self.placeholders is None:
            return reason
        digest = hashes.digest(given.column) if hashes is not None and hashes.taken else None
        return pl.coalesce(self.placeholders.reason(self.kind.value(given), given.column, digest), reason)

    def given(self, column: str, dtype: pl.DataType, country: str | None) -> Given:
        """The source column under the name that it has in a frame. country: the country column's name there."""
        if country is None or self.country_source is None:
            return Given(pl.col(column), dtype, self.country)
        theirs = where_present(lambda text: _countries(text, self.standard), pl.col(country).cast(pl.String))
        return Given(pl.col(column), dtype, theirs.fill_null(self.country))

    def described(self) -> ColumnPlan:
        """For `antechamber check`."""
        end = f", then {self.protection.sentence}" if self.protection else ""
        invalid = "sends the record to quarantine" if self.rejects_invalid else "becomes null"
        invalid = "drops the record" if self.drops_invalid else invalid
        place = ""
        if self.country_source:
            place = f" (country from '{self.country_source}'" + (f", else {self.country})" if self.country else ")")
        elif self.country:
            place = f" (country {self.country})"
        missing = "; a missing one sends the record to quarantine" if self.rejects_missing else ""
        by = f" by {self.by}" if self.by else ""
        sentence = f"{self.kind.sentence}{by}{place}{end}; an invalid value {invalid}{missing}"
        return ColumnPlan(self.name, self.source, self.type, self.protect, sentence[0].upper() + sentence[1:] + ".")


def plan_column(
    name: str,
    column: Column,
    standard: StandardName,
    secrets: Secrets,
    *,
    tenant: str,
    is_key: bool,
    placeholders: Placeholders | bool = True,
) -> Plan:
    """The plan of a column that is not dropped. standard, placeholders: the connector's.

    Raises RecipeError, SecretError.
    """
    _check(column)
    rules = STANDARDS[column.standard or standard]
    protect = column.protect or "none"
    is_phone = column.type == "phone"
    on_invalid = column.on_invalid or ("null" if column.type in BY_STANDARD else "quarantine")
    protection = PROTECTIONS[protect](Asked(name, column, tenant, secrets, rules.sha256_encoding))
    drops = on_invalid == "drop"
    country_source = column.region_from if is_phone else column.country_from
    country = _country(column.region if is_phone else column.country, rules)
    countries = [country, *(each for each in COUNTRIES if country_source and each != country)]
    return Plan(
        name=name,
        source=column.source or name,
        type=column.type,
        protect=protect,
        kind=TYPES[_read_as(column)](column, rules),
        protection=protection,
        standard=rules,
        by=column.standard,
        country_source=country_source,
        country=country,
        placeholders=finder(column.type, column.placeholders and placeholders, rules, countries, secrets.root),
        rejects_invalid=not drops and (on_invalid == "quarantine" or column.required or is_key),
        rejects_missing=column.required or is_key,
        drops_invalid=drops,
        hashes=arrived_hashed(column, protection),
    )


def _read_as(column: Column) -> str:
    """The type whose rule gives the value: a date of birth that is truncated has to be a date still."""
    return "date" if column.protect == "truncate" and column.type == "date_of_birth" else column.type


def _country(declared: str | None, standard: Standard) -> str:
    """The declared country as the standard writes it, "" when there is none."""
    return (_countries(pl.Series([declared]), standard).item() or "") if declared else ""


def _countries(text: pl.Series, standard: Standard) -> pl.Series:
    return standard.country(text).value()


def _check(column: Column) -> None:
    if column.type == "decimal" and (column.scale if column.scale is not None else 2) > (column.precision or 38):
        raise RecipeError("the scale is larger than the precision", remedy="scale counts some of precision's digits")
    if column.one_of is not None and column.type not in ("id", "string"):
        raise RecipeError(f"one_of does not go with the type {column.type}", remedy="use it with id or string")
