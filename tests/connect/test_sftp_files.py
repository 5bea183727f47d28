"""Files on an SFTP server: listing, reading, putting away."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, drop, ids, progress, reasons
from tests.connect.sftp_site import Open, only, site, source
from tests.servers.sftp import Sftp

from antechamber.connect.place import spare_name
from antechamber.errors import SourceError
from antechamber.store import Location

__all__ = ["site", "source"]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_files_are_listed_by_pattern_from_the_login_or_from_the_top(site: Sftp, source: Open) -> None:
    for name in ["b.csv", "a b#%41?é.csv", "q/c.csv", "q/r/d.csv", "_tmp/d.csv", ".e.csv", "f.txt", "g.csv.part"]:
        drop(site.folder, f"out/{name}")
    (site.folder / "out/link.csv").symlink_to("b.csv")
    (site.folder / os.fsdecode(b"out/\xff.csv")).write_bytes(b"")
    listing = source("out/*.csv").list(NOTHING)
    assert ids(listing) == ["a b#%41?é.csv", "b.csv"]
    assert reasons(listing) == {
        "\\udcff.csv": "its name has control characters or is not UTF-8",
        "link.csv": "it is a symbolic link, which could point anywhere",
    }
    assert ids(source("/out/*/*.csv").list(NOTHING)) == ["q/c.csv"]
    assert ids(source("/out/**/*.csv").list(NOTHING)) == ["a b#%41?é.csv", "b.csv", "q/c.csv", "q/r/d.csv"]
    assert ids(source("**/d.csv").list(NOTHING)) == ["out/q/r/d.csv"]
    assert ids(source("/*/b.csv").list(NOTHING)) == ["out/b.csv"]


def test_a_folder_that_is_not_there_is_an_error(source: Open, site: Sftp) -> None:
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:nowhere: there is no such folder"):
        source("nowhere/*.csv").list(NOTHING)


def test_the_rules_of_completeness_are_those_of_a_landing_zone(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/young.csv", age=0)
    drop(site.folder, "out/old.csv")
    assert reasons(source("out/*.csv", settle=60).list(NOTHING)) == {
        "young.csv": "it changed a moment ago and may still be growing"
    }
    drop(site.folder, "out/old.csv.done")
    assert ids(source("out/*.csv", marker="{name}.done").list(NOTHING)) == ["old.csv"]
    drop(site.folder, "out/list.txt", b"young.csv\n")
    assert ids(source("out/*.csv", manifest="list.txt").list(NOTHING)) == ["young.csv"]


def test_what_was_taken_in_is_known_and_what_changed_comes_again(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/x.csv", b"a,b\n")
    landing = source("out/*.csv")
    before = progress(landing.list(NOTHING))
    assert [each.id for each in landing.list(before).done] == ["x.csv"]
    drop(site.folder, "out/x.csv", b"c,d\n", age=60)
    assert ids(landing.list(before)) == ["x.csv"]


@pytest.mark.parametrize("size", [0, 1, 262_144, 7_654_321])
def test_a_file_is_read_whole_and_here_and_there(size: int, site: Sftp, source: Open) -> None:
    data = random.Random(size).randbytes(size)
    drop(site.folder, "out/x.bin", data)
    landing = source("out/*.bin")
    with landing.open(only(landing)) as stream:
        assert stream.seekable()
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == data
    dice = random.Random(1)
    with landing.open(only(landing)) as stream:
        for _ in range(20):
            at, length = dice.randrange(size + 1), dice.randrange(2_000_000)
            assert stream.seek(at) == at
            assert stream.read(length) == data[at : at + length]
        stream.seek(-min(size, 8), os.SEEK_END)
        assert stream.read() == data[-8:]


def test_several_files_are_read_at_the_same_time(site: Sftp, source: Open) -> None:
    contents = {f"{number}.bin": random.Random(number).randbytes(1_500_000) for number in range(3)}
    for name, data in contents.items():
        drop(site.folder, name, data)
    landing = source("*.bin")
    streams = [landing.open(partition) for partition in landing.list(NOTHING).partitions]
    read = [b"" for _ in streams]
    while any(pieces := [stream.read(100_000) for stream in streams]):
        read = [before + piece for before, piece in zip(read, pieces, strict=True)]
    assert read == list(contents.values())
    assert site.logins == 1


@pytest.mark.parametrize("change", ["replace", "grow", "shrink", "remove"])
def test_a_file_that_changed_is_neither_read_nor_archived_nor_removed(
    change: str, site: Sftp, source: Open, tmp_path: Path
) -> None:
    path = drop(site.folder, "out/x.csv", bytes(3_000_000))
    landing = source("out/*.csv")
    partition = only(landing)
    with (
        pytest.raises(SourceError, match=r"out/x\.csv: the file changed after it was listed"),
        landing.open(partition) as stream,
    ):
        stream.read(1000)
        if change == "replace":
            drop(site.folder, "out/x.csv", b"1" * 3_000_000, age=60)
        elif change == "grow":
            path.write_bytes(bytes(3_000_001))
        elif change == "shrink":
            path.write_bytes(bytes(300))
        else:  # an open file stays readable; it is opened again below
            path.unlink()
            landing.open(partition)
        while stream.read(1 << 20):
            pass
    before = files(site.folder)
    landing.archive(partition, Location(tmp_path.as_uri()))
    landing.remove(partition)
    assert files(site.folder) == before


def test_a_file_is_fetched_to_the_archive_or_deleted(site: Sftp, source: Open, tmp_path: Path) -> None:
    data = random.Random(6).randbytes(3_000_000)
    drop(site.folder, "out/q/x.csv", data)
    drop(site.folder, "out/q/x.csv.done")
    drop(site.folder, "out/q/y.csv")
    drop(site.folder, "out/q/y.csv.done")
    landing = source("out/**/*.csv", marker="{name}.done")
    first, second = landing.list(NOTHING).partitions
    for _ in range(2):
        landing.archive(first, Location((tmp_path / "archive").as_uri()))
        landing.remove(second)
        assert files(site.folder) == {}
        assert files(tmp_path / "archive") == {"q/x.csv": data, "q/x.csv.done": b"a,b\n"}


def test_a_file_is_renamed_into_a_folder_of_the_server(site: Sftp, source: Open, tmp_path: Path) -> None:
    landing = source("out/**/*.csv", archive_to="/done/acme")
    contents = [b"monday", b"sunday", b"monday"]
    for age, content in enumerate(contents):
        drop(site.folder, "out/q/x.csv", content, age=3600 + 60 * age)
        partition = only(landing)
        for _ in range(2):
            landing.archive(partition, Location(tmp_path.as_uri()))
        if age == 1:
            spare = spare_name("q/x.csv", partition.fingerprint)
    assert files(site.folder) == {"done/acme/q/x.csv": b"monday", f"done/acme/{spare}": b"sunday"}


def test_a_folder_where_we_may_not_write_says_so(site: Sftp, source: Open, tmp_path: Path) -> None:
    drop(site.folder, "out/x.csv")
    drop(site.folder, "done", b"a file")
    landing = source("out/*.csv", archive_to="done/acme")
    with pytest.raises(SourceError, match=r"out/x\.csv: the server does not do what it is asked"):
        landing.archive(only(landing), Location(tmp_path.as_uri()))
    assert (site.folder / "out/x.csv").exists()
