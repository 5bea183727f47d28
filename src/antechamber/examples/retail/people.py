"""People: a number and a seed give a person, the same one to everybody who asks.

acme and streamly know the same people without sharing anything but the number; each writes them down in
its own way (`spelling`). All domains end in `.example`, which RFC 2606 keeps free: no mail can reach anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import polars as pl

COUNTRIES = ("US", "US", "US", "GB", "DE")
"""Countries by share: three people in five live in the United States."""

FIRST_NAMES = (
    "Mary", "James", "José", "Zoë", "Anaïs", "Jürgen", "Åsa", "Linda", "Oliver", "Amelia", "Søren", "Chloé",
    "Noah", "Emma", "Liam", "Sophie", "Lukas", "Mia", "Jack", "Grace", "Renée", "Björn", "Noël", "Inés",
    "Mary Ann", "Jean-Luc", "D'Arcy", "Harriet", "Thomas", "Freya", "Günther", "Käthe",
)  # fmt: skip
LAST_NAMES = (
    "Smith", "Johnson", "García", "Müller", "O'Neill", "Brontë", "Schröder", "Nuñez", "Taylor", "Brown",
    "Wilson", "Weiß", "François", "Larsson", "Håkansson", "Schmidt", "Fischer", "Jones", "Davies", "Evans",
    "Van der Berg", "Smith-Jones", "Çelik", "Łukasik", "Walker", "Hughes", "Becker", "Hoffmann", "King", "Lee",
)  # fmt: skip
DOMAINS = ("mail.example", "post.example", "inbox.example", "web.example", "kontor.example", "school.example")

# North American codes of large cities, British mobile ranges and German mobile prefixes in use.
US_AREAS = (
    "212", "213", "305", "312", "314", "404", "415", "469", "503", "512", "602", "617", "646", "702", "713",
    "718", "720", "773", "801", "813", "816", "858", "901", "917", "919", "925", "949", "972",
)  # fmt: skip
GB_MOBILES = ("7400", "7429", "7508", "7540", "7711", "7712", "7723", "7801", "7850", "7911", "7940", "7973")
DE_MOBILES = ("160", "170", "171", "172", "173", "174", "175", "176", "177", "178", "179")
GB_AREAS = ("SW1A", "M1", "B33", "CR2", "DN55", "EC1A", "W1A", "LS1", "G2", "EH1")


def mix(number: pl.Expr, seed: int, purpose: str) -> pl.Expr:
    """64 well-mixed bits for a number, another 64 for every purpose: uint64, by the steps of SplitMix64.

    Arithmetic on uint64 wraps around. Unlike `Expr.hash`, this gives the same bits in every version of Polars.
    """
    offset = (seed * 0x9E3779B97F4A7C15 + crc32(purpose.encode()) * 0xD1B54A32D192ED03) % 2**64
    bits = number.cast(pl.UInt64) * _u64(0x9E3779B97F4A7C15) + _u64(offset)
    bits = (bits ^ (bits // _u64(2**30))) * _u64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits // _u64(2**27))) * _u64(0x94D049BB133111EB)
    return bits ^ (bits // _u64(2**31))


def pick(values: Sequence[str], bits: pl.Expr) -> pl.Expr:
    """One of the values for each row, all equally often."""
    chosen: pl.Expr = pl.lit(pl.Series(values, dtype=pl.String)).gather(bits % len(values))
    return chosen


def digits(bits: pl.Expr, width: int) -> pl.Expr:
    """Decimal digits with leading zeros, as text."""
    limit: int = 10**width
    return (bits % limit).cast(pl.String).str.zfill(width)


def people(person: pl.Expr, seed: int) -> list[pl.Expr]:
    """What is true of each person, whoever writes it down.

    first, last: names, with accents. email: in its plainest form. country: ISO 3166-1 alpha-2.
    area, block, line: the parts of the national phone number, without a trunk prefix. zip: the postal code.
    """
    country = pick(COUNTRIES, mix(person, seed, "country"))
    number, places = mix(person, seed, "phone"), mix(person, seed, "zip")
    # The first digit of an American exchange is 2 … 9, and its last is kept off …11.
    exchange = pl.concat_str((number // 10**4 % 8 + 2).cast(pl.String), digits(number // 10**5, 1), pl.lit("7"))
    first = pick(FIRST_NAMES, mix(person, seed, "first name"))
    last = pick(LAST_NAMES, mix(person, seed, "last name"))
    area_bits = number // 10**8
    return [
        first.alias("first"),
        last.alias("last"),
        pl.concat_str(
            pick([_plain(name) for name in FIRST_NAMES], mix(person, seed, "first name")),
            pl.lit("."),
            pick([_plain(name) for name in LAST_NAMES], mix(person, seed, "last name")),
            person.cast(pl.String),
            pl.lit("@"),
            pick(DOMAINS, mix(person, seed, "domain")),
        ).alias("email"),
        country.alias("country"),
        pl.when(country == "US").then(pick(US_AREAS, area_bits))
        .when(country == "GB").then(pick(GB_MOBILES, area_bits))
        .otherwise(pick(DE_MOBILES, area_bits)).alias("area"),
        pl.when(country == "US").then(exchange).otherwise(digits(number // 10**4, 3)).alias("block"),
        pl.when(country == "GB").then(digits(number, 3)).otherwise(digits(number, 4)).alias("line"),
        pl.when(country == "GB").then(
            pl.concat_str(pick(GB_AREAS, places), pl.lit(" "), digits(places // 100, 1), pl.lit("AB"))
        ).otherwise(digits(places, 5)).alias("zip"),
    ]  # fmt: skip


def _plain(name: str) -> str:
    """A name as it stands in an address: a … z only."""
    spelled = {"å": "aa", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "ł": "l"}
    accents = str.maketrans("éëèïíñçú", "eeeiincu")
    text = "".join(spelled.get(letter, letter) for letter in name.lower()).translate(accents)
    return "".join(letter for letter in text if letter in "abcdefghijklmnopqrstuvwxyz")


def _u64(value: int) -> pl.Expr:
    return pl.lit(value, dtype=pl.UInt64)
