"""Devices: network interfaces' addresses, IMEIs, and advertising ids that a label calls so.

A UUID by itself is not one: an advertising id has no form of its own.
"""

from __future__ import annotations

import re

from stdnum import imei

from antechamber.prepare.detection.detector import Detector, Situation

_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:(:[0-9A-Fa-f]{2}){5}|(-[0-9A-Fa-f]{2}){5})(?![\w:-])")
_IMEI = re.compile(r"(?<![\w-])(?:\d{2}-\d{6}-\d{6}-\d|(?i:imei)\W{0,3}\d{15})(?![\w-])")
_LABELLED = re.compile(
    r"(?<![a-z])(?:idfa|idfv|gaid|aaid|adid|maid|madid|rida|tifa|afai|(?:android|device|advertising|ad)[ _-]?id)"
    r"[\"']?\s{0,2}[:=#]?\s{0,2}[\"']?"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16})(?![\w-])",
    re.IGNORECASE,
)


def _holds(text: str, _: Situation) -> bool:
    if any(_is_interface(found.group()) for found in _MAC.finditer(text)):
        return True
    if any(len(set(found.group(1))) > 2 for found in _LABELLED.finditer(text)):
        return True
    return any(imei.is_valid(re.sub(r"\D", "", found.group())) for found in _IMEI.finditer(text))


def _is_interface(text: str) -> bool:
    return len(set(re.sub("[:-]", "", text).lower())) > 1  # not nothing, not everybody


DEVICE_ID = Detector(
    "device_id", "a device's id",
    r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9]-[0-9]{6}-[0-9]{6}-[0-9]"
    r"|(?i:imei|idfa|idfv|gaid|aaid|adid|madi?d|maid|rida|tifa|afai|(?:android|device|advertising|ad)[ _-]?id)",
    17, _holds,
)  # fmt: skip
