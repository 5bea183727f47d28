"""One meaning: how a run's records are cut into batches, and their order, never change a byte of what whole recipes
make of them, nor what becomes of a record."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.prepare.steps.conftest import Record, batch_of
from tests.prepare.steps.recipes_made import REFERENCE, TEXTS, connector, records

from antechamber.prepare import Recipe, compile_recipe
from antechamber.publish import Staging
from antechamber.secrets import Secrets

RECIPES = 40


@dataclass
class Outcome:
    """What came of records. held: (the record's id, column, reason) of each that goes to quarantine."""

    table: pa.Table
    dropped: Counter[str]
    nulled: Counter[tuple[str, str]]
    held: list[tuple[str, str, str]]
    detected: Counter[tuple[str, str]]


def outcome(recipe: Recipe, batches: Sequence[Sequence[Record]], scratch: Path) -> Outcome:
    found = Outcome(pa.table({}), Counter(), Counter(), [], Counter())
    with Staging(
        scratch / "staging", recipe.schema, keys=recipe.key, rules=recipe.rules, contests=recipe.contests
    ) as staging:
        for sequence, each in enumerate(batches):
            batch = batch_of([{**dict.fromkeys(("id", *TEXTS)), **record} for record in each])
            prepared = recipe.apply(batch)
            staging.add(0, sequence, prepared.batch, prepared.changes, entrants=prepared.entrants)
            found.dropped.update(prepared.dropped)
            found.nulled.update(prepared.nulled)
            found.detected.update(prepared.detected)
            for rejected in prepared.rejected:
                found.held.append((each[rejected.line - 2]["id"], rejected.column, rejected.reason))
        staging.resolve()
        for counted in staging.dropped().values():
            found.dropped.update(counted)
        found.table = pa.Table.from_batches(staging.batches(), schema=staging.schema).combine_chunks()
    assert found.table.num_rows + found.dropped.total() + len(found.held) == sum(map(len, batches))
    return found


@pytest.mark.parametrize("part", range(4))
def test_batch_size_and_order_never_change_a_byte(part: int, tmp_path: Path) -> None:
    (tmp_path / "ref.csv").write_text(REFERENCE)
    count = RECIPES * (20 if os.environ.get("ANTECHAMBER_SOAK") else 1)
    for seed in range(part, count, 4):
        chance = random.Random(seed)
        declared = connector(chance, key=chance.random() < 0.4)
        recipe = compile_recipe(declared, secrets=Secrets(tmp_path), root=tmp_path)
        everything = records(chance, 80)
        whole = outcome(recipe, [everything], tmp_path)

        cut: list[list[Any]] = []
        left = everything
        while left:
            size = chance.choice([1, 1, 2, 7, 30])
            cut.append(left[:size])
            left = left[size:]
        assert outcome(recipe, cut, tmp_path) == whole, f"seed {seed}: {declared.steps}"

        shuffled = chance.sample(everything, len(everything))
        other = outcome(recipe, [shuffled[:33], shuffled[33:]], tmp_path)
        assert other.table.sort_by("id").equals(whole.table.sort_by("id")), f"seed {seed}: {declared.steps}"
        assert sorted(other.held) == sorted(whole.held)
        assert (other.dropped, other.nulled, other.detected) == (whole.dropped, whole.nulled, whole.detected)
