"""The product and what it needs, for machines of another kind than this one: the functions' and the Spark job's.

No Docker is needed: wheels of the other platform are chosen by uv. AWS Lambda takes 250 MB unzipped as a zip; what is
larger (as it is today: Polars and Arrow alone have 300 MB) becomes an image, built in the account from the same
wheels.

Sources: AWS Lambda Developer Guide, *Lambda quotas* (deployment package: 250 MB unzipped, layers included; container
image: 10 GB); AWS Glue Developer Guide, *Using Python libraries with AWS Glue* (zip of wheels; Python 3.11 in 5.0).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from antechamber.deploy.bundling import zipped
from antechamber.deploy.wheels import wheels
from antechamber.errors import AntechamberError, MissingExtra

LIMIT = 250 << 20
"""Bytes that AWS Lambda unpacks."""


@dataclass(frozen=True)
class Platform:
    """A machine that code is sent to. tag: uv's name of the platform."""

    tag: str
    python: str


LAMBDA = Platform("aarch64-manylinux_2_34", "3.14")
GLUE = Platform("x86_64-manylinux_2_34", "3.11")
"""Both are Amazon Linux 2023, which has glibc 2.34: AWS Lambda's python3.14, and AWS Glue 5.0."""
EXTRAS = ("aws", "avro", "excel", "kms")
"""What every deployed run may need."""
BY_SOURCE = {
    "bigquery": "bigquery", "databricks": "databricks", "dlt": "saas", "mysql": "mysql", "odbc": "odbc",
    "oracle": "oracle", "postgresql": "postgres", "redshift": "redshift", "sftp": "sftp", "snowflake": "snowflake",
    "sqlserver": "sqlserver",
}  # fmt: skip
"""Source type → the extra that it needs."""


def extras_of(sources: Iterable[str]) -> list[str]:
    """The extras of a deployment whose connectors have these types of source."""
    return sorted({*EXTRAS, *(BY_SOURCE[each] for each in sources if each in BY_SOURCE)})


def requirements(extras: Iterable[str]) -> list[str]:
    """What the product needs with these extras, each at the version that is installed here, where it is."""
    wanted = []
    for text in importlib.metadata.requires("antechamber") or []:
        requirement, _, marker = text.partition(";")
        extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", marker)
        if extra is None or extra[1] in set(extras):
            wanted.append(requirement.strip())
    return sorted(set(wanted))


def constraints() -> list[str]:
    """What is installed here, so that the same versions run there."""
    found = {each.metadata["Name"]: each.version for each in importlib.metadata.distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name and name != "antechamber")


def installed(platform: Platform, extras: Iterable[str], folder: Path) -> int:
    """Put the product and its packages, unpacked, into a folder. Gives their bytes. Raises AntechamberError."""
    _uv(platform, extras, folder, "install", "--target", str(folder))
    shutil.copytree(_product(), folder / "antechamber", ignore=shutil.ignore_patterns("__pycache__"))
    return sum(path.stat().st_size for _, path in _files(folder))


def function_zip(folder: Path, out: Path) -> str:
    """Write the zip of an unpacked folder that is small enough. Gives its key in the code bucket."""
    with out.open("wb") as file:
        zipped(_files(folder), file)
    return f"function/{_digest(out)}.zip"


def image_zip(folder: Path, out: Path) -> str:
    """Write what the image is built from: an unpacked folder below `packages/`, and a Dockerfile. Gives its tag."""
    dockerfile = (files("antechamber.deploy") / "image" / "Dockerfile").read_bytes()
    inside = ((f"packages/{name}", path) for name, path in _files(folder))
    with out.open("wb") as file:
        zipped(itertools.chain([("Dockerfile", dockerfile)], inside), file)
    return _digest(out)[:32]


def wheels_zip(platform: Platform, extras: Iterable[str], folder: Path, out: Path) -> str:
    """Write a zip of wheels for the Spark job: the product's and one of each package. Gives its key."""
    _uv(platform, extras, folder, "install", "--target", str(folder))
    with out.open("wb") as file:
        zipped(wheels(folder), file)
    return f"glue/{_digest(out)}.gluewheels.zip"


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[0] != "bin":
            yield inside.as_posix(), path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _uv(platform: Platform, extras: Iterable[str], folder: Path, *verb: str) -> None:
    if importlib.util.find_spec("uv") is None:
        raise MissingExtra("deploy", needed_for="putting packages together for AWS")
    folder.mkdir(parents=True, exist_ok=True)
    wanted, known = folder.parent / "wanted.txt", folder.parent / "known.txt"
    wanted.write_text("\n".join(requirements(extras)) + "\n")
    known.write_text("\n".join(constraints()) + "\n")
    command = [
        sys.executable, "-m", "uv", "pip", *verb, "--quiet", "--requirement", str(wanted), "--constraint", str(known),
        "--python-platform", platform.tag, "--python-version", platform.python, "--only-binary", ":all:",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise AntechamberError(
            f"the packages for {platform.tag} could not be put together: {last[0][:200]}",
            where=f"Python {platform.python}",
            remedy="see that the package index can be reached",
        )


def _product() -> Path:
    return Path(str(files("antechamber")))
