"""Opening takes a fixed amount of memory, whatever the size and the ratio."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from tests.unseal.conftest import Sender

READING = """
import os, resource, sys
from pathlib import Path
from antechamber.declare.source import Decrypt
from antechamber.secrets import Secrets
from antechamber.unseal import layers_of, unsealed

def peak():
    "KiB. On Linux from the status: `ru_maxrss` begins with what the parent had when it forked."
    if Path("/proc/self/status").exists():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)

def children():
    "KiB that the largest process that we started has held, where the system shows it."
    largest = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if int(fields["PPid"]) == os.getpid():
                largest = max(largest, int(fields["VmHWM"].split()[0]))
        except (OSError, KeyError):
            pass
    return largest

def count(path):
    total = seen = largest = 0
    pgp = Decrypt(pgp="file:rsa.asc")
    secrets = Secrets(Path(sys.argv[1]))
    with open(path, "rb", buffering=0) as source:
        with unsealed(source, path, layers=layers_of(path)[0], decrypt=pgp, secrets=secrets) as members:
            for member in members:
                while data := member.stream.read(1 << 20):
                    total += len(data)
                    if total - seen > 20_000_000:
                        seen, largest = total, max(largest, children())
    return total, largest

count(sys.argv[2])
before = peak()
total, largest = count(sys.argv[3])
print(total, peak() - before, largest)
"""


def measured(keys: Path, small: Path, large: Path) -> tuple[int, int, int]:
    """Bytes read of `large`, KiB by which memory grew since `small` was read, and KiB of the largest child."""
    done = subprocess.run(
        [sys.executable, "-c", READING, str(keys), str(small), str(large)], capture_output=True, text=True, check=True
    )
    total, grown, children = map(int, done.stdout.split())
    return total, grown, children


def test_a_large_message_takes_no_more_memory_than_a_small_one(
    sender: Sender, keys: Path, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "small.csv.gz.pgp").write_bytes(sender.message(gzip.compress(content, 1)))
    large = b"".join([gzip.compress(content, 1)] * 120)  # 300 MB of content in 120 members
    (tmp_path / "large.csv.gz.pgp").write_bytes(sender.message(large, "--compress-algo=none"))
    total, grown, children = measured(keys, tmp_path / "small.csv.gz.pgp", tmp_path / "large.csv.gz.pgp")
    assert total == 120 * len(content) > 300_000_000
    assert grown < 16 * 1024
    assert children < 16 * 1024


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst", "lz4", "xz", "zip", "pgp"])
def test_a_bomb_takes_no_more_memory_than_a_small_file(
    ending: str, sender: Sender, keys: Path, tmp_path: Path
) -> None:
    size = 120_000_000
    for name, length in (("small", 100_000), ("large", size)):
        data, path = bytes(length), tmp_path / f"{name}.{ending}"
        if ending == "zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
                made.writestr("zeros.csv", data)
        else:
            pack = {
                "gz": gzip.compress,
                "bz2": bz2.compress,
                "lz4": lz4.frame.compress,
                "xz": lzma.compress,
                "zst": zstandard.ZstdCompressor().compress,
                "pgp": sender.message,
            }[ending]
            path.write_bytes(pack(data))
    total, grown, children = measured(keys, tmp_path / f"small.{ending}", tmp_path / f"large.{ending}")
    assert total == size
    assert grown < 16 * 1024
    assert children < 16 * 1024
