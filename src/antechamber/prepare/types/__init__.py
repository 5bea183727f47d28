"""Column types: what a column means. One line a type here."""

from __future__ import annotations

from collections.abc import Callable

from antechamber.declare import Column
from antechamber.prepare.standards import Standard
from antechamber.prepare.types.date import Date
from antechamber.prepare.types.date_of_birth import DateOfBirth
from antechamber.prepare.types.decimal import Decimal
from antechamber.prepare.types.kind import EMPTY, Given, Kind
from antechamber.prepare.types.number import Boolean, Float, Integer
from antechamber.prepare.types.phone import Phone
from antechamber.prepare.types.plain import Id, String
from antechamber.prepare.types.timestamp import Timestamp
from antechamber.prepare.types.wording import Wording, of_any_country

__all__ = ["EMPTY", "TYPES", "Given", "Kind"]

NOTHING_LEFT = "nothing left"
"""The reason of a text of which the standard keeps no character."""

TYPES: dict[str, Callable[[Column, Standard], Kind]] = {
    "id": lambda column, _: Id(column.one_of),
    "string": lambda column, _: String(column.one_of),
    "integer": lambda _, __: Integer(),
    "decimal": lambda column, _: Decimal(column.precision or 38, 2 if column.scale is None else column.scale),
    "float": lambda _, __: Float(),
    "boolean": lambda _, __: Boolean(),
    "date": lambda column, _: Date(column.format),
    "timestamp": lambda column, _: Timestamp(column.format, column.timezone),
    "email": lambda _, by: Wording("an e-mail address", "not an e-mail address", of_any_country(by.email)),
    "phone": lambda _, by: Phone(by.phone),
    "first_name": lambda _, by: Wording("a first name", NOTHING_LEFT, of_any_country(by.first_name)),
    "last_name": lambda _, by: Wording("a last name", NOTHING_LEFT, of_any_country(by.last_name)),
    "full_name": lambda _, by: Wording("a full name", NOTHING_LEFT, of_any_country(by.full_name)),
    "address": lambda _, by: Wording("a street address", NOTHING_LEFT, by.address),
    "city": lambda _, by: Wording("a city", NOTHING_LEFT, by.city),
    "state": lambda _, by: Wording("a state", "not a state", by.state),
    "postal_code": lambda _, by: Wording("a postal code", "not a postal code", by.postal_code),
    "country": lambda _, by: Wording("a country", "not a country", of_any_country(by.country)),
    "date_of_birth": lambda column, by: DateOfBirth(column.format, by.date_of_birth),
    "gender": lambda _, by: Wording("a gender", "not a gender", of_any_country(by.gender)),
    "mobile_ad_id": lambda _, by: Wording(
        "a mobile advertising id", "not an advertising id", of_any_country(by.mobile_ad_id)
    ),
    "ip_address": lambda _, by: Wording("an IP address", "not an IP address", of_any_country(by.ip_address)),
    "external_id": lambda _, by: Wording("an external id", NOTHING_LEFT, of_any_country(by.external_id)),
}
