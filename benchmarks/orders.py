"""The orders connector: PostgreSQL → Iceberg with a hashed column, against dlt, which copies to Parquet."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from antechamber.examples.retail import load_orders, postgres
from benchmarks import inputs, product
from benchmarks.loyalty import PEERS, OutputsDiffer
from benchmarks.measure import Measured, measure
from benchmarks.report import Result, Side, Turn, show

BACKENDS = ("pyarrow", "connectorx")


def against_peers(out: Path, rows: int, rounds: int, python: str, without: Sequence[str] = ()) -> Result:
    """The product and dlt with two backends on the same table. Raises OutputsDiffer, CommandFailed."""
    with tempfile.TemporaryDirectory(dir=out) as name, postgres.start(Path(name) / "server") as url:
        work = Path(name)
        load_orders(url, inputs.spec(rows))
        template = product.template(work / "template", sealed=False)
        product.orders_at(template, url)
        seen: dict[str, tuple[int, ...]] = {}

        def ours(number: int) -> Measured:
            folder = product.workspace(work / f"ours-{number}", template)
            measured = measure(product.run(folder, "orders"), work / "log")
            seen["antechamber"] = _fingerprint(product.data_files(folder, "orders"))
            shutil.rmtree(folder)
            return measured

        def theirs(backend: str) -> Callable[[int], Measured]:
            def run(number: int) -> Measured:
                target = work / f"{backend}-{number}"
                command: list[str | Path] = [python, PEERS / "table_dlt.py", target, backend, "orders", "public"]
                measured = measure(command, work / "log", environment={"BENCH_URL": url})
                found = _fingerprint(sorted((target / "data" / "bench" / "orders").glob("*.parquet")))
                if found != seen["antechamber"]:
                    raise OutputsDiffer(f"dlt, {backend}: {found} instead of {seen['antechamber']}")
                shutil.rmtree(target)
                return measured

            return run

        sides: list[Turn] = [(Side("antechamber", rows), ours)]
        sides += [
            (Side(f"dlt, {backend}", rows, note="copies only: nothing is normalised or hashed"), theirs(backend))
            for backend in BACKENDS
            if backend not in without
        ]
        show(sides, rounds)
    return Result(
        f"postgres-{rows}",
        f"Orders: {rows:,} rows from PostgreSQL",
        [side for side, _ in sides],
        ["All outputs agree in rows, ids and amounts."],
    )


def _fingerprint(files: Sequence[Path]) -> tuple[int, ...]:
    """Rows, the sum of their ids, and the sum of their amounts in cents."""
    cents = (pl.col("amount").cast(pl.Decimal(18, 2)) * 100).sum().cast(pl.Int64)
    return pl.scan_parquet(list(files)).select(pl.len(), pl.col("order_id").sum(), cents).collect().row(0)
