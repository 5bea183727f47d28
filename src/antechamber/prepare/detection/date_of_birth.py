"""Dates of birth: dates that a word beside them calls so. A date by itself is not one."""

from __future__ import annotations

import re

from antechamber.prepare.detection.detector import Detector, Situation

_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*"
_BORN = re.compile(
    r"(?<![a-z])(?:born|d\.?o\.?b\.?|date[ _]of[ _]birth|birth[ _-]?(?:date|day)|bday"
    r"|geboren|geb\.|geburtsdatum|née? le|date de naissance|nat[oa] il|data di nascita"
    r"|nacid[oa] el|fecha de nacimiento)[\"']?\s{0,2}[:=]?\s{0,2}[\"']?(?:(?:on|am|the|is)\s+)?"
    r"(?:(?P<first>\d{4})[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?P<last>\d{4}|\d{2})"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:of\s)?{_MONTH}\.?,?\s(?P<named>\d{{4}})"
    rf"|{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?P<american>\d{{4}}))(?!\d)",
    re.IGNORECASE,
)


def _holds(text: str, _: Situation) -> bool:
    return any(_is_of_a_person(found) for found in _BORN.finditer(text))


def _is_of_a_person(found: re.Match[str]) -> bool:
    year = next(each for each in found.groupdict().values() if each is not None)
    return len(year) == 2 or 1900 <= int(year) <= 2099


DATE_OF_BIRTH = Detector(
    "date_of_birth", "a date of birth",
    r"(?i)born|d\.?o\.?b|birth|bday|gebo|geb\.|geburt|n[ée]e? le|naissance|nat[oa] il|nascita|nacid|nacimiento",
    10, _holds,
)  # fmt: skip
