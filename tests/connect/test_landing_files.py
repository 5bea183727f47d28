"""Reading a landed file, and moving it out of the way once its records are committed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, drop, landing

from antechamber.connect import ByteSource, Opening, open_source
from antechamber.connect.landing import LandingSource
from antechamber.connect.place import spare_name
from antechamber.errors import SourceError
from antechamber.records import Partition
from antechamber.secrets import Secrets
from antechamber.store import Location


@pytest.fixture(params=["same file system", "another file system"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the landing zone's file system, or on another (memory)."""
    if request.param == "same file system":
        yield tmp_path / "archive"
        return
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder / "archive"
    shutil.rmtree(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def listed(source: ByteSource) -> Partition:
    (partition,) = source.list(NOTHING).partitions
    return partition


def to(folder: Path) -> Location:
    return Location(folder.as_uri())


def test_the_registry_opens_a_landing_zone(tmp_path: Path) -> None:
    drop(tmp_path, "in/x.csv")
    declared = LandingSource(type="landing", path="in/*.csv")
    source = open_source(declared, Opening(Location(tmp_path.as_uri()), Secrets(tmp_path)))
    assert isinstance(source, ByteSource)
    assert listed(source).id == "x.csv"


def test_a_file_is_read_and_can_be_read_here_and_there(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    drop(tmp_path, "x.bin", data)
    source = landing(tmp_path, "*.bin")
    with source.open(listed(source)) as stream:
        assert stream.seekable()
        assert stream.read(10) == data[:10]
        stream.seek(-5, os.SEEK_END)
        assert stream.read() == data[-5:]
        stream.seek(1_000_000)
        assert stream.tell() == 1_000_000
        assert stream.read(100) == data[1_000_000:1_000_100]
        stream.seek(0)
        assert stream.read() == data


@pytest.mark.parametrize("change", ["append", "replace", "remove", "link"])
def test_a_file_that_changed_since_the_listing_is_not_opened(change: str, tmp_path: Path) -> None:
    path = drop(tmp_path, "in/x.csv")
    source = landing(tmp_path, "in/*.csv")
    partition = listed(source)
    if change == "append":
        path.write_bytes(path.read_bytes() + b"more")
    elif change == "replace":
        drop(tmp_path, "in/x.csv", b"c,d\n", age=60)
    else:
        path.unlink()
        if change == "link":
            path.symlink_to(drop(tmp_path, "other.csv"))
    with pytest.raises(SourceError) as said:
        source.open(partition)
    assert said.value.where == "in/x.csv"
    assert said.value.what == "the file changed after it was listed: nothing of it was published"


def test_a_file_that_grows_while_it_is_read_is_an_error_at_its_end(tmp_path: Path) -> None:
    path = drop(tmp_path, "x.csv", b"line\n" * 500_000)
    source = landing(tmp_path, "*.csv")
    for piece in (1000, 1 << 20, -1):
        stream = source.open(listed(source))
        stream.read(10)
        with path.open("ab") as file:
            file.write(b"line\n")
        with pytest.raises(SourceError, match="changed"):
            while stream.read(piece):
                pass
        stream.close()
        os.utime(path, (1, 1))


def test_a_file_that_changes_while_it_is_read_here_and_there_is_an_error_when_closed(tmp_path: Path) -> None:
    path = drop(tmp_path, "x.parquet", b"x" * 1_000_000)
    source = landing(tmp_path, "*.parquet")
    stream = source.open(listed(source))
    stream.seek(500_000)
    stream.read(10)
    with path.open("r+b") as file:
        file.write(b"y")
    with pytest.raises(SourceError, match="changed"):
        stream.close()


def test_a_file_replaced_by_renaming_is_read_as_it_was_listed(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv", b"old\n")
    source = landing(tmp_path, "*.csv")
    partition = listed(source)
    with source.open(partition) as stream:
        drop(tmp_path, "y", b"new\n").rename(tmp_path / "x.csv")
        assert stream.read() == b"old\n"
    source.archive(partition, to(tmp_path / "archive"))
    assert (tmp_path / "x.csv").read_bytes() == b"new\n"
    assert not (tmp_path / "archive").exists()


def test_an_archived_file_is_gone_from_the_landing_zone_and_whole_in_the_archive(
    tmp_path: Path, archive: Path
) -> None:
    data = os.urandom(3_000_000)
    drop(tmp_path, "in/a b/x%41.csv", data)
    source = landing(tmp_path, "in/**/*.csv")
    partition = listed(source)
    for _ in range(3):  # again after a crash, and once more
        source.archive(partition, to(archive))
        assert files(archive) == {"a b/x%41.csv": data}
        assert files(tmp_path / "in") == {}


def test_a_file_that_changed_since_stays(tmp_path: Path, archive: Path) -> None:
    drop(tmp_path, "in/x.csv")
    source = landing(tmp_path, "in/*.csv")
    partition = listed(source)
    drop(tmp_path, "in/x.csv", b"another content\n")
    source.archive(partition, to(archive))
    source.remove(partition)
    assert files(tmp_path / "in") == {"x.csv": b"another content\n"}
    assert not archive.exists()


def test_the_archive_keeps_both_files_of_one_name(tmp_path: Path, archive: Path) -> None:
    source = landing(tmp_path, "in/*.csv.gz")
    contents = [b"monday", b"tuesday", b"sunday"]  # two of one size
    names = []
    for age, content in enumerate(contents):
        drop(tmp_path, "in/x.csv.gz", content, age=1000 - age)
        partition = listed(source)
        names.append(spare_name("x.csv.gz", partition.fingerprint))
        source.archive(partition, to(archive))
    assert files(archive) == {"x.csv.gz": b"monday", names[1]: b"tuesday", names[2]: b"sunday"}
    assert all(name.endswith(".csv.gz") for name in names)


def test_a_copy_that_a_crash_left_in_the_archive_is_recognised(tmp_path: Path, archive: Path) -> None:
    drop(tmp_path, "in/x.csv", b"content")
    drop(archive, "x.csv", b"content")
    source = landing(tmp_path, "in/*.csv")
    source.archive(listed(source), to(archive))
    assert files(archive) == {"x.csv": b"content"}
    assert files(tmp_path / "in") == {}


def test_what_a_crash_left_half_copied_is_copied_again(tmp_path: Path, archive: Path) -> None:
    if archive.is_relative_to(tmp_path):
        pytest.skip("renaming has no half")
    drop(tmp_path, "in/x.csv", b"content")
    drop(archive, ".x.csv.partial", b"con")
    source = landing(tmp_path, "in/*.csv")
    source.archive(listed(source), to(archive))
    assert files(archive) == {"x.csv": b"content"}


def test_a_removed_file_is_gone_and_removing_it_again_is_no_error(tmp_path: Path) -> None:
    drop(tmp_path, "in/x.csv")
    drop(tmp_path, "in/y.csv")
    source = landing(tmp_path, "in/x.csv")
    partition = listed(source)
    source.remove(partition)
    source.remove(partition)
    assert files(tmp_path / "in") == {"y.csv": b"a,b\n"}


def test_a_files_own_marker_goes_with_it(tmp_path: Path, archive: Path) -> None:
    source = landing(tmp_path, "in/*.csv", marker="{name}.done")
    for name in ("x.csv", "x.csv.done", "y.csv"):
        drop(tmp_path, f"in/{name}")
    partition = listed(source)
    source.archive(partition, to(archive))
    assert sorted(files(archive)) == ["x.csv", "x.csv.done"]
    assert sorted(files(tmp_path / "in")) == ["y.csv"]

    drop(tmp_path, "in/x.csv.done")  # a crash came between the two
    source.archive(partition, to(archive))
    assert sorted(files(tmp_path / "in")) == ["y.csv"]


def test_a_folders_marker_stays(tmp_path: Path) -> None:
    source = landing(tmp_path, "in/*.csv", marker="_SUCCESS")
    drop(tmp_path, "in/x.csv")
    drop(tmp_path, "in/_SUCCESS")
    source.remove(listed(source))
    assert sorted(files(tmp_path / "in")) == ["_SUCCESS"]


def test_a_refusal_of_the_system_names_the_file(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is refused to root")
    drop(tmp_path, "in/x.csv").chmod(0)
    source = landing(tmp_path, "in/*.csv")
    with pytest.raises(SourceError, match=r"in/x\.csv: the system refuses \(permission denied\)"):
        source.open(listed(source))


def test_reading_costs_no_more_than_a_plain_file(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv", bytes(200_000_000))
    source = landing(tmp_path, "*.csv")

    def seconds(opened: object) -> float:
        started = time.perf_counter()
        with opened as stream:  # type: ignore[attr-defined]
            while stream.read(1 << 20):
                pass
        return time.perf_counter() - started

    plain = min(seconds((tmp_path / "x.csv").open("rb")) for _ in range(3))
    ours = min(seconds(source.open(listed(source))) for _ in range(3))
    assert ours < 3 * plain + 0.1
