"""`python -m benchmarks [which …]`: measure, compare, and write `benchmarks/out/<which>-<rows>.{json,md}`."""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from benchmarks import cleanroom, databases, identities, loyalty, memory, orders, small_files, stream, transfer
from benchmarks.measure import NotInstalled
from benchmarks.report import Result, save, say
from benchmarks.servers import DATABASES

OUT = Path(__file__).parent / "out"
PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
"""The peers' own environment, as `make bench` makes it."""


Measurements = list[Callable[[], Result]]


def _databases(asked: Namespace) -> Measurements:
    def on(which: str) -> Callable[[], Result]:
        return lambda: databases.against_peers(
            OUT, asked.rows, asked.rounds, asked.peers_python, which, asked.without
        )

    return [on(which) for which in asked.databases]


WHICH: dict[str, Callable[[Namespace], Measurements]] = {
    "loyalty": lambda asked: [
        lambda: loyalty.against_peers(OUT, asked.rows, asked.rounds, asked.peers_python, asked.without)
    ],
    "identities": lambda asked: [
        lambda: identities.hashed(OUT, asked.rows, asked.rounds, asked.peers_python, asked.without)
    ],
    "columns": lambda asked: [lambda: identities.columns(OUT, asked.rows, asked.rounds)],
    "phones": lambda asked: [lambda: identities.phones(OUT, asked.rows, asked.rounds, asked.peers_python)],
    "pgp": lambda asked: [lambda: loyalty.sealed_against_plain(OUT, asked.rows, asked.rounds)],
    "postgres": lambda asked: [
        lambda: orders.against_peers(OUT, asked.rows, asked.rounds, asked.peers_python, asked.without)
    ],
    "databases": _databases,
    "small-files": lambda asked: [
        lambda: small_files.in_a_folder(OUT, asked.files, asked.rounds),
        lambda: small_files.in_a_bucket(OUT, asked.files, asked.rounds),
    ],
    "transfer": lambda asked: [
        lambda: transfer.by_sftp(OUT, asked.megabytes, asked.rounds),
        lambda: transfer.from_s3(OUT, asked.megabytes, asked.rounds, asked.peers_python),
    ],
    "cleanroom": lambda asked: [lambda: cleanroom.overlap(OUT, asked.rows, asked.rounds)],
    "memory": lambda asked: [lambda: memory.small_against_large(OUT, asked.rows, asked.more_rows)],
    "stream": lambda asked: [lambda: stream.through(OUT, asked.gigabytes)],
}
"""Name → what it measures, one result each."""
LONG = ("memory", "stream")
"""Run only when they are named."""


def main() -> int:
    """Run the benchmarks that were asked for, one after the other; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "which", nargs="*", help=f"of {', '.join(WHICH)}; all but {' and '.join(LONG)} when none is named"
    )
    parser.add_argument("--rows", type=int, default=5_000_000, help="records of the input")
    parser.add_argument("--more-rows", type=int, default=50_000_000, help="memory: records of the larger input")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured; the best counts")
    parser.add_argument("--peers-python", default=str(PEERS), help="a Python that has the peers' packages")
    parser.add_argument("--without", nargs="*", default=[], help="sides to leave out, by name")
    parser.add_argument("--databases", nargs="*", default=list(DATABASES), choices=list(DATABASES))
    parser.add_argument("--files", type=int, default=10_000, help="small-files: how many")
    parser.add_argument("--megabytes", type=int, default=2_000, help="transfer: size of the file")
    parser.add_argument("--gigabytes", type=float, default=20, help="stream: size of the file")
    asked = parser.parse_args()
    unknown = set(asked.which) - set(WHICH)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: use {', '.join(WHICH)}")
    # Ended from outside, it leaves as when it is interrupted: servers and workspaces go first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    OUT.mkdir(exist_ok=True)
    failed = []
    for which in asked.which or [name for name in WHICH if name not in LONG]:
        say(which)
        for measurement in WHICH[which](asked):
            try:
                result = measurement()
            except NotInstalled as missing:
                failed.append(f"{which} ({missing})")
            except Exception:
                # The others may take hours, and have nothing to do with it.
                traceback.print_exc()
                failed.append(which)
            else:
                print(save(result, OUT), flush=True)
                failed += [f"{result.name}, {side.name}" for side in result.sides if side.failure]
    if failed:
        say(f"failed: {'; '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
