"""The same landing zone in an object store."""

from __future__ import annotations

import os
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, ids, progress, reasons
from tests.servers.endless import endless_bucket
from tests.servers.s3 import S3, s3

from antechamber.connect.landing import Landing, LandingSource
from antechamber.connect.place import spare_name
from antechamber.errors import SourceError
from antechamber.records import Partition
from antechamber.store import Location


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with s3() as running:
        yield running


@pytest.fixture
def bucket(server: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.empty()
    return server


def source(bucket: S3, path: str, **declared: object) -> Landing:
    settings = {"settle": 0, **declared}
    declaration = LandingSource.model_validate(
        {"type": "landing", "path": f"s3://{bucket.bucket}/{path}", **settings}
    )
    return Landing(declaration, store=Location("file:///nowhere"))


def only(landing: Landing) -> Partition:
    (partition,) = landing.list(NOTHING).partitions
    return partition


def at(bucket: S3, prefix: str) -> Location:
    return Location(f"s3://{bucket.bucket}/{prefix}")


def test_objects_are_listed_by_pattern_and_what_is_hidden_is_not(bucket: S3) -> None:
    names = ["b.csv", "a b#%41?é.csv", "q/c.csv", "_tmp/d.csv", ".e.csv", "f.txt", "empty.csv"]
    for name in names:
        bucket.put(f"in/loyalty/{name}", b"" if name == "empty.csv" else b"a,b\n")
    bucket.put("in/loyalty-2/x.csv", b"a,b\n")
    bucket.put("in/loyalty/", b"")
    bucket.put("in/loyalty/q/", b"")
    assert ids(source(bucket, "in/loyalty/*.csv").list(NOTHING)) == ["a b#%41?é.csv", "b.csv", "empty.csv"]
    assert ids(source(bucket, "in/loyalty/**/*.csv").list(NOTHING)) == [
        "a b#%41?é.csv",
        "b.csv",
        "empty.csv",
        "q/c.csv",
    ]
    assert ids(source(bucket, "in/loyalty/").list(NOTHING)) == ["a b#%41?é.csv", "b.csv", "empty.csv", "f.txt"]
    assert ids(source(bucket, "**/x.csv").list(NOTHING)) == ["in/loyalty-2/x.csv"]
    assert ids(source(bucket, "nothing/here/*.csv").list(NOTHING)) == []


def test_a_path_relative_to_a_store_in_s3_works_the_same(bucket: S3) -> None:
    bucket.put("ws/landing/my files/x.csv", b"a,b\n")
    declared = LandingSource(type="landing", path="landing/my files/*.csv", settle=0)
    landing = Landing(declared, store=at(bucket, "ws"))
    assert ids(landing.list(NOTHING)) == ["x.csv"]
    assert landing.open(only(landing)).read() == b"a,b\n"


def test_more_objects_than_a_page_are_all_listed(bucket: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")  # a page; 1,000 on AWS
    for number in range(24):
        bucket.put(f"in/{number:04}.csv", b"")
    assert len(source(bucket, "in/*.csv").list(NOTHING).partitions) == 24
    assert len(source(bucket, "in/**/*.csv").list(NOTHING).partitions) == 24


def test_objects_wait_are_done_and_come_again_when_they_change(bucket: S3) -> None:
    bucket.put("in/x.csv", b"a,b\n")
    assert list(reasons(source(bucket, "in/*", settle=60).list(NOTHING))) == ["x.csv"]
    landing = source(bucket, "in/*")
    before = progress(landing.list(NOTHING))
    assert [each.id for each in landing.list(before).done] == ["x.csv"]
    bucket.put("in/x.csv", b"c,d\n")
    assert ids(landing.list(before)) == ["x.csv"]


def test_a_manifest_and_markers_count_in_a_bucket_too(bucket: S3) -> None:
    bucket.put("in/a.csv", b"a,b\n")
    bucket.put("in/b.csv", b"a,b\n")
    bucket.put("in/meta/list.json", b'["../a.csv"]')
    with pytest.raises(SourceError, match="outside its folder"):
        source(bucket, "in/*.csv", manifest="meta/list.json").list(NOTHING)
    bucket.put("in/list.json", b'{"files": [{"name": "a.csv", "size": 4}]}')
    assert ids(source(bucket, "in/*.csv", manifest="list.json").list(NOTHING)) == ["a.csv"]
    bucket.put("in/b.csv.done", b"")
    assert ids(source(bucket, "in/*.csv", marker="{name}.done", settle=2).list(NOTHING)) == []
    assert ids(source(bucket, "in/*.csv", marker="{name}.done").list(NOTHING)) == ["b.csv"]


@pytest.mark.parametrize("size", [0, 1, 1 << 20, 7_654_321])
def test_an_object_is_read_whole_and_here_and_there(size: int, bucket: S3) -> None:
    data = random.Random(size).randbytes(size)
    bucket.put("in/x.bin", data)
    landing = source(bucket, "in/*.bin")
    with landing.open(only(landing)) as stream:
        assert stream.seekable()
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == data
    with landing.open(only(landing)) as stream:
        dice = random.Random(1)
        for _ in range(20):
            at = dice.randrange(size + 1)
            assert stream.seek(at) == at
            length = dice.randrange(2_000_000)
            assert stream.read(length) == data[at : at + length]
        stream.seek(-min(size, 8), os.SEEK_END)
        assert stream.read() == data[-8:]


@pytest.mark.parametrize("size", [0, 5_000_000])
def test_an_object_that_changed_or_went_is_an_error(size: int, bucket: S3) -> None:
    data = bytes(size)
    bucket.put("in/x.csv", data)
    landing = source(bucket, "in/*.csv")
    partition = only(landing)
    bucket.put("in/x.csv", data + b"1")
    with pytest.raises(SourceError, match=r"in/x\.csv: the file changed after it was listed"):
        landing.open(partition).read()
    bucket.client.delete_object(Bucket=bucket.bucket, Key="in/x.csv")
    with pytest.raises(SourceError, match="changed"):
        landing.open(partition).read()


def test_an_object_that_changes_while_it_is_read_is_an_error(bucket: S3) -> None:
    bucket.put("in/x.csv", bytes(9_000_000))
    landing = source(bucket, "in/*.csv")
    with landing.open(only(landing)) as stream:
        assert len(stream.read(1000)) == 1000
        bucket.put("in/x.csv", b"1" * 9_000_000)
        with pytest.raises(SourceError, match="changed"):
            while stream.read(1 << 20):
                pass


def test_archiving_moves_within_the_bucket_and_can_be_repeated(bucket: S3) -> None:
    data = random.Random(4).randbytes(3_000_000)
    bucket.put("in/q/a b#1.csv", data)
    landing = source(bucket, "in/**/*.csv")
    partition = only(landing)
    for _ in range(2):
        landing.archive(partition, at(bucket, "tenants/acme/archive/x"))
        assert bucket.objects() == {"tenants/acme/archive/x/q/a b#1.csv": data}


def test_the_archive_in_a_bucket_keeps_both_files_of_one_name(bucket: S3) -> None:
    landing = source(bucket, "in/*.csv")
    for content in (b"monday", b"sunday"):
        bucket.put("in/x.csv", content)
        partition = only(landing)
        landing.archive(partition, at(bucket, "archive"))
    assert bucket.objects() == {
        "archive/x.csv": b"monday",
        f"archive/{spare_name('x.csv', partition.fingerprint)}": b"sunday",
    }


def test_an_object_copied_by_a_run_that_died_is_only_removed(bucket: S3) -> None:
    bucket.put("in/x.csv", b"content")
    bucket.put("archive/x.csv", b"content")
    landing = source(bucket, "in/*.csv")
    landing.archive(only(landing), at(bucket, "archive"))
    assert bucket.objects() == {"archive/x.csv": b"content"}


def test_files_are_archived_from_a_bucket_to_a_folder_and_back(bucket: S3, tmp_path: Path) -> None:
    data = random.Random(6).randbytes(9_000_000)
    bucket.put("in/q/x.csv", data)
    landing = source(bucket, "in/**/*.csv")
    landing.archive(only(landing), Location((tmp_path / "archive").as_uri()))
    assert (tmp_path / "archive/q/x.csv").read_bytes() == data
    assert bucket.objects() == {}

    declared = LandingSource(type="landing", path=f"{tmp_path}/archive/**/*.csv", settle=0)
    back = Landing(declared, store=Location("file:///nowhere"))
    back.archive(only(back), at(bucket, "back"))
    assert bucket.objects() == {"back/q/x.csv": data}
    assert not (tmp_path / "archive/q/x.csv").exists()


def test_a_changed_object_is_neither_archived_nor_removed(bucket: S3) -> None:
    bucket.put("in/x.csv", b"old")
    landing = source(bucket, "in/*.csv")
    partition = only(landing)
    bucket.put("in/x.csv", b"new")
    landing.archive(partition, at(bucket, "archive"))
    landing.remove(partition)
    assert bucket.objects() == {"in/x.csv": b"new"}


def test_a_bucket_that_is_not_there_and_a_store_that_does_not_answer_say_so(
    bucket: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = LandingSource(type="landing", path="s3://no-such-bucket/in/*.csv")
    with pytest.raises(SourceError) as said:
        Landing(declared, store=Location("file:///nowhere")).list(NOTHING)
    assert said.value.where == "s3://no-such-bucket/in"
    assert said.value.remedy


@pytest.mark.parametrize(
    ("path", "what"),
    [("s3://*/x.csv", "a bucket's name has no wildcards"), ("ftp://host/x.csv", "'ftp:' is not a store")],
)
def test_a_url_that_names_no_store_is_refused(path: str, what: str) -> None:
    with pytest.raises(SourceError, match=what.replace("'", ".")):
        Landing(LandingSource(type="landing", path=path), store=Location("file:///nowhere"))


def test_a_prefix_of_many_keys_is_looked_through_in_pages_and_only_what_matters_is_held(bucket: S3) -> None:
    options = {"allow_http": "true"}
    tracemalloc.start()
    try:
        with endless_bucket(40_000) as (endpoint, pages):
            landing = source(bucket, "in/**/*.csv", options={**options, "endpoint": endpoint})
            assert len(landing.list(NOTHING).partitions) == 40
            assert pages() == 40
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000  # some pages, on both sides of the wire; 40,000 objects would be 16 MB more


def test_objects_are_archived_under_the_key_that_the_source_names(bucket: S3) -> None:
    bucket.put("in/x.csv", b"content")
    options = {"server_side_encryption": "aws:kms", "sse_kms_key_id": "alias/acme"}
    landing = source(bucket, "in/*.csv", options=options)
    landing.archive(only(landing), at(bucket, "archive"))
    head = bucket.client.head_object(Bucket=bucket.bucket, Key="archive/x.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/acme")


def test_a_bucket_whose_readers_pay_is_told_that_we_do(bucket: S3) -> None:
    with endless_bucket(0, payer=True) as (endpoint, _):
        landing = source(bucket, "in/*.csv", options={"endpoint": endpoint})
        with pytest.raises(SourceError, match="refuses access"):
            landing.list(NOTHING)
        landing = source(bucket, "in/*.csv", options={"endpoint": endpoint, "request_payer": "true"})
        assert landing.list(NOTHING).partitions == ()


def test_an_option_that_the_store_does_not_have_says_so(bucket: S3) -> None:
    with pytest.raises(SourceError, match="'requester_pays' is not valid"):
        source(bucket, "in/*.csv", options={"requester_pays": "true"})
