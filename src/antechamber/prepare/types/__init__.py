"""Column types: what a column means. One line a type here."""

from __future__ import annotations

from collections.abc import Callable

from antechamber.declare import Column
from antechamber.prepare.standards import Standard
from antechamber.prepare.types.date import Date
from antechamber.prepare.types.decimal import Decimal
from antechamber.prepare.types.email import Email
from antechamber.prepare.types.kind import EMPTY, Given, Kind
from antechamber.prepare.types.number import Boolean, Float, Integer
from antechamber.prepare.types.phone import Phone
from antechamber.prepare.types.plain import Id, String
from antechamber.prepare.types.timestamp import Timestamp
from antechamber.prepare.types.wording import Wording

__all__ = ["BY_STANDARD", "EMPTY", "TYPES", "Given", "Kind"]

TYPES: dict[str, Callable[[Column, Standard], Kind]] = {
    "id": lambda column, _: Id(column.one_of),
    "string": lambda column, _: String(column.one_of),
    "integer": lambda _, __: Integer(),
    "decimal": lambda column, _: Decimal(column.precision or 38, 2 if column.scale is None else column.scale),
    "float": lambda _, __: Float(),
    "boolean": lambda _, __: Boolean(),
    "date": lambda column, _: Date(column.format),
    "timestamp": lambda column, _: Timestamp(column.format, column.timezone),
    "email": lambda _, standard: Email(standard.email),
    "phone": lambda _, standard: Phone(standard.phone),
    "first_name": lambda _, standard: Wording("a first name", lambda text, _: standard.name(text)),
    "last_name": lambda _, standard: Wording("a last name", lambda text, _: standard.name(text)),
    "address": lambda _, standard: Wording("a street address", standard.address),
    "city": lambda _, standard: Wording("a city", lambda text, _: standard.city(text)),
    "state": lambda _, standard: Wording("a state", lambda text, _: standard.state(text)),
    "postal_code": lambda _, standard: Wording("a postal code", lambda text, _: standard.postal_code(text)),
    "country": lambda _, standard: Wording("a country", lambda text, _: standard.country(text)),
}

BY_STANDARD = frozenset(
    {"email", "phone", "first_name", "last_name", "address", "city", "state", "postal_code", "country"}
)
"""Types whose rule is a standard's: an invalid value becomes null, and a value may arrive hashed."""
