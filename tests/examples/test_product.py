"""The product finds in the example what is in it: every record, every person, every answer, every refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antechamber import pipeline
from antechamber.cli.query import open_room
from antechamber.collaborate import Room
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import QueryRefused
from antechamber.examples import write_example
from antechamber.examples.retail import (
    ORDERS_URL,
    PUBLIC_KEY,
    Spec,
    Truth,
    change_orders,
    generate,
    load_orders,
    postgres,
    queries,
)
from antechamber.examples.retail.export import ExportTruth
from antechamber.operate.runs import RunRecord

SPEC = Spec(members=20_000, viewers=15_000, orders=10_000, files=3)
CHANGED = 200


@pytest.fixture(scope="module")
def retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Declarations, Truth, dict[str, RunRecord]]:
    """The workspace after all its connectors ran, and `orders` once more after some had changed."""
    folder: Path = tmp_path_factory.mktemp("retail") / "workspace"
    write_example("retail", folder)
    truth = generate(folder, SPEC, recipient=folder / PUBLIC_KEY)
    with postgres.start() as url:
        (folder / ORDERS_URL).write_text(url)
        load_orders(url, SPEC)
        declared = load_workspace(folder)
        records = {name: pipeline.run(declared, name) for name in declared.connectors}
        change_orders(url, CHANGED, SPEC)
        records["orders again"] = pipeline.run(declared, "orders")
    return declared, truth, records


@pytest.mark.parametrize(("connector", "export"), [("loyalty_members", "loyalty"), ("viewers", "audience")])
def test_every_record_of_every_file_is_where_the_truth_puts_it(retail: Any, connector: str, export: str) -> None:
    _, truth, records = retail
    told: ExportTruth = getattr(truth, export)
    record: RunRecord = records[connector]
    assert record.status == "succeeded"
    assert (record.read, record.published, record.quarantined, record.replaced, sum(record.dropped.values())) == (
        told.records, told.published, told.quarantined, told.replaced, 0,
    )  # fmt: skip
    found = {Path(part.id).name: (part.read, part.quarantined) for part in record.partitions}
    assert found == {name: (file.records, file.quarantined) for name, file in told.files.items()}


def test_a_second_run_of_the_orders_reads_only_what_changed(retail: Any) -> None:
    _, _, records = retail
    assert (records["orders"].read, records["orders"].published) == (SPEC.orders, SPEC.orders)
    assert (records["orders again"].read, records["orders again"].published) == (CHANGED, CHANGED)


def test_the_clean_room_gives_the_true_answers_without_the_small_groups(retail: Any) -> None:
    room: Room = open_room(retail[0], queries.COLLABORATION)
    overlap = room.answer(queries.OVERLAP_BY_TIER, member="acme").table.to_pylist()
    tiers = queries.overlap_by_tier(SPEC)
    assert "founder" in tiers
    assert overlap == [{"tier": tier, "people": tiers[tier]} for tier in sorted(tiers) if tier != "founder"]
    revenue = room.answer(queries.REVENUE_BY_CAMPAIGN, member="acme").table.to_pylist()
    campaigns = queries.revenue_by_campaign(SPEC, changed=CHANGED)
    assert "pilot" in campaigns
    assert revenue == [
        {"campaign": name, "buyers": row.buyers, "revenue": row.revenue}
        for name, row in sorted(campaigns.items())
        if name != "pilot"
    ]


@pytest.mark.parametrize("refused", queries.REFUSED, ids=lambda refused: refused.because)
def test_a_question_that_a_rule_forbids_is_refused(retail: Any, refused: queries.Refused) -> None:
    with pytest.raises(QueryRefused):
        open_room(retail[0], queries.COLLABORATION).answer(refused.sql, member="acme")
