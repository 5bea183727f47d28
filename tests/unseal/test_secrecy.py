"""What others could see of keys, passphrases and content while files are opened, and afterwards."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unseal.conftest import PASSPHRASE, Sender
from tests.unseal.reading import homes, read

from antechamber.declare.source import Decrypt
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer
from antechamber.unseal.keyring import ABANDONED_AFTER, PREFIX

CURVE = Decrypt(pgp="file:curve.asc", passphrase="file:passphrase")

READING = """
import io, os, sys
from pathlib import Path
from antechamber.declare.source import Decrypt
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer
with Unsealer(Decrypt(pgp="file:curve.asc", passphrase="file:passphrase"), Secrets(Path(sys.argv[1]))) as unsealer:
    with open(sys.argv[2], "rb") as source, unsealer.unsealed(source, "x", ["pgp"]) as members:
        next(members).stream.read(100)
        print(unsealer._keyring.home, flush=True)
        sys.stdin.read()
"""


def processes() -> str:
    return subprocess.run(["ps", "-ww", "-eo", "pid,stat,args"], capture_output=True, text=True, check=True).stdout


def alive(home: str) -> list[str]:
    return [line for line in processes().splitlines() if home in line and line.split()[1][0] != "Z"]


def family(pid: int) -> set[str]:
    """The process and all that descend from it."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    parents = dict(line.split() for line in listed.splitlines()[1:])
    found = {str(pid)}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@pytest.fixture
def reader(sender: Sender, keys: Path, tmp_path: Path) -> subprocess.Popen[str]:
    """A process in the middle of a message."""
    (tmp_path / "x.pgp").write_bytes(sender.message(random.Random(1).randbytes(8_000_000), to="curve"))
    return subprocess.Popen(
        [sys.executable, "-c", READING, str(keys), str(tmp_path / "x.pgp")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_leaves_neither_keys_nor_processes(by: int, reader: subprocess.Popen[str]) -> None:
    assert reader.stdout is not None
    home = reader.stdout.readline().strip()
    assert Path(home).is_dir()
    assert "--decrypt" in "".join(alive(home))
    os.kill(reader.pid, by)
    reader.communicate()
    until = time.monotonic() + 15
    while (Path(home).exists() or alive(home)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(home).exists()
    assert alive(home) == []


def test_no_process_shows_the_passphrase_and_nobody_else_may_look_at_the_keys(reader: subprocess.Popen[str]) -> None:
    assert reader.stdout is not None
    home = Path(reader.stdout.readline().strip())
    try:
        assert home.stat().st_mode & 0o777 == 0o700
        # Only this reader's own: other tests make keys at the same time, with the passphrase as an argument.
        seen = [
            line for line in processes().splitlines() if str(home) in line or line.split()[0] in family(reader.pid)
        ]
        assert any(str(home) in line for line in seen) and len(seen) >= 2
        assert not [line for line in seen if PASSPHRASE in line]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if str(home).encode() in (process / "cmdline").read_bytes():
                    assert PASSPHRASE.encode() not in (process / "environ").read_bytes()
            except OSError:
                continue
    finally:
        reader.communicate("")
    assert not home.exists()


def test_what_is_unsealed_touches_no_disk(sender: Sender, secrets: Secrets, temporary: Path) -> None:
    needle = b"needle-in-the-plaintext"
    message = sender.message(needle * 200_000, to="curve")
    with Unsealer(CURVE, secrets) as unsealer:
        with unsealer.unsealed(io.BytesIO(message), "x", ["pgp"]) as members:
            stream = next(members).stream
            stream.read(1_000_000)
            found = [path for place in (temporary, *homes()) for path in place.rglob("*") if path.is_file()]
            assert found
            assert [path for path in found if needle in path.read_bytes()] == []
        with unsealer.unsealed(io.BytesIO(message), "x", ["pgp"]) as members:
            assert read(members)[""] == needle * 200_000


def test_a_home_that_nobody_owns_any_more_is_removed_and_others_are_not(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned = Path(f"/tmp/{PREFIX}0-{os.getpid()}")
    abandoned.mkdir(mode=0o700)
    (abandoned / "private-keys-v1.d").mkdir()
    with Unsealer(CURVE, secrets) as owner:
        owner.check()
        monkeypatch.setattr(time, "time", lambda: abandoned.stat().st_ctime + ABANDONED_AFTER - 10)
        with Unsealer(CURVE, secrets) as other:
            other.check()
        assert abandoned.exists()
        monkeypatch.setattr(time, "time", lambda: 32_000_000_000.0)
        before = set(homes())
        with Unsealer(CURVE, secrets) as other:
            other.check()
            assert before < set(homes())
        assert not abandoned.exists()
        assert owner._keyring is not None
        assert owner._keyring.home.exists()
