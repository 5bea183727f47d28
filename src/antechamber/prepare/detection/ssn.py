"""Social security numbers of the United States, written with hyphens; numbers that are never issued are none."""

from __future__ import annotations

import re

from stdnum.us import ssn

from antechamber.prepare.detection.detector import Detector, Situation

_WRITTEN = re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])")


def _holds(text: str, _: Situation) -> bool:
    return any(ssn.is_valid(found) for found in _WRITTEN.findall(text))


SSN = Detector("ssn", "a social security number", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", 11, _holds)
