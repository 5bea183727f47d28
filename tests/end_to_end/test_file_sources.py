"""A whole run from each place that files come from: read once, put away, and then nothing new."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.servers import webdav as dav
from tests.servers.azurite import azurite
from tests.servers.gcs import gcs
from tests.servers.s3 import s3
from tests.servers.sftp import PASSWORD, sftp

from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.pipeline import run

FILES = {f"{number:02}.csv": f"id,email\n{number},x{number}@example.com\n".encode() for number in range(20)}


@dataclass
class Site:
    """source: what a connector says, without `after`. put: drops a file. names: the files that lie there."""

    source: dict[str, Any]
    put: Callable[[str, bytes], None]
    names: Callable[[], list[str]]


def folder(path: Path, source: dict[str, Any]) -> Site:
    def put(name: str, content: bytes) -> None:
        target = path / "out" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        os.utime(target, (moment := time.time() - 3600, moment))

    return Site(source, put, lambda: sorted(str(each.relative_to(path)) for each in path.rglob("*.csv")))


@pytest.fixture(params=["s3", "azure", "gcs", "webdav", "sftp"])
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    here = tmp_path / "site"
    here.mkdir()
    monkeypatch.setenv("SITE_PASSWORD", PASSWORD)
    with ExitStack() as stack:
        if request.param == "sftp":
            server = stack.enter_context(sftp(here))
            login = {**server.declared, "password": "env:SITE_PASSWORD"}
            yield folder(here, {"type": "sftp", "path": "out/*.csv", **login})
        elif request.param == "webdav":
            web = stack.enter_context(dav.webdav(here))
            options = {"user": dav.USER, "password": "env:SITE_PASSWORD"}
            yield folder(here, {"type": "landing", "path": f"{web.url}/out/*.csv", "options": options})
        elif request.param == "s3":
            bucket = stack.enter_context(s3())
            for name, value in bucket.environment.items():
                monkeypatch.setenv(name, value)
            source = {"type": "landing", "path": f"s3://{bucket.bucket}/out/*.csv"}
            yield Site(source, lambda name, content: bucket.put(f"out/{name}", content), bucket.keys)
        else:
            store = stack.enter_context(azurite() if request.param == "azure" else gcs())
            for name, value in store.environment.items():
                monkeypatch.setenv(name, value)
            source = {"type": "landing", "path": f"{store.url}/out/*.csv"}
            yield Site(source, lambda name, content: store.put(f"out/{name}", content), store.keys)


@pytest.fixture
def workspace(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_KEY", "00112233445566778899aabbccddeeff" * 2)
    root = tmp_path / "workspace"
    (root / "connectors").mkdir(parents=True)
    (root / "antechamber.yaml").write_text("workspace: w\ntenants:\n  acme: {key: env:ACME_KEY}\n")
    for name, content in FILES.items():
        site.put(name, content)
    return root


def carried_out(root: Path, site: Site, **keys: str) -> RunRecord:
    connector = {
        "connector": "members",
        "tenant": "acme",
        "source": {**site.source, "settle": 0, **keys},
        "columns": {"id": {"type": "integer"}, "email": {"type": "email", "protect": "sha256"}},
        "table": {"name": "members"},
    }
    (root / "connectors/members.yaml").write_text(json.dumps(connector))  # JSON is YAML
    record = run(load_workspace(root), "members")
    assert (record.error, record.notes) == (None, [])
    return record


def ids(root: Path) -> list[int]:
    table = open_catalog(load_workspace(root).workspace, root).load_table(("acme", "members"))
    return sorted(int(row["id"]) for row in table.scan().to_arrow().to_pylist())


def test_files_are_read_once_and_archived(site: Site, workspace: Path) -> None:
    record = carried_out(workspace, site)
    assert (record.status, record.published) == ("succeeded", 20)
    assert [(each.id, each.read, each.published) for each in record.partitions] == [(name, 1, 1) for name in FILES]
    assert site.names() == []
    archive = workspace / "store/tenants/acme/archive/members"
    assert {path.name: path.read_bytes() for path in archive.iterdir()} == FILES
    assert carried_out(workspace, site).status == "nothing new"
    assert ids(workspace) == list(range(20))


def test_files_that_are_left_are_not_read_again_until_they_change(site: Site, workspace: Path) -> None:
    assert carried_out(workspace, site, after="leave").published == 20
    assert carried_out(workspace, site, after="leave").status == "nothing new"
    site.put("07.csv", b"id,email\n77,y@example.com\n78,z@example.com\n")
    assert carried_out(workspace, site, after="leave").published == 2
    assert ids(workspace) == [*range(20), 77, 78]
    assert carried_out(workspace, site, after="delete").status == "nothing new"
    assert site.names() == []


def test_a_file_in_another_shape_stays_and_the_others_are_taken_in(site: Site, workspace: Path) -> None:
    site.put("05.csv", b"number;address\n5;x@example.com\n")
    connector = carried_out(workspace, site)
    assert (connector.status, connector.published) == ("partial", 19)
    assert site.names() == ["out/05.csv"]
