"""Phone numbers in written form: with a `+` and a country code, or grouped as their country groups them.

Bare digits are not taken for a phone number: they are as well an order, an account, a moment.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from antechamber.prepare.detection.detector import Detector, Situation

_WRITTEN = re.compile(
    r"(?<!\d[:/])(?<![\w.,+#-])(?:\+|\()?\(?\d(?:[\d().\u00a0\u2010-\u2013 /-]{5,24})\d(?![\w%]|[.,:/-]\d)"
)
_DECIMAL = re.compile(r"\+?\d+\.\d+")
_GROUPS = re.compile(r"\d+")


def _holds(text: str, where: Situation) -> bool:
    return any(_is_number(found.group(), where.regions) for found in _WRITTEN.finditer(text))


@lru_cache(maxsize=4096)
def _is_number(text: str, regions: tuple[str, ...]) -> bool:
    groups = _GROUPS.findall(text)
    if not 7 <= sum(map(len, groups)) <= 17 or _DECIMAL.fullmatch(text):
        return False
    if (text := text.lstrip("(")).startswith("+") or (text.startswith("00") and len(groups) > 1):
        number = _parsed("+" + text[2:] if text.startswith("00") else text, None)
        return number is not None and phonenumbers.is_valid_number(number)
    if len(groups) < 2 or (len(groups) == 2 and not re.search("[ /()]", text)):
        return False  # two numbers and a hyphen are also a ZIP+4 code
    return any(_is_written_so(text, groups, region) for region in regions)


def _is_written_so(text: str, groups: list[str], region: str) -> bool:
    number = _parsed(text, region)
    if number is None or not phonenumbers.is_valid_number_for_region(number, region):
        return False
    national = _GROUPS.findall(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return groups in (national, ["1", *national] if number.country_code == 1 else national)


def _parsed(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


_MARK = r"[./\x{a0}\x{2010}-\x{2013} -]"
PHONE = Detector(
    "phone", "a phone number",
    rf"\+\(?[0-9]|[0-9]{{3}}\)?{_MARK}{{1,2}}[0-9]{{3}}{_MARK}[0-9]{{4}}"
    rf"|(?:^|[^0-9.:-])0[0-9]{{1,5}}\)?{_MARK}|(?:^|[^0-9.:-])[0-9]{{2,4}}(?: [0-9]{{2,4}}){{2}}",
    8, _holds,
)  # fmt: skip
