"""What a landing zone offers to be read, and what it leaves alone and says so."""

from __future__ import annotations

import json
import os
import random
import re
import time
from pathlib import Path

import pytest
from tests.connect.landing import NOTHING, drop, ids, landing, progress, reasons

from antechamber.connect.pattern import compiled, depth, split
from antechamber.errors import SourceError


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.csv", "x.csv xé.csv a-b.csv x.y.csv", "x.CSV x.csv.gz a/x.csv _x.csv .x.csv xcsv"),
        ("x-*.csv", "x-.csv x-1.csv x-_.csv", "y-1.csv x-/1.csv"),
        ("**/x.csv", "x.csv a/x.csv a/b/x.csv", "_a/x.csv a/.b/x.csv ax.csv a/x.csv/y"),
        ("a/**/b/*.csv", "a/b/x.csv a/q/b/x.csv a/q/r/b/x.csv", "b/x.csv a/x.csv a/_q/b/x.csv"),
        ("**", "x a/x a/b/x", "_x a/_x a/.b/x"),
        ("**/**/**", "x a/x a/b/c/x", "_x"),
        ("*/x", "a/x", "x a/b/x _a/x .a/x"),
        ("x?.csv", "x1.csv xé.csv", "x.csv x12.csv x/.csv"),
        ("?.csv", "x.csv", "_.csv ..csv"),
        ("x[0-9a].csv", "x1.csv xa.csv", "xb.csv x.csv"),
        ("x[!0-9].csv", "xa.csv", "x1.csv x/.csv"),
        ("x[^0-9].csv", "xa.csv", "x1.csv"),
        ("x[]].csv", "x].csv", "x.csv"),
        ("x[[]1].csv", "x[1].csv", "x1.csv"),
        ("x[1.csv", "x[1.csv", "x1.csv"),
        ("_x*", "_x _xy", "x .x"),
        (".x*", ".xy", "x"),
        ("x.c+v", "x.c+v", "x.ccv"),
        ("a**b", "ab axb", "a/b"),
        ("dt=*/part-*", "dt=2026-11-22/part-0", "dt=1/_part-0 dt=1/q/part-0"),
    ],
)
def test_a_pattern_means_these_names_and_not_those(pattern: str, yes: str, no: str) -> None:
    names = compiled(pattern)
    assert [name for name in yes.split() if not names.fullmatch(name)] == []
    assert [name for name in no.split() if names.fullmatch(name)] == []


def test_patterns_without_hidden_names_agree_with_a_plain_reading_of_them() -> None:
    dice = random.Random(11)
    for _ in range(2000):
        pattern = "/".join(
            dice.choice(["a", "b*", "*", "**", "?", "[ab]", "a*b"]) for _ in range(dice.randrange(1, 4))
        )
        name = "/".join(
            "".join(dice.choice("ab") for _ in range(dice.randrange(1, 3))) for _ in range(dice.randrange(1, 5))
        )
        assert bool(compiled(pattern).fullmatch(name)) == _means(pattern.split("/"), name.split("/")), (pattern, name)


def _means(pattern: list[str], name: list[str]) -> bool:
    if not pattern or not name:
        return not pattern and not name
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(name)
        return _means(pattern[1:], name) or _means(pattern, name[1:])
    return _part(pattern[0], name[0]) and _means(pattern[1:], name[1:])


