"""After a run, no raw e-mail or phone is anywhere but in the sources as they arrived and in sealed quarantine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
from tests.end_to_end.conftest import TENANT_KEY, Small


def raw_values(small: Small) -> set[str]:
    """Every e-mail and phone of the input: as written, folded, and as its digits."""
    values = set(small.emails) | set(small.phones)
    return values | {value.lower() for value in values} | {re.sub(r"\D", "", phone) for phone in small.phones}


def written_files(small: Small) -> list[Path]:
    """What the run wrote: all files but the sources (in landing or archived), the declarations and the keys."""
    given = {small.root / "keys", small.root / "connectors", small.root / "store" / "landing"}
    return [
        path
        for path in small.root.rglob("*")
        if path.is_file() and not given & set(path.parents) and "archive" not in path.parts
    ]


def holds_raw(content: bytes, raw: set[bytes]) -> bool:
    """Whether any of the raw values occurs in the bytes."""
    return any(value in content for value in raw)


class Listener(threading.Thread):
    """Reads the command lines of all processes, as `ps` does, while a run is under way."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.heard = bytearray()
        self.rounds = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self.heard += (process / "cmdline").read_bytes() + b"\n"
                    if (process / "environ").stat().st_uid == os.getuid():
                        self.heard += (process / "comm").read_bytes()
                except OSError:
                    continue
            self.rounds += 1
            time.sleep(0.01)


def test_no_raw_identity_is_in_any_file_log_or_process_list(small: Small) -> None:
    raw = {value.encode() for value in raw_values(small)}
    listener = Listener()
    if Path("/proc/self/cmdline").exists():
        listener.start()
    done = subprocess.run(
        [sys.executable, "-m", "antechamber", "run", "--log", "debug"],
        cwd=small.root,
        capture_output=True,
        check=False,
    )
    listener.ended.set()
    assert done.returncode == 0, done.stderr.decode()

    assert not holds_raw(done.stdout, raw)
    assert not holds_raw(done.stderr, raw)
    if listener.ident is not None:
        listener.join()
        assert listener.rounds > 5 and b"antechamber" in listener.heard and b"gpg" in listener.heard
        assert not holds_raw(bytes(listener.heard), raw)
        assert TENANT_KEY.encode() not in listener.heard

    emails = {value for value in raw if b"@" in value}
    formatted = {value for value in raw if b"(" in value}
    files = written_files(small)
    assert any(path.suffix == ".parquet" for path in files)
    assert any(path.name.endswith(".sealed") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not holds_raw(content, emails | formatted), path
        assert b"PRIVATE KEY" not in content and TENANT_KEY.encode() not in content, path
        if path.suffix == ".parquet":
            columns = pq.read_table(path).to_pydict()
            values = {str(value).encode() for column in columns.values() for value in column}
            assert not values & raw, path


def test_the_search_itself_finds_what_is_there(small: Small) -> None:
    raw = {value.encode() for value in raw_values(small)}
    assert holds_raw(b"x," + small.emails[17].encode() + b",y", raw)
    assert holds_raw(b'{"phone": "' + small.phones[17].encode() + b'"}', raw)


def test_quarantined_records_come_back_whole_only_with_the_tenants_key(small: Small) -> None:
    small.json("run", "loyalty")
    shown = small.json("quarantine", "show", "loyalty", "--raw", "--limit", "1000")["quarantine"]
    assert shown and all(entry["raw"] for entry in shown)
    assert not any("raw" in entry for entry in small.json("quarantine", "show", "loyalty")["quarantine"])
    (small.root / "keys/acme.key").write_text("ff" * 32)
    refused = small.cli("quarantine", "show", "loyalty", "--raw")
    assert refused.returncode == 1
    assert "key" in refused.stderr
