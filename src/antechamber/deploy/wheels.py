"""Wheels, made again from packages that are installed in a folder: AWS Glue installs from a zip of them.

Source: Python Packaging User Guide, *Binary distribution format* (names, RECORD, tags); PyPA, *Recording installed
projects*.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from antechamber.deploy.bundling import zipped


def wheels(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(file name, content) of each package in the folder, and of the product that is running."""
    yield product()
    for info in sorted(folder.glob("*.dist-info")):
        yield remade(folder, info)


def product() -> tuple[str, bytes]:
    """The wheel of the product, from its own installed files."""
    version, root = importlib.metadata.version("antechamber"), Path(str(files("antechamber")))
    head = f"antechamber-{version}.dist-info"
    inside: list[tuple[str, bytes | Path]] = [
        (f"antechamber/{path.relative_to(root).as_posix()}", path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    inside += [
        (f"{head}/METADATA", f"Metadata-Version: 2.1\nName: antechamber\nVersion: {version}\n".encode()),
        (f"{head}/WHEEL", b"Wheel-Version: 1.0\nGenerator: antechamber\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ]
    record = "".join(f"{name},,\n" for name, _ in [*inside, (f"{head}/RECORD", b"")])
    return f"antechamber-{version}-py3-none-any.whl", zipped([*inside, (f"{head}/RECORD", record.encode())])


def remade(folder: Path, info: Path) -> tuple[str, bytes]:
    """(file name, content) of one installed package. info: its `.dist-info`."""
    told = [line.partition(": ") for line in (info / "WHEEL").read_text().splitlines()]
    tags = [value.split("-") for key, _, value in told if key == "Tag"]
    # Several tags are told in one name, with a dot between their parts.
    tag = "-".join(".".join(dict.fromkeys(each[place] for each in tags)) for place in range(3))
    rows = [row for row in csv.reader(io.StringIO((info / "RECORD").read_text())) if row]
    kept = [
        row
        for row in rows
        if not row[0].startswith(("../", "bin/", "/"))
        and Path(row[0]).name not in ("INSTALLER", "REQUESTED", "RECORD")
    ]
    name = f"{info.name}/RECORD"
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows([*kept, [name, "", ""]])
    inside: list[tuple[str, bytes | Path]] = [
        (row[0], folder / row[0]) for row in kept if (folder / row[0]).is_file()
    ]
    stem = info.name.removesuffix(".dist-info")
    return f"{stem}-{tag}.whl", zipped([*inside, (name, record.getvalue().encode())])
