"""Detection: raw identities in columns that are declared as something else. One line a detector here.

Values are looked at, never names of columns. A pattern that costs next to nothing lets nearly all texts pass; only
what it holds back is looked at closely, once for each distinct text of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from antechamber.prepare.detection.card import CARD
from antechamber.prepare.detection.date_of_birth import DATE_OF_BIRTH
from antechamber.prepare.detection.detector import Detector, Situation, Watch
from antechamber.prepare.detection.device_id import DEVICE_ID
from antechamber.prepare.detection.email import EMAIL
from antechamber.prepare.detection.iban import IBAN
from antechamber.prepare.detection.ip_address import IP_ADDRESS
from antechamber.prepare.detection.national_id import NATIONAL_ID
from antechamber.prepare.detection.phone import PHONE
from antechamber.prepare.detection.ssn import SSN

__all__ = ["DETECTORS", "Detector", "Situation", "Watch", "found_in"]

DETECTORS: dict[str, Detector] = {
    each.kind: each for each in (EMAIL, PHONE, CARD, IBAN, SSN, NATIONAL_ID, IP_ADDRESS, DEVICE_ID, DATE_OF_BIRTH)
}

LEAST = min(each.least for each in DETECTORS.values())
"""Bytes below which no text holds any."""

LIKELY = "|".join(f"(?:{each.likely})" for each in DETECTORS.values())
"""What holds any has a match of this: all patterns in one pass."""

LOOKED_AT_FIRST = 1024
"""Texts of a batch by which it is judged whether they repeat."""


def found_in(
    texts: pl.Series, where: Situation, excused: frozenset[str] = frozenset()
) -> Iterator[tuple[Detector, pl.Series]]:
    """Each detector that found something, and which texts hold it (boolean, no nulls).

    texts: utf8, may have nulls. excused: kinds that the column may hold.
    """
    long = texts.filter(texts.str.len_bytes() >= LEAST)
    long = long.unique() if _repeat(long) else long
    long = long.filter(long.str.contains(LIKELY))
    if not len(long):
        return
    for detector in DETECTORS.values():
        if detector.kind in excused:
            continue
        likely = long.filter((long.str.len_bytes() >= detector.least) & long.str.contains(detector.likely))
        if not len(likely):
            continue
        held = [text for text in likely.unique() if detector.holds(text, where)]
        if held:
            yield detector, texts.is_in(pl.Series(held, dtype=pl.String).implode()).fill_null(False)


def _repeat(texts: pl.Series) -> bool:
    first = texts.head(LOOKED_AT_FIRST)
    return len(texts) > LOOKED_AT_FIRST and first.n_unique() * 4 < len(first)
