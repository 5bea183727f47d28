"""Names of places → their codes: countries of ISO 3166-1, and the states of the United States.

The names are those of ISO 3166-1 (short, official and common English names and alpha-3 codes), what fifteen countries
call themselves and each other, and the postal abbreviations of USPS Publication 28, appendix B; read on 2026-11-25.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import polars as pl

from antechamber.prepare.text import change, decompose, has_other_than_ascii

AMERICAN = ["us", ""]
"""Countries of which American rules hold: the United States, and none that is known."""

LETTERS = {"ß": "ss", "ø": "o", "æ": "ae", "ı": "i", "ł": "l", "đ": "d"}


def country_code(text: pl.Series) -> pl.Series:
    """The ISO 3166-1 alpha-2 code in lower case of lower-case names; the letters as they are where none is known.

    `uk` and `el`, which ISO 3166 reserves for two countries, are gb and gr.
    """
    letters = change(text, has_other_than_ascii(text), _plain).str.replace_all("[^a-z]+", "")
    # Nothing of the name is left when it is written in another script: it stays what it is.
    return letters.replace(_known()["countries"]).zip_with(letters != "", text.str.replace_all(r"[^\p{L}\p{M}]+", ""))


def is_country_code(text: pl.Series) -> pl.Series:
    """Whether each text is an ISO 3166-1 alpha-2 code in lower case."""
    return text.is_in(sorted({*_known()["countries"].values()}))


def may_be_american(text: pl.Series, country: pl.Series | str) -> pl.Series:
    """Where the country is the United States or not known. text: what the answer is asked for."""
    if isinstance(country, str):
        return pl.repeat(country in AMERICAN, len(text), dtype=pl.Boolean, eager=True)
    return country.is_in(AMERICAN)


def state_code(text: pl.Series) -> pl.Series:
    """The two-letter code in lower case of the lower-case name of an American state; all other texts as they are."""
    return text.replace(_known()["states"])


def _plain(text: pl.Series) -> pl.Series:
    return decompose(text.str.replace_many(list(LETTERS), list(LETTERS.values())))


@cache
def _known() -> dict[str, dict[str, str]]:
    """Letters of names → codes."""
    content = json.loads(files(__package__).joinpath("places.json").read_text("utf-8"))
    return {"countries": {**content["countries"], "uk": "gb", "el": "gr"}, "states": content["states"]["us"]}
