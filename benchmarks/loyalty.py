"""The loyalty connector: CSV → Iceberg, against scripts that do the same work, and against encrypted input."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import inputs, product
from benchmarks.measure import Measured, measure
from benchmarks.report import Result, Side, Turn, show
from benchmarks.same import differences, fingerprint

PEERS = Path(__file__).parent / "peers"
LANDING = Path("store/landing/acme/loyalty")
SCRIPTS: dict[str, tuple[str, ...]] = {
    "polars": ("loyalty_polars.py",),
    "pandas": ("loyalty_pandas.py",),
    "pandas-phonenumbers": ("loyalty_pandas.py", "phonenumbers"),
    "pyspark": ("loyalty_spark.py",),
}
NOTES = {
    "polars": "a bare script with the same rules: no quarantine, no accounting, no commit, one Parquet file",
    "pandas": "pandas and hashlib, phone numbers by their shape",
    "pandas-phonenumbers": "the same, with the phonenumbers library for American numbers",
    "pyspark": "local[2], native functions only",
}


class OutputsDiffer(Exception):
    """Two sides did not do the same work, so that their times say nothing."""


def against_peers(out: Path, rows: int, rounds: int, python: str, without: Sequence[str] = ()) -> Result:
    """The product and every peer on the same files. Raises OutputsDiffer, CommandFailed."""
    files = inputs.loyalty(out / "inputs", rows)
    count = _records(rows)
    seen: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        plain = product.template(work / "template", sealed=False)

        def ours(number: int) -> Measured:
            folder, measured = _product(work, plain, files, f"ours-{number}")
            seen["antechamber"] = fingerprint(product.data_files(folder, "loyalty_members"))
            shutil.rmtree(folder)
            return measured

        def theirs(peer: str) -> Callable[[int], Measured]:
            script, *arguments = SCRIPTS[peer]

            def run(number: int) -> Measured:
                target = work / f"{peer}-{number}"
                measured = measure([python, PEERS / script, files, target, *arguments], work / "log")
                seen[peer] = fingerprint(sorted(target.glob("*.parquet")))
                if wrong := differences(seen["antechamber"], seen[peer]):
                    raise OutputsDiffer(f"{peer}: {', '.join(wrong)}: {seen['antechamber']} {seen[peer]}")
                shutil.rmtree(target)
                return measured

            return run

        sides: list[Turn] = [(Side("antechamber", count), ours)]
        sides += [(Side(peer, count, note=NOTES[peer]), theirs(peer)) for peer in SCRIPTS if peer not in without]
        show(sides, rounds)
    return Result(
        f"loyalty-{rows}",
        f"Loyalty members: {count:,} CSV records to hashed Parquet",
        [side for side, _ in sides],
        [f"All outputs agree: {seen['antechamber']['rows']:,} rows, the same hashes in four columns."],
    )


def sealed_against_plain(out: Path, rows: int, rounds: int) -> Result:
    """The product on plain files and on the same files encrypted with PGP. Raises OutputsDiffer, CommandFailed."""
    count = _records(rows)
    seen: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        templates = {
            "antechamber": product.template(work / "plain", sealed=False),
            "antechamber, PGP": product.template(work / "sealed", sealed=True),
        }
        files = {
            "antechamber": inputs.loyalty(out / "inputs", rows),
            "antechamber, PGP": inputs.loyalty(out / "inputs", rows, sealed_for=templates["antechamber, PGP"]),
        }

        def side(which: str) -> Turn:
            def run(number: int) -> Measured:
                folder, measured = _product(work, templates[which], files[which], f"run-{number}")
                seen[which] = fingerprint(product.data_files(folder, "loyalty_members"))
                shutil.rmtree(folder)
                return measured

            return Side(which, count), run

        sides = [side(which) for which in templates]
        show(sides, rounds)
    if wrong := differences(*seen.values()):
        raise OutputsDiffer(", ".join(wrong))
    plain, sealed = (side for side, _ in sides)
    return Result(
        f"pgp-{rows}",
        f"The same {count:,} records, encrypted with PGP",
        [plain, sealed],
        [f"Decryption adds {sealed.best / plain.best - 1:.0%}."],
    )


def _product(work: Path, template: Path, files: Path, name: str) -> tuple[Path, Measured]:
    folder = product.workspace(work / name, template)
    product.land(files, folder / LANDING)
    return folder, measure(product.run(folder, "loyalty_members"), work / "log")


def _records(rows: int) -> int:
    """Records in the files: every fiftieth member is in them twice."""
    from antechamber.examples.retail.members import CHUNK, members

    spec = inputs.spec(rows)
    again = (members(spec, at, min(at + CHUNK, rows), again=True).height for at in range(0, rows, CHUNK))
    return rows + sum(again)