def _part(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*").replace("?", "."), name) is not None


@pytest.mark.parametrize(
    ("path", "fixed", "pattern", "reach"),
    [
        ("in/loyalty/*.csv", "in/loyalty", "*.csv", 0),
        ("in/*/x/*.csv", "in", "*/x/*.csv", 2),
        ("in/**/*.csv", "in", "**/*.csv", None),
        ("in/x.csv", "in", "x.csv", 0),
        ("*.csv", "", "*.csv", 0),
        ("in/", "in", "*", 0),
    ],
)
def test_a_path_is_a_fixed_folder_and_a_pattern(path: str, fixed: str, pattern: str, reach: int | None) -> None:
    assert split(path) == (fixed, pattern)
    assert depth(pattern) == reach


def test_files_are_listed_by_name_with_their_size(tmp_path: Path) -> None:
    for name, size in (("b.csv", 3), ("a.csv", 2), ("c/d.csv", 1), ("empty.csv", 0)):
        drop(tmp_path / "in", name, b"x" * size)
    listing = landing(tmp_path, "in/**/*.csv").list(NOTHING)
    assert [(each.id, each.size) for each in listing.partitions] == [
        ("a.csv", 2),
        ("b.csv", 3),
        ("c/d.csv", 1),
        ("empty.csv", 0),
    ]
    assert listing.done == ()
    assert listing.skipped == ()
    assert all(isinstance(value, str) for each in listing.partitions for value in each.fingerprint.values())
    json.dumps([dict(each.fingerprint) for each in listing.partitions])


@pytest.mark.parametrize("form", ["absolute", "url", "relative", "up"])
def test_a_path_may_be_relative_absolute_or_a_url(form: str, tmp_path: Path) -> None:
    store = tmp_path / "store"
    folder = store / "in put" / "50%25#x"
    drop(folder, "x.csv")
    path = {
        "absolute": f"{folder}/*.csv",
        "url": f"{folder.as_uri()}/*.csv",
        "relative": "in put/50%25#x/*.csv",
        "up": "../store/in put/50%25#x/*.csv",
    }[form]
    source = landing(store, path)
    assert ids(source.list(NOTHING)) == ["x.csv"]
    with source.open(source.list(NOTHING).partitions[0]) as stream:
        assert stream.read() == b"a,b\n"


def test_hidden_names_are_passed_over_unless_the_pattern_spells_them_out(tmp_path: Path) -> None:
    for name in ("x.csv", "_x.csv", ".x.csv", "_tmp/x.csv", "a/.b/x.csv", "a/x.csv"):
        drop(tmp_path / "_in", name)
    assert ids(landing(tmp_path, "_in/**/*.csv").list(NOTHING)) == ["a/x.csv", "x.csv"]
    assert ids(landing(tmp_path, "_in/_*.csv").list(NOTHING)) == ["_x.csv"]
    assert ids(landing(tmp_path, "_in/_x.csv").list(NOTHING)) == ["_x.csv"]


def test_unfinished_uploads_are_left_alone(tmp_path: Path) -> None:
    names = ["x.csv.part", "x.csv.tmp", "x.csv.FILEPART", "x.csv.partial", "x.csv.crdownload"]
    for name in [*names, "x.csv"]:
        drop(tmp_path, name)
    listing = landing(tmp_path, "*").list(NOTHING)
    assert ids(listing) == ["x.csv"]
    assert reasons(listing) == dict.fromkeys(names, "its name says that it is still being uploaded")


def test_a_file_that_changed_a_moment_ago_waits(tmp_path: Path) -> None:
    drop(tmp_path, "old.csv", age=3)
    drop(tmp_path, "new.csv", age=0)
    drop(tmp_path, "wrong-clock.csv", age=-86400)
    listing = landing(tmp_path, "*.csv").list(NOTHING)
    assert ids(listing) == ["old.csv", "wrong-clock.csv"]
    assert reasons(listing) == {"new.csv": "it changed a moment ago and may still be growing"}
    assert ids(landing(tmp_path, "*.csv", settle=0).list(NOTHING)) == ["new.csv", "old.csv", "wrong-clock.csv"]
    assert ids(landing(tmp_path, "*.csv", settle=60).list(NOTHING)) == ["wrong-clock.csv"]


def test_what_an_earlier_commit_took_in_is_done_until_it_changes(tmp_path: Path) -> None:
    source = landing(tmp_path, "*.csv")
    drop(tmp_path, "a.csv")
    drop(tmp_path, "b.csv")
    before = progress(source.list(NOTHING))
    again = source.list(before)
    assert (ids(again), [each.id for each in again.done]) == ([], ["a.csv", "b.csv"])
    assert ids(source.list(before, full=True)) == ["a.csv", "b.csv"]
    assert source.list(before, full=True).done == ()

    drop(tmp_path, "b.csv", b"new,content\n", age=100)
    drop(tmp_path, "c.csv")
    changed = source.list(before)
    assert (ids(changed), [each.id for each in changed.done]) == (["b.csv", "c.csv"], ["a.csv"])

    drop(tmp_path, "a.csv", b"c,d\n", age=100)  # the same size at another time
    assert ids(source.list(before)) == ["a.csv", "b.csv", "c.csv"]


def test_a_marker_beside_each_file_says_that_it_is_complete(tmp_path: Path) -> None:
    source = landing(tmp_path, "in/**", marker="{name}.done")
    drop(tmp_path / "in", "a.csv")
    drop(tmp_path / "in", "q/b.csv")
    drop(tmp_path / "in", "q/b.csv.done", b"")
    listing = source.list(NOTHING)
    assert ids(listing) == ["q/b.csv"]
    assert reasons(listing) == {"a.csv": "its marker a.csv.done is not there"}


def test_a_marker_for_a_folder_counts_for_all_below_it(tmp_path: Path) -> None:
    source = landing(tmp_path, "in/**/*.csv", marker="_SUCCESS")
    for name in ("day=1/a.csv", "day=1/h=1/b.csv", "day=2/c.csv", "d.csv"):
        drop(tmp_path / "in", name)
    assert ids(source.list(NOTHING)) == []
    drop(tmp_path / "in", "day=1/_SUCCESS", b"")
    assert ids(source.list(NOTHING)) == ["day=1/a.csv", "day=1/h=1/b.csv"]
    drop(tmp_path / "in", "_SUCCESS", b"")
    assert ids(source.list(NOTHING)) == ["d.csv", "day=1/a.csv", "day=1/h=1/b.csv", "day=2/c.csv"]


def test_a_marker_of_yesterday_says_nothing_about_a_file_of_today(tmp_path: Path) -> None:
    source = landing(tmp_path, "*.csv", marker="_SUCCESS")
    drop(tmp_path, "_SUCCESS", b"", age=86400)
    drop(tmp_path, "x.csv", age=60)
    assert reasons(source.list(NOTHING)) == {"x.csv": "its marker _SUCCESS is older than the file"}
    drop(tmp_path, "_SUCCESS", b"", age=30)
    assert ids(source.list(NOTHING)) == ["x.csv"]


@pytest.mark.parametrize("marker", ["", "{name}", "a/b"])
def test_a_marker_that_could_be_the_file_itself_is_refused(marker: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="_SUCCESS"):
        landing(tmp_path, "*.csv", marker=marker)


@pytest.mark.parametrize(
    "text",
    [
        "a.csv\nq/b.csv\n",
        "\ufeffa.csv\r\n\r\n  q/b.csv  \r\n",
        '["a.csv", "q/b.csv"]',
        '{"files": ["a.csv", {"name": "q/b.csv"}]}',
        '{"files": [{"name": "./a.csv", "size": 4}, {"name": "q/b.csv", "size": 4, "md5": "?"}], "by": "us"}',
    ],
)
def test_a_manifest_says_which_files_are_read(text: str, tmp_path: Path) -> None:
    for name in ("a.csv", "q/b.csv", "c.csv"):
        drop(tmp_path, name)
    source = landing(tmp_path, "**/*.csv", manifest="manifest.txt")
    assert reasons(source.list(NOTHING)) == dict.fromkeys(
        ["a.csv", "c.csv", "q/b.csv"], "the manifest manifest.txt is not there"
    )
    drop(tmp_path, "manifest.txt", text.encode())
    listing = source.list(NOTHING)
    assert ids(listing) == ["a.csv", "q/b.csv"]
    assert reasons(listing) == {"c.csv": "the manifest does not list it"}


def test_nothing_is_read_until_all_that_the_manifest_lists_is_there(tmp_path: Path) -> None:
    drop(tmp_path, "in/a.csv")
    drop(tmp_path, "in/MANIFEST", b'{"files": [{"name": "a.csv", "size": 4}, {"name": "b.csv", "size": 9}]}')
    source = landing(tmp_path, "in/*.csv", manifest="MANIFEST")
    assert reasons(source.list(NOTHING)) == {"a.csv": "the manifest lists b.csv, which is not there"}
    drop(tmp_path, "in/b.csv")
    reason = "the manifest says that b.csv has 9 bytes, and it has 4"
    assert reasons(source.list(NOTHING)) == {"a.csv": reason, "b.csv": reason}
    drop(tmp_path, "in/b.csv", b"123456789")
    assert ids(source.list(NOTHING)) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    "text",
    [
        b"[1]",
        b'{"files": 7}',
        b'{"entries": []}',
        b'["a.csv"',
        b"\xff\xfe\x00",
        b'[{"name": "a", "size": "4"}]',
        b"[" * 99_999,
    ],
)
def test_a_manifest_that_cannot_be_read_is_an_error(text: bytes, tmp_path: Path) -> None:
    drop(tmp_path, "in/a.csv")
    drop(tmp_path, "in/manifest.json", text)
    with pytest.raises(SourceError) as said:
        landing(tmp_path, "in/*.csv", manifest="manifest.json").list(NOTHING)
    assert said.value.where == "in/manifest.json"
    assert said.value.what == "the manifest cannot be read"


