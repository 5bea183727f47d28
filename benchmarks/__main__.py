"""`python -m benchmarks [which …]`: measure, compare, and write `benchmarks/out/<which>-<rows>.{json,md}`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import loyalty, memory, orders
from benchmarks.report import save

OUT = Path(__file__).parent / "out"
WHICH = ("loyalty", "pgp", "postgres", "memory")


def main() -> None:
    """Run the benchmarks that were asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", help=f"of {', '.join(WHICH)}; all but memory when none is named")
    parser.add_argument("--rows", type=int, default=5_000_000, help="records of the input")
    parser.add_argument("--more-rows", type=int, default=50_000_000, help="memory: records of the larger input")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured; the best counts")
    parser.add_argument("--peers-python", default=sys.executable, help="a Python that has the peers' packages")
    parser.add_argument("--without", nargs="*", default=[], help="sides to leave out, by name")
    asked = parser.parse_args()
    unknown = set(asked.which) - set(WHICH)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: use {', '.join(WHICH)}")
    OUT.mkdir(exist_ok=True)
    for which in asked.which or WHICH[:-1]:
        if which == "loyalty":
            result = loyalty.against_peers(OUT, asked.rows, asked.rounds, asked.peers_python, asked.without)
        elif which == "pgp":
            result = loyalty.sealed_against_plain(OUT, asked.rows, asked.rounds)
        elif which == "postgres":
            result = orders.against_peers(OUT, asked.rows, asked.rounds, asked.peers_python, asked.without)
        else:
            result = memory.small_against_large(OUT, asked.rows, asked.more_rows)
        print(save(result, OUT), flush=True)


if __name__ == "__main__":
    main()
