"""How these tests open a source on their SFTP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.connect.landing import NOTHING
from tests.servers.sftp import PASSWORD, Sftp, sftp

from antechamber.connect import ByteSource, Opening, open_source
from antechamber.connect.sftp import SftpSource
from antechamber.records import Partition
from antechamber.secrets import Secrets
from antechamber.store import Location

Open = Callable[..., ByteSource]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sftp]:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    monkeypatch.setattr("antechamber.connect.sftp.session.FIRST_WAIT", 0.01)
    (tmp_path / "site").mkdir()
    with sftp(tmp_path / "site") as running:
        yield running


@pytest.fixture
def source(site: Sftp) -> Iterator[Open]:
    sources: list[ByteSource] = []

    def open(path: str, **declared: object) -> ByteSource:
        sources.append(opened(site, path, **declared))
        return sources[-1]

    yield open
    for each in sources:
        each.close()


def opened(site: Sftp, path: str, **declared: Any) -> ByteSource:
    """A source on `path` of the server; what is None is left out."""
    said = {"type": "sftp", "settle": 0, "path": path, **site.declared, **declared}
    model = SftpSource.model_validate({key: value for key, value in said.items() if value is not None})
    source = open_source(model, Opening(Location(Path("/nowhere").as_uri()), Secrets(site.folder.parent)))
    assert isinstance(source, ByteSource)
    return source


def only(source: ByteSource) -> Partition:
    """The one file that is there."""
    (partition,) = source.list(NOTHING).partitions
    return partition
