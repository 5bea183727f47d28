"""Tar archives: every file in them, or an error."""

from __future__ import annotations

import io
import random
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.unseal.reading import read
from tests.unseal.test_zip import Pipe

from antechamber.errors import SourceError, UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import unsealed


def archive(files: dict[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=format) as made:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if name.endswith("/"):
                member.type = tarfile.DIRTYPE
            made.addfile(member, io.BytesIO(data))
    return target.getvalue()


def opened(data: bytes, piece: int = 1 << 16) -> dict[str, bytes]:
    stream = io.BufferedReader(Pipe(data, piece))
    with unsealed(stream, "in/x.tar", layers=["tar"], decrypt=None, secrets=Secrets(Path())) as members:
        return read(members)


def refused(data: bytes) -> str:
    with pytest.raises(UnsealError) as said:
        opened(data)
    assert said.value.where.startswith("in/x.tar")
    assert said.value.remedy
    return said.value.what


FILES = {
    "members.csv": b"id,email\n" * 30_000,
    "folder/more.csv": b"",
    "Übung.csv": b"x",
    "d/" * 60 + "long.csv": b"y",
}


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("piece", [1000, 1 << 16])
def test_every_file_comes_with_its_name_in_order(format: int, piece: int) -> None:
    assert list(opened(archive(FILES, format), piece).items()) == list(FILES.items())


def test_an_archive_of_the_tar_program_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.csv").write_bytes(b"1")
    done = subprocess.run(["tar", "-cf", "-", "-C", tmp_path, "."], capture_output=True, check=True)
    assert opened(done.stdout) == {"a.csv": content, "b/c.csv": b"1"}


def test_folders_and_other_programs_files_are_passed_over() -> None:
    assert opened(archive({"folder/": b"", "._a.csv": b"\0", "b/_tmp/c.csv": b"1", "./a.csv": b"1"})) == {
        "a.csv": b"1"
    }


def test_an_archive_without_a_file_is_refused() -> None:
    assert refused(archive({})) == refused(archive({"folder/": b""})) == "the archive holds no file"


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_an_archive_cut_anywhere_is_refused(format: int) -> None:
    data = archive({"a.csv": b"id,email\n" * 200, "d/" * 60 + "b.csv": b"x" * 50}, format)
    end = len(data.rstrip(b"\0")) + 511 & -512
    for cut in (*range(0, end, 37), *range(end - 3, end + 512)):
        refused(data[:cut])
    assert opened(data[: end + 512]) == opened(data)


def test_a_flipped_bit_of_a_header_is_refused() -> None:
    data = archive({"a.csv": random.Random(7).randbytes(3000), "b.csv": b"x" * 50}, tarfile.USTAR_FORMAT)
    second = 512 + 3072
    dice = random.Random(8)
    for _ in range(200):
        damaged = bytearray(data)
        damaged[dice.choice((0, second)) + dice.randrange(500)] ^= 1 << dice.randrange(7)
        refused(bytes(damaged))


def test_what_follows_an_archive_is_refused() -> None:
    data = archive({"a.csv": b"1"})
    assert refused(data + b"x") == refused(data + data) == "the archive is followed by something else"
    assert opened(data + bytes(10_240)) == {"a.csv": b"1"}


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "a/../../b", "C:\\x"])
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    assert "not a plain relative path" in refused(archive({name: b"1"}))


def test_a_link_is_refused() -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as made:
        link = tarfile.TarInfo("a.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    assert refused(target.getvalue()) == "the archive holds a link or a device"


def test_what_is_no_archive_is_said_to_be_none() -> None:
    assert refused(b"id,email\n" * 300) == "this is not a tar archive"
    assert refused(b"") == "the archive ends too early: it is truncated"


def test_what_the_stream_raises_comes_through_unchanged() -> None:
    error = SourceError("reset")

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100_000:
                raise error
            return super().read(min(size or 0, 5000))

    with (
        unsealed(Failing(archive(FILES)), "x", layers=["tar"], decrypt=None, secrets=Secrets(Path())) as members,
        pytest.raises(SourceError) as said,
    ):
        read(members)
    assert said.value is error
