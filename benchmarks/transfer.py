"""Transfer: one large file fetched by SFTP and from S3, against `scp` and `aws s3 cp` on the same server."""

from __future__ import annotations

import filecmp
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import nan
from pathlib import Path

import numpy as np

from benchmarks import bucket, product, sshd
from benchmarks.loyalty import OutputsDiffer
from benchmarks.measure import Measured, NotInstalled, measure
from benchmarks.report import Result, Side, say, show

LARGE, SMALL = "members.csv", "one.csv"
"""The file that is measured, and one of a single byte, which takes no time but that of starting."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder in memory, where both sides write, so that no disk is measured
CONNECTOR = """
source: {source}
columns: {{customer_id: {{type: id}}}}
table: {{name: members, mode: append}}
"""
SCP = {"scp": (), "scp-aes": ("-c", "aes128-gcm@openssh.com")}
AWS = "from awscli.clidriver import main; import sys; sys.exit(main())"

Command = Callable[[str, Path], list[str | Path]]
"""A served file's name and a target → what copies the one to the other."""


def by_sftp(out: Path, megabytes: int, rounds: int) -> Result:
    """The sftp source against scp, with its own choice of cipher and with AES-GCM.

    Raises OutputsDiffer, CommandFailed, NotInstalled.
    """
    if shutil.which("scp") is None:
        raise NotInstalled("scp is not installed: apt-get install openssh-client openssh-server")
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
        }
        workspaces = {
            name: _workspace(work, name, {**declared, "path": f"{site.path}/{name}"}) for name in (LARGE, SMALL)
        }
        for workspace in workspaces.values():
            product.secret(workspace, "client", site.key.read_text())

        def scp(*options: str) -> Command:
            said = ["-q", "-F", "none", "-P", str(site.port), "-i", str(site.key), *options]
            said += ["-o", f"UserKnownHostsFile={known}", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
            return lambda name, target: ["scp", *said, f"{site.user}@127.0.0.1:{site.path}/{name}", target]

        commands = {"antechamber": _fetch(workspaces)} | {name: scp(*options) for name, options in SCP.items()}
        sides, remarks = _measured(commands, work, file, rounds, {})
    title = f"{megabytes:,} MB by SFTP from {site.program} on the loopback"
    return Result(f"transfer-sftp-{megabytes}", title, sides, remarks, unit="MB")


def from_s3(out: Path, megabytes: int, rounds: int, python: str) -> Result:
    """The landing source against `aws s3 cp`. Raises OutputsDiffer, CommandFailed."""
    with _file(out, megabytes) as (work, file), bucket.serving(file.parent) as environment:
        url = f"s3://{bucket.BUCKET}"
        workspaces = {
            name: _workspace(work, name, {"type": "landing", "path": f"{url}/{name}"}) for name in (LARGE, SMALL)
        }
        commands: dict[str, Command] = {
            "antechamber": _fetch(workspaces),
            "aws s3 cp": lambda name, target: [python, "-c", AWS, "s3", "cp", "--quiet", f"{url}/{name}", target],
        }
        alone = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        sides, remarks = _measured(commands, work, file, rounds, {**environment, **alone})
    title = f"{megabytes:,} MB from an S3 bucket on the loopback"
    return Result(f"transfer-s3-{megabytes}", title, sides, remarks, unit="MB")


def _workspace(work: Path, name: str, source: Mapping[str, object]) -> Path:
    declared = {**source, "settle": 0, "after": "leave"}
    return product.write(work / f"workspace-{name}", "members", CONNECTOR.format(source=json.dumps(declared)))


def _fetch(workspaces: Mapping[str, Path]) -> Command:
    return lambda name, target: [sys.executable, "-m", "benchmarks.fetch", workspaces[name], "members", target]


@contextmanager
def _file(out: Path, megabytes: int) -> Iterator[tuple[Path, Path]]:
    """A folder to work in, and the served files: the large one, of random bytes, and beside it the small one."""
    say(f"making a file of {megabytes:,} MB")
    with tempfile.TemporaryDirectory(dir=out) as name:
        file = Path(name) / "served" / LARGE
        file.parent.mkdir()
        file.with_name(SMALL).write_bytes(b"x")
        random = np.random.default_rng(7)
        with file.open("wb") as written:
            for _ in range(megabytes):
                written.write(random.bytes(1_000_000))
        yield Path(name), file


def _measured(
    commands: Mapping[str, Command], work: Path, file: Path, rounds: int, environment: Mapping[str, str]
) -> tuple[list[Side], list[str]]:
    size = file.stat().st_size
    with tempfile.TemporaryDirectory(dir=_roomy(work, size)) as name:
        target = Path(name) / "copy"

        starts: dict[str, Measured] = {}

        def turn(side: str, command: Command) -> Callable[[int], Measured]:
            def run(number: int) -> Measured:
                start = measure(command(SMALL, target), work / "log", environment=environment)
                starts[side] = min(starts.get(side, start), start, key=lambda each: each.seconds)
                measured = measure(command(LARGE, target), work / "log", environment=environment)
                if not target.exists() or not filecmp.cmp(file, target, shallow=False):
                    raise OutputsDiffer(f"{side} did not bring the file's bytes")
                target.unlink()
                return measured

            return run

        megabytes = size // 1_000_000
        sides = show([(Side(side, megabytes), turn(side, command)) for side, command in commands.items()], rounds)
    return sides, _remarks(sides, starts)


def _roomy(work: Path, size: int) -> Path:
    enough = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > 2 * size
    return SHARED_MEMORY if enough else work


def _remarks(sides: list[Side], starts: Mapping[str, Measured]) -> list[str]:
    ours, *others = sides
    measured = [side for side in others if side.runs]
    if not measured:
        return []
    peer = min(measured, key=lambda side: side.best)
    fastest = min(ours.runs, key=lambda run: run.seconds)
    start = starts[ours.name]
    alone, theirs = ours.best - start.seconds, peer.best - starts[peer.name].seconds
    load = (fastest.cpu_seconds - start.cpu_seconds) / alone if alone > 0 else nan
    return [
        f"Whole processes: the product reaches {peer.best / ours.best:.0%} of the rate of {peer.name}.",
        f"Without what one byte takes ({start.seconds:.1f} s and {starts[peer.name].seconds:.1f} s, for starting): "
        f"{ours.rows / alone:,.0f} MB/s, {theirs / alone:.0%} of {peer.name}, {load:.2f} cores busy "
        "(target: one core, or 90 %).",
        "All sides brought the same bytes.",
    ]
