"""Bank accounts: IBANs of a country's own length and structure, with their check digits (ISO 13616)."""

from __future__ import annotations

import re

from stdnum import iban

from antechamber.prepare.detection.detector import Detector, Situation

_BEGINNING = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ A-Z0-9])")
_SHORTEST, _LONGEST = 15, 34


def _holds(text: str, _: Situation) -> bool:
    return any(_is_iban(text[found.start() :]) for found in _BEGINNING.finditer(text))


def _is_iban(text: str) -> bool:
    compact, ends = "", {}
    for place, letter in enumerate(text[: 2 * _LONGEST]):
        if letter.isascii() and letter.isalnum():
            compact += letter
            ends[len(compact)] = place + 1
        elif letter != " ":
            break
    for length in range(_SHORTEST, min(len(compact), _LONGEST) + 1):
        following = text[ends[length] : ends[length] + 1]
        if not following.isalnum() and iban.is_valid(compact[:length]):
            return True
    return False


IBAN = Detector("iban", "a bank account's number", r"[A-Z]{2}[0-9]{2} ?[0-9A-Z]{4}", _SHORTEST, _holds)
