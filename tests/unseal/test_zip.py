"""Zip archives: every file in them, or an error."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unseal.reading import read

from antechamber.errors import UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import unsealed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Pipe(io.RawIOBase):
    """Bytes that can only be read forward, a few at a time."""

    def __init__(self, data: bytes, piece: int = 1 << 16) -> None:
        self._inner = io.BytesIO(data)
        self._piece = piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._inner.readinto(memoryview(buffer)[: self._piece])


def archive(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return target.getvalue()


def streamed(files: dict[str, bytes]) -> bytes:
    """An archive as programs make it that cannot go back in their output: sizes follow the data."""

    class Forward(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: object) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    target = Forward()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            with made.open(name, "w") as file:
                file.write(data)
    return target.getvalue()


def opened(data: bytes, piece: int = 1 << 16) -> dict[str, bytes]:
    stream = io.BufferedReader(Pipe(data, piece))
    with unsealed(stream, "in/x.zip", layers=["zip"], decrypt=None, secrets=Secrets(Path())) as members:
        return read(members)


def refused(data: bytes) -> str:
    with pytest.raises(UnsealError) as said:
        opened(data)
    assert said.value.where.startswith("in/x.zip")
    assert said.value.remedy
    return said.value.what


FILES = {"members.csv": b"id,email\n" * 30_000, "folder/more.csv": b"", "Übung.csv": b"x"}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_every_file_comes_with_its_name_in_order(compression: int) -> None:
    assert list(opened(archive(FILES, compression)).items()) == list(FILES.items())


def test_an_archive_written_forward_only_is_read(content: bytes) -> None:
    files = {"a.csv": content, "b.csv": b"", "c.csv": content[:10]}
    assert opened(streamed(files)) == files
    assert opened(streamed(files), piece=1000) == files


def test_folders_and_other_programs_files_are_passed_over() -> None:
    hidden = {"folder/": b"", "__MACOSX/._a.csv": b"\0", ".DS_Store": b"\0", "b/_tmp/c.csv": b"1", "_d.csv": b"1"}
    assert opened(archive({**hidden, "./a.csv": b"1"})) == {"a.csv": b"1"}


@pytest.mark.parametrize("hidden", [{}, {"__MACOSX/a": b"1"}])
def test_an_archive_without_a_file_is_refused(hidden: dict[str, bytes]) -> None:
    assert refused(archive(hidden)) == "the archive holds no file"


@pytest.mark.parametrize("make", [archive, streamed])
def test_an_archive_cut_anywhere_is_refused(make: object) -> None:
    data = make({"a.csv": b"id,email\n" * 300, "b.csv": b"x" * 50})  # type: ignore[operator]
    for cut in range(len(data)):
        refused(data[:cut])


def test_a_flipped_bit_is_refused_or_changes_nothing_that_is_read() -> None:
    files = {"a.csv": random.Random(7).randbytes(3000), "b.csv": b"x" * 50}
    data = archive(files)
    dice = random.Random(8)
    errors = 0
    for _ in range(400):
        damaged = bytearray(data)
        damaged[dice.randrange(3100)] ^= 1 << dice.randrange(8)
        try:
            assert list(opened(bytes(damaged)).values()) == list(files.values())
        except UnsealError:
            errors += 1
    assert errors > 350


@pytest.mark.parametrize("tail", [b"garbage", b"\0" * 70_000])
def test_something_after_an_archive_is_refused(tail: bytes) -> None:
    assert "followed by something else" in refused(archive(FILES) + tail)


def test_a_comment_at_the_end_is_no_matter() -> None:
    target = io.BytesIO(archive(FILES))
    with zipfile.ZipFile(target, "a") as made:
        made.comment = b"made by hand"
    assert opened(target.getvalue()) == FILES


def test_a_member_that_the_directory_does_not_list_is_refused() -> None:
    one, two = archive({"a.csv": b"1"}), archive({"a.csv": b"1", "b.csv": b"2"})
    directory = one[one.index(b"PK\1\2") :]
    assert "does not fit its members" in refused(two[: two.index(b"PK\1\2")] + directory)


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "b/../../a.csv", "C:\\a.csv", "..\\a.csv", "a\nb.csv"])
def test_a_name_that_would_leave_its_folder_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(UnsealError) as said:
        opened(archive({name: b"1"}))
    assert said.value.what == "the archive has a member whose name is not a plain relative path"
    assert name not in str(said.value)


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    data = bytearray(archive({"a.csv": b"1" * 100}))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    assert "zip password" in refused(bytes(data))


def test_another_compression_is_refused() -> None:
    assert "other than deflate or bzip2" in refused(archive(FILES, zipfile.ZIP_LZMA))


@pytest.mark.parametrize("data", [b"", b"id,email\n" * 100, b"PK", b"PK\3\4" + bytes(40)])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    refused(data)


def test_a_member_that_is_not_read_to_its_end_is_verified_all_the_same() -> None:
    data = bytearray(archive({"a.csv": random.Random(9).randbytes(500_000), "b.csv": b"2"}, zipfile.ZIP_STORED))
    data[400_000] ^= 1
    with (
        unsealed(io.BytesIO(data), "x", layers=["zip"], decrypt=None, secrets=Secrets(Path())) as members,
        pytest.raises(UnsealError, match="checksum"),
    ):
        for member in members:
            assert len(member.stream.read(10)) == 10


@pytest.mark.skipif(shutil.which("zip") is None, reason="Info-ZIP is not installed")
def test_an_archive_made_by_info_zip_from_a_pipe_is_read(content: bytes) -> None:
    made = subprocess.run(["zip", "-q", "-", "-"], input=content, capture_output=True, check=True).stdout
    assert opened(made) == {"-": content}
