"""Transfer: one large file fetched by SFTP and from S3, against `scp` and `aws s3 cp` on the same server."""

from __future__ import annotations

import filecmp
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks import bucket, product, sshd
from benchmarks.loyalty import OutputsDiffer
from benchmarks.measure import CommandFailed, Measured, measure
from benchmarks.report import Result, Side, say, show

NAME = "members.csv"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, where both sides write, so that no disk is measured
CONNECTOR = """
source: {source}
columns: {{customer_id: {{type: id}}}}
table: {{name: members, mode: append}}
"""
SCP = {"scp": (), "scp-aes": ("-c", "aes128-gcm@openssh.com")}
AWS = "from awscli.clidriver import main; import sys; sys.exit(main())"

Command = Callable[[Path], list[str | Path]]
"""Target file → what copies the file to it."""


def by_sftp(out: Path, megabytes: int, rounds: int) -> Result:
    """The sftp source against scp, with its own choice of cipher and with AES-GCM. Raises OutputsDiffer,
    CommandFailed."""
    if shutil.which("scp") is None:
        raise CommandFailed("scp is not installed: apt-get install openssh-client openssh-server")
    with _file(out, megabytes) as (work, file), sshd.serving(file.parent, work) as site:
        known = work / "known_hosts"
        known.write_text(f"[127.0.0.1]:{site.port} {site.host_key}\n")
        declared = {
            "type": "sftp",
            "host": "127.0.0.1",
            "port": site.port,
            "user": site.user,
            "host_key": site.host_key,
            "key": "file:keys/client",
            "path": f"{site.path}/{NAME}",
            "settle": 0,
            "after": "leave",
        }
        workspace = product.write(work / "workspace", "members", CONNECTOR.format(source=json.dumps(declared)))
        product.secret(workspace, "client", site.key.read_text())

        def scp(*options: str) -> Command:
            said = ["-q", "-F", "none", "-P", str(site.port), "-i", str(site.key), *options]
            said += ["-o", f"UserKnownHostsFile={known}", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
            return lambda target: ["scp", *said, f"{site.user}@127.0.0.1:{site.path}/{NAME}", target]

        commands = {"antechamber": _fetch(workspace)} | {name: scp(*options) for name, options in SCP.items()}
        sides = _measured(commands, work, file, rounds, {})
    title = f"{megabytes:,} MB by SFTP from {site.program} on the loopback"
    return Result(f"transfer-sftp-{megabytes}", title, sides, _remarks(sides), unit="MB")


def from_s3(out: Path, megabytes: int, rounds: int, python: str) -> Result:
    """The landing source against `aws s3 cp`. Raises OutputsDiffer, CommandFailed."""
    with _file(out, megabytes) as (work, file), bucket.serving(file.parent) as environment:
        url = f"s3://{bucket.BUCKET}/{NAME}"
        declared = {"type": "landing", "path": url, "settle": 0, "after": "leave"}
        workspace = product.write(work / "workspace", "members", CONNECTOR.format(source=json.dumps(declared)))
        commands: dict[str, Command] = {
            "antechamber": _fetch(workspace),
            "aws s3 cp": lambda target: [python, "-c", AWS, "s3", "cp", "--quiet", url, target],
        }
        alone = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        sides = _measured(commands, work, file, rounds, {**environment, **alone})
    title = f"{megabytes:,} MB from an S3 bucket on the loopback"
    return Result(f"transfer-s3-{megabytes}", title, sides, _remarks(sides), unit="MB")


def _fetch(workspace: Path) -> Command:
    return lambda target: [sys.executable, "-m", "benchmarks.fetch", workspace, "members", target]


@contextmanager
def _file(out: Path, megabytes: int) -> Iterator[tuple[Path, Path]]:
    """A folder to work in, and a file of random bytes, alone in its folder."""
    say(f"making a file of {megabytes:,} MB")
    with tempfile.TemporaryDirectory(dir=out) as name:
        file = Path(name) / "served" / NAME
        file.parent.mkdir()
        random = np.random.default_rng(7)
        with file.open("wb") as written:
            for _ in range(megabytes):
                written.write(random.bytes(1_000_000))
        yield Path(name), file


def _measured(
    commands: Mapping[str, Command], work: Path, file: Path, rounds: int, environment: Mapping[str, str]
) -> list[Side]:
    size = file.stat().st_size
    with tempfile.TemporaryDirectory(dir=_roomy(work, size)) as name:
        target = Path(name) / "copy"

        def turn(side: str, command: Command) -> Callable[[int], Measured]:
            def run(number: int) -> Measured:
                measured = measure(command(target), work / "log", environment=environment)
                if not target.exists() or not filecmp.cmp(file, target, shallow=False):
                    raise OutputsDiffer(f"{side} did not bring the file's bytes")
                target.unlink()
                return measured

            return run

        megabytes = size // 1_000_000
        return show([(Side(side, megabytes), turn(side, command)) for side, command in commands.items()], rounds)


def _roomy(work: Path, size: int) -> Path:
    enough = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > 2 * size
    return SHARED_MEMORY if enough else work


def _remarks(sides: list[Side]) -> list[str]:
    ours, *others = sides
    measured = [side for side in others if side.runs]
    if not measured:
        return []
    fastest = min(measured, key=lambda side: side.best)
    return [
        f"The product reaches {fastest.best / ours.best:.0%} of the rate of {fastest.name} and keeps {ours.load:.2f} "
        "cores busy, start-up and imports included (target: one core, or 90 %).",
        "All sides brought the same bytes.",
    ]
