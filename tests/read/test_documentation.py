"""The examples of the pages on formats and seals do what the pages say."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.read.streams import drain, read
from tests.read.test_google_analytics import EVENTS, parquet

from antechamber.declare import Decrypt
from antechamber.declare.format import FixedWidth, Parquet
from antechamber.declare.path import path_of
from antechamber.read import READERS, format_of, open_reader

DOCS = Path(__file__).parents[2] / "docs/reference"


def examples(page: str) -> list[Any]:
    texts = re.findall(r"^```yaml\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    return [YAML(typ="safe").load(text) for text in texts]


def test_the_fixed_width_example_places_its_columns() -> None:
    format = FixedWidth.model_validate(examples("formats.md")[0]["format"])
    assert format.slices == {"customer_id": (0, 10), "name": (10, 40), "zip": (60, 65)}
    rows, malformed = read(b"77        Zoe".ljust(60) + b"01234\nshort\n77", format, "customer_id", "zip")
    assert rows == [{"customer_id": "77", "zip": "01234", "__line": 1}]
    assert [each.reason for each in malformed] == [f"expected 65 characters, found {size}" for size in (5, 2)]


def test_the_analytics_example_reads_the_export() -> None:
    columns = examples("formats.md")[1]["columns"]
    wanted = [column.get("source", name) for name, column in columns.items()]
    rows, _ = drain(open_reader(io.BytesIO(parquet()), Parquet(), wanted=wanted, name="x"))
    assert len(rows) == len(EVENTS)
    assert all(any(row[name] is not None for row in rows) for name in wanted)


def test_every_path_of_the_table_is_a_path() -> None:
    table = (DOCS / "formats.md").read_text().partition("| path | leads to |")[2].partition("\n\n")[0]
    paths = re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)
    assert len(paths) == 6
    assert all(path_of(path) for path in paths)


def test_every_format_has_its_line_and_its_ending() -> None:
    page = (DOCS / "formats.md").read_text()
    kinds = [kind.model_fields["type"].default for kind in READERS]
    rows = dict(re.findall(r"^\| \[`(\w+)`\]\(#[a-z-]+\) \| (.*?) \|", page, re.MULTILINE))
    assert set(rows) == set(kinds)
    for kind, endings in rows.items():
        assert all(format_of(f"x{ending}").type == kind for ending in re.findall(r"`(\.\w+)`", endings))


def test_the_envelope_example_is_a_declaration() -> None:
    (example,) = examples("unseal.md")
    assert Decrypt.model_validate(example["source"]["decrypt"]).kms_keys
