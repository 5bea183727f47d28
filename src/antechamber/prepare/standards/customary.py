"""What most destinations ask for, for the types about which a standard's own documents are silent.

A standard inherits from Customary and writes only the rules that its vendor states. Each rule here is what the pages
of Meta (customer information parameters), TikTok (Events API), Snap (Conversions API) and Google (enhanced
conversions) share, read on 2026-11-25; where they differ, it is what the greater number of them says.
"""

from __future__ import annotations

import ipaddress

import polars as pl

from antechamber.prepare.standards.standard import Encoding
from antechamber.prepare.text import Split, by_distinct, change, has_other_than_ascii, lower, trim

HEX = "[0-9a-f]"
UUID = f"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}"
NO_ADVERTISING_ID = "00000000-0000-0000-0000-000000000000"
"""What iOS and Android give when the user has said no: the same for all of them."""

OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
NOT_SPECIFIED = ["0.0.0.0", "::"]  # noqa: S104 -- compared with, never bound to

GENDERS = {
    "f": "female femme femenino feminin feminine femminile feminino feminina femenina woman girl lady weiblich frau "
    "mujer donna mulher vrouw vrouwelijk kvinna w",
    "m": "male homme masculino masculin maschile man boy gentleman männlich mannlich maennlich mann "
    "hombre uomo homem mannelijk",
}
"""Words for the two genders that destinations know, in languages of the Latin alphabet; `w` is German.
A letter that means either gender in different languages (`h`) is not taken."""

_GENDER_OF = {word: letter for letter, words in GENDERS.items() for word in (letter, *words.split())}


class Customary:
    """Rules that any standard can begin with; the country of a record changes none of them."""

    sha256_encoding: Encoding = "hex"

    def first_name(self, text: pl.Series) -> Split:
        """Lower case, without punctuation, symbols and white space at the ends; accents and other scripts stay."""
        return self._words(text, r"^[a-z]+$", " ")

    def last_name(self, text: pl.Series) -> Split:
        """As the first name."""
        return self.first_name(text)

    def full_name(self, text: pl.Series) -> Split:
        """As the first name."""
        return self.first_name(text)

    def address(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Lower case, letters and digits of any script, one space between words."""
        return self._words(text, r"^[a-z0-9]+(?: [a-z0-9]+)*$", " ")

    def city(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Lower case, letters and digits of any script, no spaces."""
        return self._words(text, "^[a-z]+$", "")

    def state(self, text: pl.Series, country: pl.Series | str) -> Split:
        """As the city."""
        return self._words(text, "^[a-z]{2}$", "")

    def postal_code(self, text: pl.Series, country: pl.Series | str) -> Split:
        """Lower case, letters and digits, no spaces; what stands behind a hyphen is left out."""
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains("^[a-z0-9]+$"), _before_hyphen, (tidied,))

    def country(self, text: pl.Series) -> Split:
        """Lower case, letters only."""
        return self._words(text, "^[a-z]{2}$", "")

    def date_of_birth(self, text: pl.Series) -> Split:
        """`YYYY-MM-DD` (ISO 8601, extended)."""
        return Split(text, pl.repeat(True, len(text), dtype=pl.Boolean, eager=True), lambda rest: rest, (text,))

    def gender(self, text: pl.Series) -> Split:
        """`f` or `m`; all else is not valid."""
        tidied = lower(trim(text))
        return Split(tidied, tidied.is_in(["f", "m"]), _gender, (tidied,))

    def mobile_ad_id(self, text: pl.Series) -> Split:
        """A UUID in lower case with its hyphens; the all-zero id, which stands for none, is not valid."""
        tidied = lower(trim(text))
        tidy = tidied.str.contains(f"^{UUID}$") & (tidied != NO_ADVERTISING_ID)
        return Split(tidied, tidy, _advertising_id, (tidied,))

    def ip_address(self, text: pl.Series) -> Split:
        """IPv4: four decimal numbers. IPv6: the canonical form of RFC 5952; an IPv4 address within it is that one."""
        tidied = trim(text)
        tidy = tidied.str.contains(rf"^{OCTET}(?:\.{OCTET}){{3}}$") & ~tidied.is_in(NOT_SPECIFIED)
        return Split(tidied, tidy, lambda rest: by_distinct(rest, _address_of_host), (tidied,))

    def external_id(self, text: pl.Series) -> Split:
        """The advertiser's own id, as it is: case and inner spaces may tell two of them apart."""
        tidied = trim(text)
        return Split(tidied, tidied != "", lambda rest: rest, (tidied,))

    @staticmethod
    def _words(text: pl.Series, tidy: str, between: str) -> Split:
        tidied = lower(trim(text))
        return Split(tidied, tidied.str.contains(tidy), lambda rest: letters_and_digits(rest, between), (tidied,))


def letters_and_digits(text: pl.Series, between: str) -> pl.Series:
    """Letters, their marks and digits of any script; `between` where white space was.

    A letter and its mark are composed (NFC), so that one name has one spelling whatever keyboard wrote it.
    """
    kept = trim(text.str.replace_all(r"[^\p{L}\p{M}\p{N}\s]+", "").str.replace_all(r"\s+", between))
    return change(kept, has_other_than_ascii(kept), lambda rest: rest.str.normalize("NFC"))


def _before_hyphen(text: pl.Series) -> pl.Series:
    return text.str.replace("(?s)-.*$", "").str.replace_all("[^a-z0-9]+", "")


def _gender(text: pl.Series) -> pl.Series:
    word = text.str.replace_all(r"[.\s]+", "")
    return word.replace_strict(_GENDER_OF, default="", return_dtype=pl.String)


def _advertising_id(text: pl.Series) -> pl.Series:
    digits = text.str.strip_prefix("{").str.strip_suffix("}").str.replace_all("-", "", literal=True)
    whole = digits.str.replace(f"^({HEX}{{8}})({HEX}{{4}})({HEX}{{4}})({HEX}{{4}})({HEX}{{12}})$", "$1-$2-$3-$4-$5")
    valid = whole.str.contains(f"^{UUID}$") & (whole != NO_ADVERTISING_ID)
    return whole.zip_with(valid, pl.repeat("", len(whole), eager=True))


def _address_of_host(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:  # it names an interface of one machine
            return ""
        address = address.ipv4_mapped or address
    return "" if address.is_unspecified else str(address)
