"""What is looked for: values and patterns as people write them → as the standard of a column writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import phonenumbers

Normalise = Callable[[Sequence[str]], list[list[str | None]]]
"""Texts → for each, what the column makes of it in each country that a record may have (null: nothing)."""

AS_WRITTEN = frozenset(
    {"first_name", "last_name", "full_name", "address", "city", "state", "country", "postal_code", "external_id"}
)
"""Texts → for each, what the column makes of it in each country that a record may have; null is nothing."""

ANY_DOMAIN = "placeholder.example"
WILD = {"*": ".*", "?": "."}


@dataclass(frozen=True)
class Entries:
    """whole: normalised values. written: (normal form, what the source must have written, trimmed and in lower case),
    for those that have their normal form in common with real values. begins: literal beginnings. patterns: regular
    expressions of whole values.
    """

    whole: frozenset[str] = frozenset()
    written: frozenset[tuple[str, str]] = frozenset()
    begins: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()

    def __or__(self, other: Entries) -> Entries:
        return Entries(
            self.whole | other.whole,
            self.written | other.written,
            self.begins | other.begins,
            self.patterns | other.patterns,
        )


def entries_of(type: str, values: Iterable[str], normalise: Normalise) -> Entries:
    """The entries of values and patterns of an identity type (`*`: any text, `?`: one character)."""
    plain: list[str] = []
    patterns: list[str] = []
    for value in values:
        (patterns if "*" in value or "?" in value else plain).append(value)
    if type in AS_WRITTEN or type == "mobile_ad_id":  # some rules keep the case of letters, some drop hyphens
        plain = list(dict.fromkeys(form for value in plain for form in _spellings(value)))
    whole: set[str] = set()
    written: set[tuple[str, str]] = set()
    for value, forms in zip(plain, normalise(plain), strict=True):
        for form in forms:
            if form and type in AS_WRITTEN and _bare(form) != _bare(value):
                written.add((form, value.strip().lower()))
            elif form:
                whole.add(form)
    begins: set[str] = set()
    others: set[str] = set()
    for pattern in patterns:
        if type != "phone" and pattern.count("*") == 1 and pattern.endswith("*") and "?" not in pattern:
            begins |= _beginnings(type, pattern[:-1], normalise)
        else:
            others |= _expressions(type, pattern, normalise)
    return Entries(frozenset(whole), frozenset(written), frozenset(begins), frozenset(others))


def phone_entries(values: Iterable[str], countries: Iterable[str]) -> Entries:
    """The digits of phone numbers that are nobody's: as they are, and behind the calling codes of countries."""
    known = {phonenumbers.country_code_for_region(country.upper()) for country in countries if country}
    codes = ["", "1", *(str(code) for code in known if code)]
    digits = [value for value in values if value.isdigit()]
    numbers = {code + number for code in codes for number in digits}
    patterns = {_phone_expression(value) for value in values if not value.isdigit()}
    return Entries(frozenset(numbers | {f"+{number}" for number in numbers}), patterns=frozenset(patterns))


def _spellings(value: str) -> tuple[str, ...]:
    return value, value.upper(), value.capitalize(), value.replace(" ", "")


def _bare(text: str) -> str:
    return text.lower().replace(" ", "")


def _beginnings(type: str, literal: str, normalise: Normalise) -> set[str]:
    if type == "email" and literal.endswith("@"):
        whole = [form for form in normalise([literal + ANY_DOMAIN])[0] if form and form.endswith("@" + ANY_DOMAIN)]
        return {form.removesuffix(ANY_DOMAIN) for form in whole}
    return _literal(type, literal, normalise)


def _expressions(type: str, pattern: str, normalise: Normalise) -> set[str]:
    if type == "phone":
        return {_phone_expression(pattern)}
    parts = re.split(r"([*?])", pattern)
    literals = {part: min(_literal(type, part, normalise)) for part in parts if part and part not in WILD}
    return {"".join(WILD.get(part) or escaped(literals.get(part, "")) for part in parts)}


def _phone_expression(pattern: str) -> str:
    """With or without '+': a standard writes one or not."""
    return r"\+?" + "".join(WILD.get(each, each) for each in pattern if each.isdigit() or each in WILD)


def _literal(type: str, text: str, normalise: Normalise) -> set[str]:
    """A part of a value: normalised where the rule makes something of a part."""
    if type not in AS_WRITTEN:
        return {text.lower()}
    return {form for form in normalise([text])[0] if form} or {text.lower()}


def escaped(text: str) -> str:
    """The text as a regular expression of Rust's, which knows fewer escapes than Python's."""
    return "".join(f"\\{letter}" if letter in r"\.+*?()|[]{}^$#&-~" else letter for letter in text)
