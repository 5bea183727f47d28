"""What docs/why/no-match.md and the tables of docs/reference/standards say of values is what happens to them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from antechamber.prepare import Recipe
from antechamber.prepare.standards import STANDARDS

DOCS = Path(__file__).parents[2] / "docs"
NO_MATCH, DIFFERENCES = DOCS / "why/no-match.md", DOCS / "reference/standards/README.md"

Make = Callable[..., str | None]


def tables(page: Path) -> list[list[list[str]]]:
    """The tables of a page: rows of cells, the header first."""
    found: list[list[list[str]]] = [[]]
    for line in page.read_text().splitlines():
        if not line.startswith("|"):
            found.append([])
        elif not set(line) <= set("|-"):
            found[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
    return [table for table in found if table]


def code(cell: str) -> str:
    """What stands in a cell between backticks; spaces belong to it."""
    found = re.search(r"`([^`]*)`", cell)
    assert found is not None, cell
    return found[1]


@pytest.fixture
def made(recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]) -> Make:
    """What a standard makes of a value before it is hashed; null where nothing."""

    def make(standard: str, type: str, value: str, country: str = "", **column: Any) -> str | None:
        declared: dict[str, Any] = {"type": type, "standard": standard, "protect": "none", "because": "looking"}
        declared |= ({"region": country} if type == "phone" else {"country": country}) if country else {}
        result = recipe({"v": declared | column}).apply(batch(v=[value])).batch.column("v")
        found: list[Any] = result.to_pylist()
        return found[0] if found[0] is None else str(found[0])

    return make


EXAMPLES = tables(NO_MATCH)[1][1:]


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: f"{row[0]} {row[2]} {row[4]}")
def test_the_same_value_makes_the_two_keys_that_the_page_shows(row: list[str], made: Make) -> None:
    value, (type, _, country) = code(row[0]), row[1].partition(", ")
    found = [made(standard, type, value, country) for standard in (row[2], row[4])]
    assert found == [code(row[3]), code(row[5])]
    assert found[0] != found[1]


# The columns of the first table of differences: (type, country) of the value in the header.
OF_HEADER = [
    ("email", ""), ("phone", "GB"), ("full_name", ""), ("first_name", ""), ("city", ""), ("state", "US"),
    ("postal_code", "US"), ("date_of_birth", ""),
]  # fmt: skip
VALUES = [
    (row[0].split("]")[0].strip("["), header, kind, cell)
    for header_row, *rows in [tables(DIFFERENCES)[0]]
    for row in rows
    for header, kind, cell in zip(header_row[1:-1], OF_HEADER, row[1:-1], strict=True)
]


@pytest.mark.parametrize(("standard", "header", "kind", "cell"), VALUES)
def test_the_table_of_values_is_what_each_standard_makes(
    standard: str, header: str, kind: tuple[str, str], cell: str, made: Make
) -> None:
    assert made(standard, kind[0], code(header), kind[1]) == code(cell)


def test_the_tables_tell_of_every_standard() -> None:
    assert [row[0].split("]")[0].strip("[") for row in tables(DIFFERENCES)[0][1:]] == list(STANDARDS)
    assert tables(DIFFERENCES)[1][0][1:] == list(STANDARDS)


def test_the_last_column_of_the_table_of_values_says_how_a_hash_is_written(
    recipe: Callable[..., Recipe], batch: Callable[..., pa.RecordBatch]
) -> None:
    for row in tables(DIFFERENCES)[0][1:]:
        standard = row[0].split("]")[0].strip("[")
        column = {"type": "email", "standard": standard, "protect": "sha256"}
        ((key),) = recipe({"v": column}).apply(batch(v=["jane@example.com"])).batch.column("v").to_pylist()
        digest = hashlib.sha256(b"jane@example.com").digest()
        assert key == {"hex": digest.hex(), "base64": base64.b64encode(digest).decode()}[row[-1]]


Rule = Callable[[Make, str], tuple[str | None, ...]]
RULES: dict[str, tuple[Rule, dict[str, tuple[str, ...]]]] = {
    "dots of Gmail": (
        lambda made, each: tuple(
            made(each, "email", f"a.b@{host}.com") for host in ("gmail", "googlemail", "example")
        ),
        {
            "stay": ("a.b@gmail.com", "a.b@googlemail.com", "a.b@example.com"),
            "go": ("ab@gmail.com", "a.b@googlemail.com", "a.b@example.com"),
            "go, googlemail too": ("ab@gmail.com", "ab@googlemail.com", "a.b@example.com"),
        },
    ),
    "plus tag": (
        lambda made, each: tuple(made(each, "email", f"ab+x@{host}.com") for host in ("gmail", "googlemail")),
        {
            "`+` alone goes": ("abx@gmail.com", "abx@googlemail.com"),
            "goes at gmail.com": ("ab@gmail.com", "ab+x@googlemail.com"),
            "goes at both": ("ab@gmail.com", "ab@googlemail.com"),
            "stays": ("ab+x@gmail.com", "ab+x@googlemail.com"),
        },
    ),
    "phone": (
        lambda made, each: (made(each, "phone", "(206) 555-0100", "US"),),
        {"digits": ("12065550100",), "`+` digits": ("+12065550100",), "national": ("2065550100",)},
    ),
    "punctuation of names": (
        lambda made, each: (made(each, "last_name", "O'Neil"),),
        {"goes": ("oneil",), "stays": ("o'neil",)},
    ),
    "accents of names": (
        lambda made, each: (made(each, "first_name", "Zoë"),),
        {"stay": ("zoë",), "go, the letter stays": ("zoe",), "go, letter and all": ("zo",)},
    ),
    "spaces in a city": (
        lambda made, each: (made(each, "city", "New York"),),
        {"go": ("newyork",), "stay": ("new york",)},
    ),
    "country": (lambda made, each: (made(each, "country", "us"),), {"`us`": ("us",), "`US`": ("US",)}),
    "date of birth": (
        lambda made, each: (made(each, "date_of_birth", "1990-05-26"),),
        {"dashes": ("1990-05-26",), "no dashes": ("19900526",)},
    ),
}


@pytest.mark.parametrize("row", tables(DIFFERENCES)[1][1:], ids=lambda row: row[0])
def test_the_table_of_rules_says_what_each_standard_does(row: list[str], made: Make) -> None:
    rule, meaning = RULES[row[0]]
    for standard, said in zip(STANDARDS, row[1:], strict=True):
        assert rule(made, standard) == meaning[said], standard
