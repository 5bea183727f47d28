"""Reading numbers: the whole series at once, in the order of the library's own `parse`."""

from __future__ import annotations

import polars as pl

from antechamber.prepare.phones.accepted import Accept
from antechamber.prepare.phones.library import OTHER, ask, known_regions


def e164(text: pl.Series, region: pl.Series | str, *, accept: Accept = "valid") -> pl.Series:
    """The number in each text as libphonenumber reads it: '+', calling code, national number. Null where none is.

    text: String, no nulls, any content.
    region: ISO 3166-1 alpha-2, upper case, of the country whose national spellings are read: one for all, or a
        series without nulls. '' and every text that is no region: only international spellings are read.
    accept: "valid": numbers of a range in use; "possible": numbers of a length in use.

    Equal to `parse(text, region)`, then `is_valid_number` or `is_possible_number`, then `format_number(…, E164)`.
    """
    regions = pl.Series([region]).new_from_index(0, len(text)) if isinstance(region, str) else region
    known = known_regions()
    regions = regions.replace_strict(known, known, default=OTHER, return_dtype=pl.String)
    return ask(text, regions, accept).rename(text.name)
