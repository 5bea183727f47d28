"""Databases: a customers table → Iceberg with four hashed columns, against tools that copy it to Parquet."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import customers, product
from benchmarks.loyalty import PEERS, OutputsDiffer
from benchmarks.measure import Measured, measure
from benchmarks.report import Result, Side, Turn, say, show
from benchmarks.same import differences
from benchmarks.servers import DATABASES, Database

COPIES = "copies only: nothing is normalised or hashed"
NOTES = {
    "upsert": "the product again, as a connector would have it: by key and watermark, so that the next run is small",
    "extraction": "the product's connect room alone, to Parquet: what is to be compared with the floor",
    "duckdb": f"the floor: DuckDB's scanner and COPY to Parquet; {COPIES}",
    "connectorx": f"ConnectorX in 4 partitions, then pyarrow; {COPIES}, and the whole table is in memory",
    "dlt-pyarrow": COPIES,
    "dlt-connectorx": COPIES,
}
CONNECTOR = """
source: {source}
columns:
  customer_id: {{type: integer, required: true}}
  email:       {{type: email, protect: sha256}}
  phone:       {{type: phone, protect: sha256, region_from: country, region: US}}
  first_name:  {{type: first_name, protect: sha256}}
  last_name:   {{type: last_name, protect: sha256}}
  city:        {{type: string}}
  state:       {{type: string}}
  zip:         {{type: postal_code, country_from: country, country: US}}
  country:     {{type: country}}
  tier:        {{type: string, one_of: [founder, gold, silver, bronze]}}
  signup_date: {{type: date}}
  ltv:         {{type: decimal, precision: 12, scale: 2}}
  updated_at:  {{type: timestamp}}
table: {table}
"""


def against_peers(out: Path, rows: int, rounds: int, python: str, which: str, without: Sequence[str] = ()) -> Result:
    """The product and every peer on the same table. Raises OutputsDiffer, CommandFailed, NotInstalled."""
    say(f"{which}: making {rows:,} customers")
    made = customers.made(out / "inputs", rows)
    with tempfile.TemporaryDirectory(dir=out) as name, DATABASES[which](Path(name) / "server", made) as database:
        return _Comparison(Path(name), made, database, python, rows, without).measured(rounds)


class _Comparison:
    def __init__(
        self, work: Path, made: Path, database: Database, python: str, rows: int, without: Sequence[str]
    ) -> None:
        self._work, self._made, self._database = work, made, database
        self._python, self._rows, self._without = python, rows, without

    def measured(self, rounds: int) -> Result:
        database = self._database
        self._template("replace", {"name": "customers", "mode": "replace"})
        self._template(
            "upsert", {"name": "customers", "mode": "upsert", "key": "customer_id"}, watermark="updated_at"
        )
        turns: dict[str, Callable[[int], Measured]] = {
            "upsert": self._ours("upsert"),
            "extraction": self._extraction,
            "duckdb": self._peer("duckdb", "table_duckdb.py", [database.table]),
            "connectorx": self._peer("connectorx", "table_connectorx.py", [database.table, "customer_id"]),
        }
        for backend in ("pyarrow", "connectorx"):
            schema = [database.schema] if database.schema else []
            turns[f"dlt-{backend}"] = self._peer(f"dlt-{backend}", "table_dlt.py", [backend, "customers", *schema])
        sides: list[Turn] = [(Side("antechamber", self._rows), self._ours("replace"))]
        sides += [
            (Side(name, self._rows, note=NOTES[name]), turn)
            for name, turn in turns.items()
            if name not in self._without
        ]
        measured = show(sides, rounds)
        return Result(
            f"databases-{database.type}-{self._rows}",
            f"Customers: {self._rows:,} rows × {len(customers.COLUMNS)} columns from {database.type}",
            measured,
            [
                *_remarks({side.name: side for side in measured}),
                "All outputs have every value that they should have.",
            ],
        )

    def _template(self, name: str, table: dict[str, str], **source: str) -> None:
        database = self._database
        declared = {
            "type": database.type,
            "url": "file:keys/customers.url",
            "table": database.table,
            "partition_on": "customer_id",
            **database.source,
            **source,
        }
        # JSON is YAML.
        text = CONNECTOR.format(source=json.dumps(declared), table=json.dumps(table))
        folder = product.write(self._work / name, "customers", text)
        product.secret(folder, "customers.url", database.url)

    def _ours(self, template: str) -> Callable[[int], Measured]:
        def run(number: int) -> Measured:
            folder = product.workspace(self._work / f"{template}-{number}", self._work / template)
            measured = measure(product.run(folder, "customers"), self._work / "log")
            found = customers.fingerprint_prepared(product.data_files(folder, "customers"))
            self._refuse_other(f"antechamber, {template}", "prepared", found)
            shutil.rmtree(folder)
            return measured

        return run

    def _extraction(self, number: int) -> Measured:
        target = self._work / f"extraction-{number}"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "benchmarks.extract",
            self._work / "replace",
            "customers",
            target,
        ]
        return self._copied("extraction", command, target)

    def _peer(self, name: str, script: str, arguments: list[str]) -> Callable[[int], Measured]:
        def run(number: int) -> Measured:
            target = self._work / f"{name}-{number}"
            files = "data/bench/customers/*.parquet" if name.startswith("dlt-") else "*.parquet"
            command: list[str | Path] = [self._python, PEERS / script, target, *arguments]
            return self._copied(name, command, target, files)

        return run

    def _copied(self, name: str, command: list[str | Path], target: Path, files: str = "*.parquet") -> Measured:
        try:
            measured = measure(command, self._work / "log", environment={"BENCH_URL": self._database.url})
            self._refuse_other(name, "raw", customers.fingerprint_raw(sorted(target.glob(files))))
            return measured
        finally:
            shutil.rmtree(target, ignore_errors=True)

    def _refuse_other(self, name: str, kind: str, found: dict[str, int]) -> None:
        truth = customers.expected(self._made, kind)
        if wrong := differences(truth, found):
            seen = ", ".join(f"{each}: {found.get(each)} instead of {truth[each]}" for each in wrong[:4])
            raise OutputsDiffer(f"{name}: {seen}")


def _remarks(sides: dict[str, Side]) -> list[str]:
    ours = sides["antechamber"]
    said = []
    if {"extraction", "duckdb"} <= sides.keys():
        ratio = sides["extraction"].best / sides["duckdb"].best
        said.append(f"Extraction alone takes {ratio:.2f}× the floor's time (target: at most 1.3×).")
    if "dlt-pyarrow" in sides:
        ratio = sides["dlt-pyarrow"].best / ours.best
        said.append(f"The product is {ratio:.2f}× as fast as dlt with pyarrow (target: 4×).")
    return said
