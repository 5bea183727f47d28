"""Connections that are lost while files of an SFTP server are listed and read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, drop, ids
from tests.connect.sftp_site import Open, only, site, source
from tests.servers.sftp import Sftp

from antechamber.errors import SourceError

__all__ = ["site", "source"]


def test_a_file_is_read_on_from_where_the_connection_broke_off(site: Sftp, source: Open) -> None:
    data = random.Random(1).randbytes(9_000_000)
    drop(site.folder, "out/x.bin", data)
    landing = source("out/*.bin", retries=1)  # each break is the first after some progress
    partition = only(landing)
    site.drop_after = [3_000_000, 2_500_000, 2_500_000]
    before = site.logins
    with landing.open(partition) as stream:
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == data
    assert site.logins == before + 3
    assert not site.drop_after


def test_several_files_go_on_when_their_connection_breaks_off(site: Sftp, source: Open) -> None:
    contents = {f"{number}.bin": random.Random(number).randbytes(2_000_000) for number in range(3)}
    for name, data in contents.items():
        drop(site.folder, name, data)
    landing = source("*.bin")
    partitions = landing.list(NOTHING).partitions
    site.drop_after = [2_500_000, 1_000_000]
    streams = [landing.open(partition) for partition in partitions]
    read = [b"" for _ in streams]
    while any(pieces := [stream.read(100_000) for stream in streams]):
        read = [before + piece for before, piece in zip(read, pieces, strict=True)]
    assert read == list(contents.values())


def test_a_file_that_was_replaced_while_the_connection_was_lost_is_an_error(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/x.bin", bytes(9_000_000))
    landing = source("out/*.bin")
    partition = only(landing)

    def replace(read: int) -> None:
        if read >= 3_000_000:
            site.on_read = lambda _: None
            drop(site.folder, "out/new", b"1" * 9_000_000, age=60).rename(site.folder / "out/x.bin")

    site.drop_after, site.on_read = [3_000_000], replace
    with pytest.raises(SourceError, match="changed after it was listed"), landing.open(partition) as stream:
        while stream.read(1 << 20):
            pass


def test_a_connection_that_breaks_again_and_again_is_an_error_after_the_declared_attempts(
    site: Sftp, source: Open
) -> None:
    drop(site.folder, "out/x.bin", bytes(3_000_000))
    landing = source("out/*.bin", retries=3)
    partition = only(landing)
    before = site.logins
    site.drop_after = [0] * 20
    with pytest.raises(SourceError, match="cannot be reached") as said, landing.open(partition) as stream:
        stream.read()
    assert said.value.where.endswith(":out/x.bin")
    assert "tried 4 times" in said.value.remedy
    assert site.logins == before + 3
    site.drop_after = []
    assert ids(landing.list(NOTHING)) == ["x.bin"]  # the source is as good as before


def test_a_connection_that_was_lost_between_two_questions_is_made_anew(site: Sftp, source: Open) -> None:
    drop(site.folder, "out/x.bin", bytes(3_000_000))
    landing = source("out/*.bin")
    assert ids(landing.list(NOTHING)) == ["x.bin"]
    site.drop_after = [0]
    with landing.open(only(landing)) as stream:
        assert len(stream.read()) == 3_000_000
    assert ids(landing.list(NOTHING)) == ["x.bin"]


def test_a_server_that_is_not_there_is_tried_again_and_then_an_error(site: Sftp, source: Open) -> None:
    with pytest.raises(SourceError, match=r"cannot be reached \(connect"):
        source("out/*.bin", port=1, retries=2).list(NOTHING)
    site.refuse = True
    with pytest.raises(SourceError, match="cannot be reached"):
        source("out/*.bin", retries=1).list(NOTHING)
    site.refuse = False
    drop(site.folder, "out/x.bin")
    assert ids(source("out/*.bin").list(NOTHING)) == ["x.bin"]


def test_a_closed_source_holds_no_connection_and_can_be_closed_again(
    site: Sftp, source: Open, tmp_path: Path
) -> None:
    drop(site.folder, "out/x.bin", bytes(3_000_000))
    landing = source("out/*.bin")
    stream = landing.open(only(landing))
    stream.read(10)
    stream.close()
    landing.close()
    landing.close()
    source("out/*.bin").close()  # one that was never asked anything