@pytest.mark.parametrize("name", ["../b.csv", "/etc/passwd", "q/../../b.csv"])
def test_a_manifest_cannot_name_what_lies_outside(name: str, tmp_path: Path) -> None:
    drop(tmp_path, "in/a.csv")
    drop(tmp_path, "in/manifest", name.encode())
    with pytest.raises(SourceError, match="outside its folder"):
        landing(tmp_path, "in/*.csv", manifest="manifest").list(NOTHING)


def test_a_folder_that_is_not_there_is_an_error_and_an_empty_one_is_fine(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as said:
        landing(tmp_path, "in/*.csv").list(NOTHING)
    assert (said.value.where, said.value.what) == ("in", "there is no such folder")
    assert not (tmp_path / "in").exists()
    (tmp_path / "in").write_text("a file")
    with pytest.raises(SourceError) as said:
        landing(tmp_path, "in/*.csv").list(NOTHING)
    assert (said.value.where, said.value.what) == ("in", "this is not a folder")
    (tmp_path / "in").unlink()
    (tmp_path / "in").mkdir()
    assert landing(tmp_path, "in/*.csv").list(NOTHING).partitions == ()
    with pytest.raises(SourceError, match=re.escape("write in/* or a pattern")):
        landing(tmp_path, "in").list(NOTHING)


def test_links_pipes_and_names_that_no_log_can_show_are_left_alone(tmp_path: Path) -> None:
    secret = drop(tmp_path, "secret.csv")
    folder = tmp_path / "in"
    drop(folder, "x.csv")
    drop(folder, "new\nline.csv")
    drop(folder, os.fsdecode(b"caf\xe9.csv"))
    (folder / "link.csv").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.csv")
    listing = landing(tmp_path, "in/**/*.csv", settle=0).list(NOTHING)
    assert ids(listing) == ["x.csv"]
    assert reasons(listing) == {
        "caf\\udce9.csv": "its name has control characters or is not UTF-8",
        "link.csv": "it is a symbolic link, which could point anywhere",
        "new\\nline.csv": "its name has control characters or is not UTF-8",
        "pipe.csv": "it is not a regular file",
    }


def test_the_landing_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    drop(tmp_path / "disk2", "x.csv")
    (tmp_path / "in").symlink_to(tmp_path / "disk2")
    assert ids(landing(tmp_path, "in/*.csv").list(NOTHING)) == ["x.csv"]


def test_ten_thousand_files_are_listed_in_a_second_or_so(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05}.csv").write_bytes(b"")
    started = time.perf_counter()
    listing = landing(tmp_path, "*.csv", settle=0).list(NOTHING)
    assert len(listing.partitions) == 10_000
    assert time.perf_counter() - started < 5
