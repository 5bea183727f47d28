"""A CSV file of any size that is made where it is read: every byte follows from its position."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

HEADER = b"customer_id,email,phone,first_name,city,tier,signup_date,ltv,segments,notes\n"
WIDTH = 400
"""Bytes of a record, its line end included."""
VARIANTS = 16
BLOCK = 32_768
"""Records that are made at once."""
DIGITS = 10
NAMES = ("Maria", "James", "Linda", "Chloe", "Sofia", "Grace", "Lukas", "Freya")
CITIES = ("Chicago", "Houston", "Phoenix", "Seattle")
TIERS = ("bronze", "silver")
NOTES = ("prefers e-mail, not phone", 'says ""never call"" on Sundays', "called in March\nno answer", "moved house")
ADDRESS = ("{name}.{number}@mail.example", "{name}.{number}@MAIL.example", " {name}.{number}@mail.example")


def whole(size: int) -> int:
    """The nearest size at which the file ends with a whole record."""
    return len(HEADER) + records(size) * WIDTH


def records(size: int) -> int:
    """Records of a file of about that many bytes."""
    return max(round((size - len(HEADER)) / WIDTH), 1)


def pieces(start: int, end: int) -> Iterator[memoryview]:
    """The bytes [start, end) of the file, in pieces of a few megabytes."""
    if start < len(HEADER):
        yield memoryview(HEADER)[start:end]
        start = len(HEADER)
    while start < end:
        first, skip = divmod(start - len(HEADER), WIDTH)
        count = min(BLOCK, -(-(end - len(HEADER)) // WIDTH) - first)
        block = _block(first, count).data.cast("B")[skip : skip + end - start]
        yield block
        start += len(block)


def email_hash(number: int) -> str:
    """What the e-mail address of the record of that number has to come to."""
    name = NAMES[number % VARIANTS % len(NAMES)].lower()
    return hashlib.sha256(f"{name}.{number:010}@mail.example".encode()).hexdigest()


def _template(variant: int) -> tuple[bytes, list[int]]:
    """A record without its number, and where the number's digits go."""
    name, number = NAMES[variant % len(NAMES)], "#" * DIGITS
    note = NOTES[variant % len(NOTES)]
    email = ADDRESS[variant % len(ADDRESS)].format(name=name, number=number)
    text = (
        f"C{number},{email},+1 (415) 5{variant % 10}7-0123,"
        f"{name},{CITIES[variant % len(CITIES)]},{TIERS[variant % len(TIERS)]},{variant % 12 + 1:02}/17/2024,"
        f'{variant * 7 + 3}.50,"'
    )
    filler = ";".join(f"segment-{variant}-{each}" for each in range(40))
    end = f'","{note}"\n'
    record = text + filler[: WIDTH - len(text) - len(end)] + end
    assert len(record) == WIDTH
    places = [position for position, letter in enumerate(record) if letter == "#"]
    assert len(places) == 2 * DIGITS
    return record.encode(), places


_TEMPLATES = [_template(variant) for variant in range(VARIANTS)]
_BYTES = np.frombuffer(b"".join(text for text, _ in _TEMPLATES), dtype=np.uint8).reshape(VARIANTS, WIDTH)
_PLACES = np.array([places for _, places in _TEMPLATES]).reshape(VARIANTS, 2, DIGITS)


def _block(first: int, count: int) -> npt.NDArray[np.uint8]:
    numbers = np.arange(first, first + count)
    variants = numbers % VARIANTS
    block = _BYTES[variants]
    flat = block.reshape(-1)
    rows = np.arange(count) * WIDTH
    rest = numbers
    for digit in reversed(range(DIGITS)):
        rest, value = np.divmod(rest, 10)
        for field in range(2):
            flat[rows + _PLACES[variants, field, digit]] = value + ord("0")
    return block
