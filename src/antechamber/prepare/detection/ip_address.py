"""IP addresses that reach somebody: public ones, IPv4 in dotted decimals and IPv6.

A version of four numbers looks the same: one with fewer than two numbers from 32 up is taken for a version, as is one
behind a `v` or a product's name and `/`. Of all public addresses less than one in a hundred looks so.
"""

from __future__ import annotations

import ipaddress
import re

from antechamber.prepare.detection.detector import Detector, Situation

_FOUR = re.compile(r"(?<![\w.])(?<!\d[-:])(\d{1,3}(?:\.\d{1,3}){3})(?![\w-]|\.\d)")
_SIX = re.compile(r"(?<![\w:.])([0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F:]*)(?![\w:])")
_VERSION = re.compile(r"(?:\bv|\bversion|\bver\.?|\brelease|\bbuild|\bfirmware|[A-Za-z]/)[ :=]*$", re.IGNORECASE)
_LARGE = 32


def _holds(text: str, _: Situation) -> bool:
    if any(_is_no_version(text, found) and _is_public(found.group()) for found in _FOUR.finditer(text)):
        return True
    return any(_is_public(found.group()) for found in _SIX.finditer(text) if len(found.group()) >= 6)


def _is_no_version(text: str, found: re.Match[str]) -> bool:
    large = sum(int(part) >= _LARGE for part in found.group().split("."))
    return large >= 2 and not _VERSION.search(text[max(0, found.start() - 12) : found.start()])


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


IP_ADDRESS = Detector(
    "ip_address",
    "an IP address",
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|(?:[0-9A-Fa-f]{1,4}:){3}|[0-9A-Fa-f]::",
    7,
    _holds,
)
