"""The same files on OpenSSH's server."""

from __future__ import annotations

import random
from pathlib import Path

from tests.connect.landing import NOTHING, drop, ids, reasons
from tests.servers.openssh import openssh

from antechamber.connect import ByteSource, Opening, open_source
from antechamber.connect.sftp import SftpSource
from antechamber.secrets import Secrets
from antechamber.store import Location


def test_files_are_listed_read_renamed_and_fetched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    contents = {name: random.Random(name).randbytes(5_000_000) for name in ("a.bin", "q/b.bin")}
    for name, data in contents.items():
        drop(out, name, data)
    (out / "link.bin").symlink_to("a.bin")
    keys = tmp_path / "keys"
    keys.mkdir()
    with openssh(keys) as login:

        def opened(**declared: object) -> ByteSource:
            said = {"type": "sftp", "path": f"{out}/**/*.bin", "settle": 0, **login, **declared}
            opening = Opening(Location("file:///nowhere"), Secrets(tmp_path))
            source = open_source(SftpSource.model_validate(said), opening)
            assert isinstance(source, ByteSource)
            return source

        source = opened(archive_to=f"{tmp_path}/done")
        listing = source.list(NOTHING)
        assert ids(listing) == ["a.bin", "q/b.bin"]
        assert list(reasons(listing)) == ["link.bin"]
        for partition in listing.partitions:
            with source.open(partition) as stream:
                assert stream.read() == contents[partition.id]
        first, second = listing.partitions
        for _ in range(2):
            source.archive(first, Location("file:///nowhere"))
        drop(tmp_path, "done/q/b.bin", b"another one")
        source.archive(second, Location("file:///nowhere"))
        source.close()
        done = sorted(str(path.relative_to(tmp_path / "done")) for path in (tmp_path / "done").rglob("*.bin"))
        assert [done[0], len(done)] == ["a.bin", 3]

        drop(out, "c.bin", b"more")
        source = opened()
        source.archive(source.list(NOTHING).partitions[0], Location((tmp_path / "archive").as_uri()))
        source.close()
    assert (tmp_path / "archive/c.bin").read_bytes() == b"more"
    assert [path.name for path in out.rglob("*.bin")] == ["link.bin"]
