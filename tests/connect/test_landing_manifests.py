"""A manifest by a glob: every export has its own, and each is complete for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, drop, ids, landing, progress, reasons

from antechamber.errors import SourceError


def manifest(root: Path, name: str, *files: str, age: float = 3600) -> None:
    """A manifest as Adobe Experience Platform writes it."""
    listed = [{"sinkPath": "/out", "name": each, "size": 4} for each in files]
    drop(root, name, json.dumps({"flowRunId": "r", "exportResults": listed}).encode(), age=age)


def test_each_export_waits_for_its_own_files(tmp_path: Path) -> None:
    manifest(tmp_path, "in/manifest-1.json", "a.csv", "b.csv")
    manifest(tmp_path, "in/manifest-2.json", "c.csv", "d.csv")
    for name in ("a", "b", "c", "e"):
        drop(tmp_path, f"in/{name}.csv")
    listing = landing(tmp_path, "in/*.csv", manifest="manifest-*.json").list(NOTHING)
    assert ids(listing) == ["a.csv", "b.csv"]
    assert reasons(listing) == {
        "c.csv": "the manifest lists d.csv, which is not there",
        "e.csv": "no manifest manifest-*.json lists it yet",
    }
    assert all(skipped.incomplete for skipped in listing.skipped), "a table that is replaced waits for them"


def test_a_file_that_two_manifests_list_is_read_when_one_of_them_is_complete(tmp_path: Path) -> None:
    manifest(tmp_path, "in/manifest-1.json", "a.csv")
    manifest(tmp_path, "in/manifest-2.json", "a.csv", "b.csv")
    drop(tmp_path, "in/a.csv")
    assert ids(landing(tmp_path, "in/*.csv", manifest="manifest-*.json").list(NOTHING)) == ["a.csv"]


def test_a_manifest_that_is_still_being_written_does_not_count(tmp_path: Path) -> None:
    drop(tmp_path, "in/a.csv")
    drop(tmp_path, "in/manifest-1.json", b'{"exportRes', age=0)
    listing = landing(tmp_path, "in/*", manifest="manifest-*.json", settle=60).list(NOTHING)
    assert ids(listing) == [] and reasons(listing) == {"a.csv": "the manifest manifest-*.json is not there"}
    drop(tmp_path, "in/manifest-1.json", b'{"exportRes')
    with pytest.raises(SourceError, match="the manifest cannot be read"):
        landing(tmp_path, "in/*", manifest="manifest-*.json").list(NOTHING)


def test_what_was_taken_in_and_put_away_is_not_waited_for(tmp_path: Path) -> None:
    manifest(tmp_path, "in/manifest-1.json", "a.csv", "b.csv")
    drop(tmp_path, "in/a.csv")
    drop(tmp_path, "in/b.csv")
    source = landing(tmp_path, "in/*.csv", manifest="manifest-*.json")
    before = progress(source.list(NOTHING))
    (tmp_path / "in/a.csv").unlink()
    drop(tmp_path, "in/b.csv", b"new\n", age=600)
    assert ids(source.list(before)) == ["b.csv"]
    assert ids(source.list(NOTHING)) == []
