"""Truncation: the first characters of a text, the first day of a date's period, the network of an IP address."""

from __future__ import annotations

import ipaddress

import polars as pl
import pyarrow as pa

from antechamber.prepare.protections.protection import ByValue, Protection
from antechamber.prepare.text import by_distinct, where_present
from antechamber.prepare.types import Kind

EVERY = {"day": "1d", "month": "1mo", "quarter": "1q", "year": "1y"}
NETWORK = {4: 24, 6: 48}
"""Bits that stay of an IP address."""


class FirstCharacters(Protection):
    """The protection `truncate` of a text. Characters are code points; a text that is no longer stays whole."""

    def __init__(self, characters: int) -> None:
        self.characters = characters
        self.sentence = f"cut after {characters} character{'s' if characters > 1 else ''}"

    def protect(self, text: pl.Expr) -> pl.Expr:
        return text.str.head(self.characters)


class FirstDay(ByValue):
    """The protection `truncate` of a date or a timestamp (of UTC): it stays one, the first of its period."""

    def __init__(self, period: str) -> None:
        self.period = period
        self.sentence = f"set back to the first of its {period}"

    def arrow(self, kind: Kind) -> pa.DataType:
        return kind.arrow

    def apply(self, value: pl.Expr, kind: Kind) -> pl.Expr:
        return value.dt.truncate(EVERY[self.period])


class Network(Protection):
    """The protection `truncate` of an IP address: `192.0.2.0/24`, `2001:db8::/48`."""

    sentence = "cut to its network (/24, IPv6: /48)"

    def protect(self, text: pl.Expr) -> pl.Expr:
        return where_present(lambda texts: by_distinct(texts, network), text)


def network(text: str) -> str | None:
    """The network of an address in text; an IPv4 address within an IPv6 one counts as IPv4; None for other texts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((address, NETWORK[address.version]), strict=False))
