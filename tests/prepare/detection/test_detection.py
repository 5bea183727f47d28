"""Detection finds what it says it finds, and little else: measured on a labelled set of hostile texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pyarrow as pa
import pytest
from tests.prepare.detection.labelled import KINDS, labelled

from antechamber.declare.connector import Identity
from antechamber.prepare import Recipe
from antechamber.prepare.detection import DETECTORS, Situation, found_in

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]

PAGE = Path(__file__).parents[3] / "docs/reference/detection.md"
FLOOR = 0.98
WHERE = Situation(regions=("DE", "US"))


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[float, float]]:
    """Kind → (precision, recall), over 9 × 400 identities and 4,000 near misses."""
    rows = list(labelled(2026, of_each=400, misses=4000))
    texts = pl.Series([text for text, _ in rows], dtype=pl.String)
    found = {detector.kind: set(held.arg_true().to_list()) for detector, held in found_in(texts, WHERE)}
    result = {}
    for kind in KINDS:
        truth = {row for row, (_, label) in enumerate(rows) if label == kind}
        mine = found.get(kind, set())
        result[kind] = (len(truth & mine) / max(1, len(mine)), len(truth & mine) / len(truth))
    return result


def test_the_set_has_every_kind_and_every_kind_has_a_detector() -> None:
    assert set(KINDS) == set(DETECTORS) == set(get_args(Identity))


@pytest.mark.parametrize("kind", KINDS)
def test_precision_and_recall_are_above_the_floor(measured: dict[str, tuple[float, float]], kind: str) -> None:
    precision, recall = measured[kind]
    assert precision >= FLOOR
    assert recall >= FLOOR


def test_the_page_prints_what_is_measured(measured: dict[str, tuple[float, float]]) -> None:
    printed = {
        kind: (float(precision), float(recall))
        for kind, precision, recall in re.findall(
            r"^\| `(\w+)` \|.*\| ([01]\.\d{3}) \| ([01]\.\d{3}) \|$", PAGE.read_text(), re.MULTILINE
        )
    }
    assert printed == {kind: (round(p, 3), round(r, 3)) for kind, (p, r) in measured.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_with_an_identity_is_likely_too(kind: str) -> None:
    """The quick pattern lets nothing pass that the close look would find."""
    detector = DETECTORS[kind]
    texts = [text for text, _ in labelled(7, of_each=200, misses=500) if detector.holds(text, WHERE)]
    likely = pl.Series(texts).str.contains(detector.likely)
    assert len(texts) > 150
    assert [text for text, passed in zip(texts, likely, strict=True) if not passed] == []
    assert min(len(text.encode()) for text in texts) >= detector.least


def test_what_is_found_does_not_depend_on_the_batch() -> None:
    texts = [text for text, _ in labelled(3, of_each=20, misses=200)] * 8
    whole = {d.kind: set(held.arg_true().to_list()) for d, held in found_in(pl.Series(texts), WHERE)}
    single: dict[str, set[int]] = {}
    for row, text in enumerate(texts[:380]):
        for detector, _ in found_in(pl.Series([text]), WHERE):
            single.setdefault(detector.kind, set()).add(row)
    for kind, rows in single.items():
        assert {row for row in whole[kind] if row < 380} == rows


@pytest.mark.parametrize("text", ["", "\0", "@" * 5000, "1 " * 5000, "٣٣٣-٣٣-٣٣٣٣", "a@b.c" * 1000, "4" * 10_000])
def test_no_text_makes_it_fail(text: str) -> None:
    for detector in DETECTORS.values():
        detector.holds(text, WHERE)
    list(found_in(pl.Series([text, None]), WHERE))


def test_bare_digits_of_an_id_are_an_id(recipe: MakeRecipe, batch: MakeBatch) -> None:
    values = ["4111111111111111", "2065550100", "442071838750", "123456789"]
    assert recipe({"v": {"type": "id"}}).apply(batch(v=values)).rejected == ()
    made = recipe({"v": {"type": "id"}}).apply(batch(v=["4111 1111 1111 1111", "jane@example.com"]))
    assert [each.reason for each in made.rejected] == [
        "a payment card's number in a column declared id",
        "an e-mail address in a column declared id",
    ]


def test_a_record_with_a_raw_identity_goes_to_quarantine_and_is_counted(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"id": {"type": "id"}, "notes": {"type": "string"}, "city": {"type": "city"}})
    result = made.apply(
        batch(
            id=["1", "2", "3", "4"],
            notes=["fine", "write to jane@example.com", None, "SSN 123-45-6789"],
            city=["Rome", "Rome", "joe@example.com", "Paris"],
        )
    )
    assert result.batch.num_rows == 1
    assert [(each.line, each.column, each.reason) for each in result.rejected] == [
        (3, "notes", "an e-mail address in a column declared string"),
        (4, "city", "an e-mail address in a column declared city"),
        (5, "notes", "a social security number in a column declared string"),
    ]
    assert dict(result.detected) == {
        ("id", ""): 4, ("notes", ""): 3, ("notes", "email"): 1, ("notes", "ssn"): 1,
        ("city", ""): 4, ("city", "email"): 1,
    }  # fmt: skip
    assert result.nulled == {}


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "string", "may_hold": ["email"], "because": "support answers in public"},
        {"type": "string", "protect": "sha256"},
        {"type": "string", "protect": "mask"},
        {"type": "string", "protect": "truncate", "truncate_to": 3},
        {"type": "email", "protect": "none", "because": "the partner asked for it"},
    ],
)
def test_what_is_excused_or_does_not_leave_raw_passes(
    recipe: MakeRecipe, batch: MakeBatch, declared: dict[str, Any]
) -> None:
    assert recipe({"v": declared}).apply(batch(v=["jane@example.com"])).rejected == ()


def test_an_excuse_is_for_its_kind_alone(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": {"type": "string", "may_hold": ["email"], "because": "x"}})
    assert len(made.apply(batch(v=["jane@example.com", "call +1 206 555 0100", "+44 20 7183 8750"])).rejected) == 2


def test_what_a_mask_keeps_is_searched(recipe: MakeRecipe, batch: MakeBatch) -> None:
    made = recipe({"v": {"type": "string", "protect": "mask", "keep_last": 17}})
    assert len(made.apply(batch(v=["write to jane@example.com"])).rejected) == 1
