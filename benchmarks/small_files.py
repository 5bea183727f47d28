"""Small files: the loyalty connector on ten thousand files in one run, against the same records in one file."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import bucket, inputs, product
from benchmarks.loyalty import LANDING, OutputsDiffer
from benchmarks.measure import Measured, measure
from benchmarks.report import Result, Side, Turn, say, show
from benchmarks.same import differences, fingerprint

SIZE = 5_000
CONNECTOR = "loyalty_members"


def in_a_folder(out: Path, files: int, rounds: int) -> Result:
    """Both in a landing folder, and archived from there. Raises OutputsDiffer, CommandFailed."""
    made = _made(out, files)
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        template = product.template(work / "template", sealed=False)

        def fresh(kind: str, folder: Path) -> Path:
            product.workspace(folder, template)
            product.land(made / kind, folder / LANDING)
            return folder

        sides, rows = _measured(work, files, rounds, lambda kind, number: fresh(kind, work / f"{kind}-{number}"), {})
    return _result(f"small-files-{files}", "a landing folder", files, sides, rows)


def in_a_bucket(out: Path, files: int, rounds: int) -> Result:
    """Both in an S3 bucket, and left there. Raises OutputsDiffer, CommandFailed."""
    made = _made(out, files)
    with tempfile.TemporaryDirectory(dir=out) as name, bucket.serving(made) as environment:
        work = Path(name)
        template = product.template(work / "template", sealed=False)

        def fresh(kind: str, number: int) -> Path:
            folder = product.workspace(work / f"{kind}-{number}", template)
            declared = folder / "connectors" / f"{CONNECTOR}.yaml"
            path = "landing/acme/loyalty/*.csv"
            source = json.dumps(f"s3://{bucket.BUCKET}/{kind}/*.csv")
            declared.write_text(declared.read_text().replace(path, f"{source}\n  after: leave"))
            return folder

        sides, rows = _measured(work, files, rounds, fresh, environment)
    return _result(f"small-files-s3-{files}", "an S3 bucket on the loopback", files, sides, rows)


def _made(out: Path, files: int) -> Path:
    say(f"making {files:,} files of {SIZE:,} bytes")
    return inputs.small_files(out / "inputs", files, SIZE)


def _measured(
    work: Path, files: int, rounds: int, fresh: Callable[[str, int], Path], environment: Mapping[str, str]
) -> tuple[list[Side], int]:
    seen: dict[str, dict[str, int]] = {}
    names = {"one": "antechamber, one file", "many": f"antechamber, {files:,} files"}
    sides = {kind: Side(name, 0) for kind, name in names.items()}

    def side(kind: str) -> Turn:
        def run(number: int) -> Measured:
            folder = fresh(kind, number)
            measured = measure(product.run(folder, CONNECTOR), work / "log", environment=environment)
            seen[kind] = fingerprint(product.data_files(folder, CONNECTOR))
            shutil.rmtree(folder)
            if wrong := differences(seen["one"], seen[kind]):
                raise OutputsDiffer(", ".join(wrong))
            sides[kind].rows = seen[kind]["rows"]
            return measured

        return sides[kind], run

    measured = show([side(kind) for kind in names], rounds)
    return measured, seen["one"]["rows"]


def _result(name: str, where: str, files: int, sides: list[Side], rows: int) -> Result:
    one, many = sides
    return Result(
        name,
        f"{files:,} CSV files of {SIZE:,} bytes in one run, in {where}",
        sides,
        [
            f"{files:,} files take {many.best / one.best:.2f}× the time of one file (target: at most 3×).",
            f"The tables agree: {rows:,} rows, the same hashes in four columns.",
        ],
    )
