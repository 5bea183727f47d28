"""Numbers of the North American Numbering Plan, as libphonenumber sees them from the United States.

The question is always the same: digits, parsed with the region US; when they are a valid number, which is its
national number? What begins with neither 1 nor 011 loses nothing in parsing (metadata of region US: international
prefix 011, national prefix 1, no transform): valid or not, it stays as it is, but for leading zeros, which no valid
number has and which the caller removes. So the most frequent digits need not be read.
"""

from __future__ import annotations

import polars as pl

from antechamber.prepare.phones import national
from antechamber.prepare.text import change


def national_number(digits: pl.Series, *, country_code_returns: bool) -> pl.Series:
    """The national number where `digits`, dialled in the United States, are valid; else the digits.

    digits: 0–9 only, may be empty. The result may still have leading zeros.
    country_code_returns: the caller puts a missing 1 in front again. Then 11 digits from 1 need not be looked at:
        valid or not, they come out the same.
    """
    changing = "^(?:011|1(?:[0-9]{0,9}|[0-9]{11,})$)" if country_code_returns else "^(?:011|1)"
    return change(digits, digits.str.contains(changing), _dialled)


def _dialled(digits: pl.Series) -> pl.Series:
    number = national(digits, "US")
    return number.zip_with(number.is_not_null(), digits)
