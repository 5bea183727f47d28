"""The package's lists of placeholders: one JSON file an identity type, in classes, each with the reason for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from antechamber.declare import Placeholders
from antechamber.declare.placeholders import ONLY_WHEN_NAMED

ROLES = "roles"

TYPES = frozenset(
    {
        "email", "phone", "first_name", "last_name", "full_name", "address", "city", "state", "postal_code",
        "country", "date_of_birth", "mobile_ad_id", "ip_address", "external_id",
    }
)  # fmt: skip
"""The identity types that have a list."""

WORDS = frozenset({"first_name", "last_name", "full_name", "address", "city", "state", "country"})
"""Those whose values are words."""


def listed(type: str, declared: Placeholders) -> Iterator[tuple[str, str]]:
    """(class, value or pattern) of the package's list for a type, without the classes that do not count."""
    wanted = set(declared.also)
    for name, values in classes(type).items():
        if name in declared.keep or (name in ONLY_WHEN_NAMED and name not in wanted):
            continue
        yield from ((name, value) for value in values)


@cache
def classes(type: str) -> dict[str, tuple[str, ...]]:
    """Class → its values, as they are written; `*` stands for any text, `?` for one character."""
    content = json.loads(files(__package__).joinpath(f"{type}.json").read_text("utf-8"))
    return {name: tuple(_spellings(type, each["values"])) for name, each in content.items()}


def _spellings(type: str, values: list[str]) -> Iterator[str]:
    """Each value; of words also with hyphens, and underscores, between them, which some standards keep."""
    for value in values:
        yield from dict.fromkeys((value, *(value.replace(" ", mark) for mark in "-_" if type in WORDS)))
