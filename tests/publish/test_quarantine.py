"""Quarantine is complete, opens only with the tenant's key, and shows nothing of a partition that failed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.publish.publisher import Publisher

from antechamber.errors import PublishError, SecretError
from antechamber.publish import (
    QuarantinedRecord,
    QuarantineWriter,
    list_quarantine,
    parse_key,
    read_quarantine,
    sweep_quarantine,
)
from antechamber.publish.quarantine import ENDING, remove_quarantine
from antechamber.publish.seal import CHUNK, HEADER
from antechamber.records import Rejected
from antechamber.store import Location

KEY = bytes(range(32))
SECRET = "jane.doe@example.org"


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return Location((tmp_path / "quarantine folder").as_uri())


def rejects(count: int, seed: int = 0) -> list[Rejected]:
    chance = random.Random(seed)
    return [
        Rejected(line, "expected 3 fields, found 2", f"{SECRET};{chance.randbytes(30).hex()};ä\n\ud800", "email")
        for line in range(count)
    ]


def written(location: Location, run: str, count: int) -> Path:
    with QuarantineWriter(location, run, KEY) as writer:
        writer.add("a.csv", rejects(count))
        assert writer.close() == count
    assert location.local is not None
    return location.local / f"{run}{ENDING}"


@pytest.mark.parametrize("count", [1, 5, 20_000])
def test_what_went_in_comes_out_with_its_place(location: Location, count: int) -> None:
    written(location, "r1", count)
    assert list(read_quarantine(location, "r1", KEY)) == [
        QuarantinedRecord("a.csv", r.line, r.reason, r.raw, r.column, "") for r in rejects(count)
    ]


def test_the_member_of_an_archive_is_kept(location: Location) -> None:
    with QuarantineWriter(location, "r1", KEY) as writer:
        writer.add("a.zip", [Rejected(1, "x", "raw")], member="one.csv")
        writer.add("a.zip", [Rejected(2, "x", "raw", member="two.csv")], member="one.csv")
        writer.close()
    assert [record.member for record in read_quarantine(location, "r1", KEY)] == ["one.csv", "two.csv"]


def test_nothing_readable_lies_in_the_object(location: Location) -> None:
    content = written(location, "r1", 5000).read_bytes()
    assert len(content) > 2 * CHUNK
    assert SECRET.encode() not in content
    assert b"fields" not in content
    assert content != written(location, "r2", 5000).read_bytes()


def test_without_rejects_nothing_is_written(location: Location) -> None:
    with QuarantineWriter(location, "r1", KEY) as writer:
        writer.add("a.csv", [])
        assert writer.close() == 0
    assert list_quarantine(location) == []


def test_rejects_of_a_failed_partition_do_not_appear(location: Location) -> None:
    with QuarantineWriter(location, "r1", KEY) as writer:
        writer.add("good", rejects(3))
        writer.add("bad", rejects(4000))
        writer.discard("bad")
        writer.add("bad", rejects(2))
        assert writer.close() == 3
    assert {record.partition for record in read_quarantine(location, "r1", KEY)} == {"good"}


def test_when_only_failed_partitions_had_rejects_nothing_is_left(location: Location) -> None:
    with QuarantineWriter(location, "r1", KEY) as writer:
        writer.add("bad", rejects(100_000))
        writer.discard("bad")
        assert writer.close() == 0
    assert list_quarantine(location) == []
    assert location.local is not None
    assert list(location.local.iterdir()) == []


@pytest.mark.parametrize("count", [1, 100_000])
def test_a_writer_left_before_close_leaves_nothing(location: Location, count: int) -> None:
    def fail() -> None:
        with QuarantineWriter(location, "r1", KEY) as writer:
            writer.add("a.csv", rejects(count))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list_quarantine(location) == []
    assert location.local is not None
    assert list(location.local.iterdir()) == []


def test_several_threads_may_write(location: Location) -> None:
    with QuarantineWriter(location, "r1", KEY) as writer:

        def write(number: int) -> None:
            for _ in range(20):
                writer.add(f"p{number}", rejects(50, number))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert writer.close() == 4000
    assert len(list(read_quarantine(location, "r1", KEY))) == 4000


def test_another_key_does_not_open_it(location: Location) -> None:
    written(location, "r1", 10)
    with pytest.raises(PublishError, match="another key"):
        list(read_quarantine(location, "r1", bytes(32)))


def test_an_object_under_another_runs_name_does_not_open(location: Location) -> None:
    path = written(location, "r1", 10)
    path.rename(path.with_name(f"r2{ENDING}"))
    with pytest.raises(PublishError, match="under another name"):
        list(read_quarantine(location, "r2", KEY))


def test_every_altered_byte_and_every_cut_is_noticed_before_a_record_is_given(location: Location) -> None:
    path = written(location, "r1", 4000)
    whole = path.read_bytes()
    sealed = CHUNK + 16
    assert len(whole) > HEADER + 2 * sealed
    chance = random.Random(7)
    spoiled = [
        whole[:size] for size in (0, 7, HEADER, HEADER + 1, HEADER + sealed, HEADER + 2 * sealed, len(whole) - 1)
    ]
    spoiled += [whole + b"x", whole + whole[HEADER:]]
    spoiled += [whole[:HEADER] + whole[HEADER + sealed :]]  # a chunk is missing
    spoiled += [whole[:HEADER] + whole[HEADER + sealed : HEADER + 2 * sealed] + whole[HEADER : HEADER + sealed]
                + whole[HEADER + 2 * sealed :]]  # two are exchanged  # fmt: skip
    for _ in range(25):
        at = chance.randrange(len(whole))
        spoiled.append(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :])
    for content in spoiled:
        path.write_bytes(content)
        records = read_quarantine(location, "r1", KEY)
        with pytest.raises(PublishError) as raised:
            next(records)
        assert str(path.name) in raised.value.where
        assert SECRET not in str(raised.value)
    path.write_bytes(whole)
    assert len(list(read_quarantine(location, "r1", KEY))) == 4000


def test_no_quarantine_is_told_as_such(location: Location) -> None:
    with pytest.raises(PublishError, match="no quarantine"):
        list(read_quarantine(location, "r1", KEY))
    remove_quarantine(location, "r1")


def test_quarantines_of_runs_that_never_committed_are_swept(location: Location, publisher: Publisher) -> None:
    publisher.run([[(1, "a", None)]], run_id="committed")
    for run in ("committed", "dead", "running"):
        written(location, run, 1)
    assert sweep_quarantine(location, publisher.table(), keep=("running",)) == ["dead"]
    assert list_quarantine(location) == ["committed", "running"]


def test_quarantines_from_before_the_known_history_are_left_alone(location: Location, publisher: Publisher) -> None:
    publisher.run([[(1, "a", None)]], run_id="expired")
    old = written(location, "expired", 1)
    first = publisher.table().metadata.snapshots[0]
    os.utime(old, (first.timestamp_ms / 1000, first.timestamp_ms / 1000))
    publisher.run([[(2, "b", None)]], run_id="kept")
    publisher.table().maintenance.expire_snapshots().by_id(first.snapshot_id).commit()
    assert sweep_quarantine(location, publisher.table()) == []
    assert list_quarantine(location) == ["expired"]


def test_a_writer_killed_half_way_leaves_nothing_after_the_sweep(location: Location, publisher: Publisher) -> None:
    script = f"""
import os, signal
from antechamber.publish import QuarantineWriter
from antechamber.records import Rejected
from antechamber.store import Location
writer = QuarantineWriter(Location({location.url!r}), "dead", bytes(32))
for line in range(4000):
    writer.add("a.csv", [Rejected(line, "x", os.urandom(4000).hex())])
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert location.local is not None
    assert list(location.local.iterdir())
    sweep_quarantine(location, publisher.table())
    assert list(location.local.iterdir()) == []


@pytest.mark.parametrize("text", ["", "00", "g" * 64, "0" * 63, "0" * 65, "0x" + "0" * 62, "٠" * 64])
def test_a_key_that_is_not_64_hexadecimal_digits_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(SecretError, match="64 hexadecimal digits") as raised:
        parse_key(text)
    assert not text or text not in str(raised.value)


def test_a_key_is_read_in_either_case() -> None:
    assert parse_key("AbCd" * 16 + "\n") == bytes.fromhex("abcd" * 16)
