"""read = published + quarantined + dropped + replaced, per file and per run, whatever the input."""

from __future__ import annotations

import shutil
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.end_to_end.conftest import TENANT_KEY, Small

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.operate.runs import PartitionReport, RunRecord


def balances(counted: PartitionReport | RunRecord) -> bool:
    """The promise, as arithmetic on what a user sees."""
    return counted.read == (
        counted.published + counted.quarantined + sum(counted.dropped.values()) + counted.replaced
    )


def test_every_record_of_every_file_is_accounted_for(small: Small) -> None:
    run = small.json("run", "loyalty")["runs"][0]
    assert run["status"] == "succeeded"
    by_file = {part["id"]: part for part in run["partitions"]}
    first, second = by_file["2026-11-22.csv.pgp"], by_file["2026-11-23.csv.pgp"]
    # By the generator: 900 members, 10 lines of 3 fields, 23 members written twice, 18 bad dates, 13 bad tiers.
    assert first["read"] == 900 + 10 + 23
    assert first["quarantined"] == 10 + len({n for n in range(900) if n % 50 == 7 or n % 70 == 9})
    assert second["read"] == 800 + len([n for n in range(700, 1500) if n % 90 == 13]) + 20
    for part in by_file.values():
        assert (
            part["read"] == part["published"] + part["quarantined"] + sum(part["dropped"].values()) + part["replaced"]
        )
    rows = small.rows("loyalty")
    assert len(rows) == len({row["customer_id"] for row in rows}) == run["published"]
    held_back = small.json("quarantine", "list", "loyalty")["quarantine"]
    assert sum(entry["records"] for entry in held_back) == run["quarantined"]


SEPARATORS = st.sampled_from([",", '"', "\n", "\r\n", "\r", "\\", ";", " ", "\x00", "\ufeff"])
PIECES = st.one_of(SEPARATORS, st.text(max_size=6), st.sampled_from(["a@b.co", "02/30/2024", "12", '""', '",', ',"']))
DIRT = st.lists(PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass"))
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(["x@y.zz", "", " A@B.cc "]), st.sampled_from(["1", "-7", "x", ""])
    ).map(lambda fields: ",".join(map(str, fields)).encode()),
    max_size=12,
)
FILES = st.lists(st.tuples(RECORDS, DIRT, RECORDS), min_size=1, max_size=3)

CONNECTOR = """
connector: dirty
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0}
columns:
  number: {type: id}
  email: {type: email, protect: sha256}
  count: {type: integer}
table: {name: dirty, mode: upsert, key: number}
"""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES)
def test_generated_dirty_files_balance(tmp_path: Path, files: list[tuple[list[bytes], bytes, list[bytes]]]) -> None:
    root = tmp_path / "ws"
    shutil.rmtree(root, ignore_errors=True)
    for folder in ("connectors", "keys", "store/landing"):
        (root / folder).mkdir(parents=True)
    (root / "antechamber.yaml").write_text('workspace: dirt\ntenants:\n  acme: {key: "file:keys/k"}\n')
    (root / "keys/k").write_text(TENANT_KEY)
    (root / "connectors/dirty.yaml").write_text(CONNECTOR)
    for number, (before, dirt, after) in enumerate(files):
        content = b"\n".join([b"number,email,count", *before, dirt, *after]) + b"\n"
        (root / f"store/landing/{number}.csv").write_bytes(content)

    record = pipeline.run(load_workspace(root), "dirty")
    assert record.status == "succeeded", record.error or [part.error for part in record.partitions]
    assert balances(record)
    assert all(balances(part) for part in record.partitions)
    assert record.read == sum(part.read for part in record.partitions)
    assert record.read >= sum(len(before) for before, _, _ in files)
