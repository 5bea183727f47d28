"""The same landing zone in Azure Blob Storage, Google Cloud Storage and on a WebDAV server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, ids, progress, reasons
from tests.servers.azurite import azurite
from tests.servers.gcs import gcs
from tests.servers.store import Store
from tests.servers.webdav import PASSWORD, USER, webdav

from antechamber.connect.landing import Landing, LandingSource
from antechamber.errors import SourceError
from antechamber.records import Partition
from antechamber.secrets import Secrets
from antechamber.store import Location

WEB = {"user": USER, "password": "env:WEBDAV_PASSWORD"}


@pytest.fixture(scope="module", params=["azure", "gcs", "webdav"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "webdav":
        opened = webdav(tmp_path_factory.mktemp("webdav"))
    else:
        opened = azurite() if request.param == "azure" else gcs()
    with opened as running:
        yield running


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in {**server.environment, "WEBDAV_PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    server.empty()
    return server


def source(store: Store, path: str, **declared: object) -> Landing:
    options = WEB if store.url.startswith("http") else {}
    settings = {"type": "landing", "path": f"{store.url}/{path}", "settle": 0, "options": options, **declared}
    return Landing(
        LandingSource.model_validate(settings), store=Location("file:///nowhere"), secrets=Secrets(Path("/"))
    )


def only(landing: Landing) -> Partition:
    (partition,) = landing.list(NOTHING).partitions
    return partition


def test_files_are_listed_by_pattern(store: Store) -> None:
    names = ["b.csv", "a b#%41?é.csv", "q/c.csv", "q/r/d.csv", "_tmp/d.csv", ".e.csv", "f.txt", "empty.csv"]
    for name in names:
        store.put(f"in/loyalty/{name}", b"" if name == "empty.csv" else b"a,b\n")
    store.put("in/loyalty-2/x.csv", b"a,b\n")
    assert ids(source(store, "in/loyalty/*.csv").list(NOTHING)) == ["a b#%41?é.csv", "b.csv", "empty.csv"]
    assert ids(source(store, "in/loyalty/*/*.csv").list(NOTHING)) == ["q/c.csv"]
    everywhere = ["a b#%41?é.csv", "b.csv", "empty.csv", "q/c.csv", "q/r/d.csv"]
    assert ids(source(store, "in/loyalty/**/*.csv").list(NOTHING)) == everywhere
    assert ids(source(store, "**/x.csv").list(NOTHING)) == ["in/loyalty-2/x.csv"]
    assert ids(source(store, "in/*/x.csv").list(NOTHING)) == ["loyalty-2/x.csv"]


@pytest.mark.parametrize("size", [0, 1, 7_654_321])
def test_a_file_is_read_whole_and_here_and_there(size: int, store: Store) -> None:
    data = random.Random(size).randbytes(size)
    store.put("in/x y.bin", data)
    landing = source(store, "in/*.bin")
    with landing.open(only(landing)) as stream:
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == data
        stream.seek(size // 2)
        assert stream.read() == data[size // 2 :]


def test_what_was_taken_in_is_known_and_what_changed_comes_again(store: Store) -> None:
    store.put("in/x.csv", b"a,b\n")
    assert list(reasons(source(store, "in/*", settle=60).list(NOTHING))) == ["x.csv"]
    landing = source(store, "in/*")
    before = progress(landing.list(NOTHING))
    assert [each.id for each in landing.list(before).done] == ["x.csv"]
    store.put("in/x.csv", b"c,d,e\n")
    assert ids(landing.list(before)) == ["x.csv"]


def test_a_file_that_changed_or_went_is_neither_read_nor_archived_nor_removed(store: Store, tmp_path: Path) -> None:
    store.put("in/x.csv", bytes(3_000_000))
    landing = source(store, "in/*.csv")
    partition = only(landing)
    with landing.open(partition) as stream:
        stream.read(1000)
        store.put("in/x.csv", b"1" * 3_000_001)
        with pytest.raises(SourceError, match=r"in/x\.csv: the file changed after it was listed"):
            while stream.read(1 << 20):
                pass
    landing.archive(partition, Location(tmp_path.as_uri()))
    landing.remove(partition)
    assert store.keys() == ["in/x.csv"]
    store.empty()
    with pytest.raises(SourceError, match="changed"):
        landing.open(partition).read()


def test_a_file_is_archived_to_a_folder_or_deleted(store: Store, tmp_path: Path) -> None:
    data = random.Random(6).randbytes(3_000_000)
    store.put("in/q/x.csv", data)
    store.put("in/q/y.csv", b"a,b\n")
    landing = source(store, "in/**/*.csv")
    first, second = landing.list(NOTHING).partitions
    for _ in range(2):
        landing.archive(first, Location((tmp_path / "archive").as_uri()))
        landing.remove(second)
    assert (tmp_path / "archive/q/x.csv").read_bytes() == data
    assert store.keys() == []


def test_a_file_is_archived_within_its_store(store: Store) -> None:
    if store.url.startswith("http"):
        pytest.skip("a workspace's store, and so its archive, cannot be on a WebDAV server")
    store.put("in/q/a b#1.csv", b"content")
    landing = source(store, "in/**/*.csv")
    partition = only(landing)
    for _ in range(2):
        landing.archive(partition, Location(f"{store.url}/archive"))
        assert store.objects() == {"archive/q/a b#1.csv": b"content"}


def test_a_wrong_password_is_an_error_that_does_not_show_it(store: Store) -> None:
    if not store.url.startswith("http"):
        pytest.skip("this server lets everybody in")
    landing = source(store, "in/*.csv", options={"user": USER, "password": "env:HOME"})
    with pytest.raises(SourceError, match="refuses access") as said:
        landing.list(NOTHING)
    assert "Basic" not in str(said.value)
    with pytest.raises(SourceError, match="'pasword' is not an option"):
        source(store, "in/*.csv", options={"pasword": "x"})


def test_a_web_address_that_others_could_listen_to_is_refused() -> None:
    declared = LandingSource(type="landing", path="http://example.com/in/*.csv", options={})
    with pytest.raises(SourceError, match="everybody on the way"):
        Landing(declared, store=Location("file:///nowhere"))


@pytest.mark.parametrize(
    ("path", "options", "what"),
    [
        ("s3://b/in/*.csv", {"secret_access_key": "abc"}, "'secret_access_key' is a secret"),
        ("az://c/in/*.csv", {"account_key": "abc"}, "'account_key' is a secret"),
        ("az://c/in/*.csv", {"sas_key": "abc"}, "'sas_key' is a secret"),
        ("gs://b/in/*.csv", {"service_account_key": "abc"}, "'service_account_key' is a secret"),
        ("https://h/in/*.csv", {"user": "u", "password": "abc"}, "'password' is a secret"),
        ("https://h/in/*.csv", {"bearer_token": "abc"}, "'bearer_token' is a secret"),
        ("in/*.csv", {"region": "eu-central-1"}, "a folder has no options"),
    ],
)
def test_an_option_that_is_a_secret_is_written_as_a_reference(path: str, options: dict[str, str], what: str) -> None:
    def mistakes(options: dict[str, str]) -> list[str]:
        declared = LandingSource(type="landing", path=path, options=options)
        return [mistake.what for mistake in declared.mistakes(None)]  # type: ignore[arg-type]

    (said,) = mistakes(options)
    assert said.startswith(what)
    assert "abc" not in said
    if "://" in path:
        assert mistakes({**dict.fromkeys(options, "env:X"), "sse_kms_key_id": "k", "access_key_id": "i"}) == []
