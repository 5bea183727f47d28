"""Payment cards: a length and first digits that a network issues, and the check digit (ISO/IEC 7812-1, Luhn).

In a column declared `id` only grouped numbers are taken: one of ten ids has the right check digit by chance.
"""

from __future__ import annotations

import re

from stdnum import luhn

from antechamber.prepare.detection.detector import Detector, Situation

_DIGITS = re.compile(
    r"(?<![\w.,+#-])(?<!\d[ -])(?<![A-Z]{2}\d{2} )"
    r"(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{4,5}|\d{14,16})(?![\w-]|[.,]\d)"
)
_IMEI = re.compile(r"imei\W{0,3}$", re.IGNORECASE)
_NETWORKS = re.compile(
    r"4\d{15}"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|62\d{14}"  # UnionPay
)
"""Ranges that the networks publish, as far as their cards carry a check digit."""


def _holds(text: str, where: Situation) -> bool:
    for found in _DIGITS.finditer(text):
        digits = re.sub("[ -]", "", found.group())
        if where.is_id and digits == found.group():
            continue
        if _IMEI.search(text[max(0, found.start() - 8) : found.start()]):
            continue
        if _NETWORKS.fullmatch(digits) and luhn.is_valid(digits):
            return True
    return False


CARD = Detector("card", "a payment card's number", r"[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{2}", 14, _holds)
