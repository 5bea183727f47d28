"""The same meaning as a recipe's, written the slow way from the facts: one value at a time, no product code.

Sources: `normalizeRules.json` and `Operations.java` of AWS's published normalisation library; the phonenumbers
library where that one calls libphonenumber; the rules of the plain types in docs/reference/preparation.md.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import hmac
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import phonenumbers

ROOT = Path(__file__).parents[2]
FACTS: dict[str, Any] = json.loads(
    (ROOT / "src/antechamber/prepare/standards/aws_entity_resolution.json").read_text("utf-8")
)
"""The standard's word lists: data, not code."""

STATES: list[tuple[str, str]] = [(full, short) for full, short in FACTS["states"]]

JAVA_TRIM = "".join(map(chr, range(33)))


def without_accents(text: str) -> str:
    return unicodedata.normalize("NFD", text.replace("å", "aa"))


def only(text: str, allowed: str) -> str:
    return re.sub(f"[^{allowed}]", "", text)


LETTERS = "a-zA-Z"
DIGITS = "0-9"


def name(text: str) -> str:
    return only(without_accents(text.strip(JAVA_TRIM).lower()), LETTERS)


def email(text: str) -> str:
    text = without_accents(text.strip(JAVA_TRIM).lower())
    start = text.find("<")
    end = text.find(">", start + 1)
    if start >= 0 and end >= 0:
        text = text[start + 1 : end]
    text = re.sub("[ \t\n\x0b\f\r]", "", text.lower()).replace("(at)", "@")
    return only(text, LETTERS + DIGITS + "_.@-")


def city(text: str) -> str:
    return only(without_accents(text.strip(JAVA_TRIM).lower()), LETTERS + DIGITS)


def postal_code(text: str) -> str:
    return only(text.strip(JAVA_TRIM).lower().split("-", 1)[0], LETTERS + DIGITS)


def country(text: str) -> str:
    plain = city(text)
    return str(FACTS["countries"].get(plain, plain))


def special_letters(text: str) -> str:
    for letter, letters in FACTS["letters"].items():
        text = text.replace(letter, letters)
    return text


def state(text: str) -> str:
    text = only(without_accents(special_letters(text.strip(JAVA_TRIM).lower())), LETTERS + DIGITS)
    for full, short in STATES:
        if full in text:
            text = text.replace(full, short)
    return text


def words(text: str, vocabulary: dict[str, str]) -> str:
    return " ".join(vocabulary.get(word, word) for word in text.split(" "))


def address(text: str, of_country: str) -> str:
    street = FACTS["street_words"]
    of_this_country = FACTS["street_words_by_country"].get(of_country, {})
    text = words(words(text.strip(JAVA_TRIM).lower(), street), of_this_country)
    for mark, replacement in FACTS["delimiters"].items():
        text = text.replace(mark, replacement)
    text = words(words(text, FACTS["directions"]), FACTS["number_words"])
    text = without_accents(special_letters(text))
    return only(words(words(text, street), of_this_country), LETTERS + DIGITS)


def phone(text: str, of_country: str) -> str:
    digits = only(text, DIGITS)
    if not digits:
        return ""
    if of_country in ("us", ""):
        try:
            number = phonenumbers.parse(digits, "US")
            if phonenumbers.is_valid_number(number):
                digits = str(number.national_number)
        except phonenumbers.NumberParseException:
            pass
    if digits.strip("0"):
        digits = digits.lstrip("0")
    prefix = FACTS["calling_codes"].get(of_country, "")
    return digits if digits.startswith(prefix) else prefix + digits


def identity(kind: str, text: str | None, of_country: str = "") -> str | None:
    """The normalised value, or None when it is empty or not valid."""
    if text is None:
        return None
    if kind == "email":
        found = email(text)
        return found if re.search("[^@]@+[^@]", found) else None
    if kind == "phone":
        found = phone(text, of_country)
        return found if 7 <= len(found) <= 15 else None
    if kind == "address":
        return address(text, of_country) or None
    rules = {
        "first_name": name, "last_name": name, "city": city, "state": state, "postal_code": postal_code,
        "country": country,
    }  # fmt: skip
    return rules[kind](text) or None


class Invalid(Exception):
    """The value is there and has no meaning in its type."""


# White space by Unicode's White_Space property.
WHITE = "\t\n\x0b\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"


def plain(kind: str, text: str | None, declared: dict[str, Any]) -> Any:
    """The typed value, None when it is empty; raises Invalid."""
    if text is None or (text == "" if kind == "string" else text.strip(WHITE) == ""):
        return None
    if kind == "string":
        return one_of(text, declared)
    text = text.strip(WHITE)
    if kind == "id":
        return one_of(text, declared)
    if kind == "integer":
        if not re.fullmatch("[+-]?[0-9]+", text) or not -(2**63) <= int(text) < 2**63:
            raise Invalid
        return int(text)
    if kind == "decimal":
        return exact_decimal(text, declared.get("precision", 38), declared.get("scale", 2))
    if kind == "float":
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) or abs(float(text)) > 1.8e308:
            raise Invalid
        return float(text)
    if kind == "boolean":
        if text.lower() in ("true", "t", "yes", "y", "1"):
            return True
        if text.lower() in ("false", "f", "no", "n", "0"):
            return False
        raise Invalid
    if kind == "date":
        return date(text, declared["format"])
    raise AssertionError(kind)


def one_of(text: str, declared: dict[str, Any]) -> str:
    if "one_of" in declared and text not in declared["one_of"]:
        raise Invalid
    return text


def exact_decimal(text: str, precision: int, scale: int) -> decimal.Decimal:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
        raise Invalid
    with decimal.localcontext(prec=200):
        value = decimal.Decimal(text)
        rounded = value.quantize(decimal.Decimal(1).scaleb(-scale))
        if rounded != value or abs(value) >= decimal.Decimal(10) ** (precision - scale):
            raise Invalid
        return rounded + 0


def date(text: str, form: str) -> datetime.date:
    if form != "%m/%d/%Y":
        raise AssertionError(form)
    found = re.fullmatch("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text)
    if not found:
        raise Invalid
    try:
        return datetime.date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        raise Invalid from None


def sha256(value: str | None, source: str | None) -> str | None:
    if source is not None and re.fullmatch("[0-9a-fA-F]{64}", source.strip(WHITE)):
        return source.strip(WHITE).lower()
    return None if value is None else hashlib.sha256(value.encode()).hexdigest()


def hmac_sha256(value: str | None, key: str, source: str | None) -> str | None:
    if source is not None and re.fullmatch("[0-9a-fA-F]{64}", source.strip(WHITE)):
        return None  # somebody else's hash, which no key of ours was in
    return None if value is None else hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()
