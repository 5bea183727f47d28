"""The match forecast counts what a join would find, and a sketch tells sizes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.forecast import gain, keys_of, notes_on, open_side, overlap, read_sketch, sketch, sketched_overlap
from antechamber.forecast.gain import HELD, Distinct
from antechamber.forecast.sketch import KEYS_A_REGISTER, Sketch, write_sketch

CONNECTOR = """
connector: NAME
tenant: TENANT
source: {type: landing, path: "NAME/*.csv", settle: 0, after: AFTER}
columns:
  id: {type: id}
  email: {type: email, protect: sha256}
  phone: {type: phone, protect: sha256, region: US}
  zip: {type: postal_code}
table: {name: NAME, mode: append}
"""


class Two:
    """A workspace of two companies that have some people in common."""

    def __init__(self, root: Path, after: str = "archive") -> None:
        self.root = root
        texts = {
            "antechamber.yaml": 'workspace: w\ntenants:\n  acme: &key {key: "file:keys/k"}\n  streamly: *key\n',
            "keys/k": "0123456789abcdef" * 4,
        }
        for name, tenant in (("members", "acme"), ("viewers", "streamly")):
            text = CONNECTOR.replace("NAME", name).replace("TENANT", tenant).replace("AFTER", after)
            texts[f"connectors/{name}.yaml"] = text
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def publish(self, name: str, rows: list[tuple[str, str, str]]) -> None:
        folder = self.root / "store" / name
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{number},{email},{phone},{zip}" for number, (email, phone, zip) in enumerate(rows)]
        (folder / "a.csv").write_text("id,email,phone,zip\n" + "\n".join(lines) + "\n")
        assert pipeline.run(load_workspace(self.root), name).status == "succeeded"

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "antechamber", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)


def phone(number: int) -> str:
    return f"206555{number:04d}"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    made = Two(tmp_path)
    made.publish(
        "members",
        [
            ("Ann@x.org", phone(1), "98101"),
            ("ann@x.org ", phone(1), "98101"),
            ("bob@x.org", phone(2), "98102"),
            ("", phone(3), "98103"),
            ("eve@x.org", "", "98104"),
            ("", "", "98105"),
        ],
    )
    made.publish(
        "viewers",
        [
            ("ANN@x.org", "+1 (206) 555-0001", "98101"),
            ("bob@x.org", phone(9), "10001"),
            ("zoe@x.org", "206-555-0003", "98103"),
            ("", "", ""),
        ],
    )
    return made


def test_records_are_counted_as_a_join_would_find_them(two: Two) -> None:
    declared = load_workspace(two.root)
    left, right = open_side(declared, "members"), open_side(declared, "viewers")
    keys = keys_of(left.connector, right.connector)
    assert [key.name for key in keys] == ["email", "phone", "email+phone"]
    found = {each.key: each for each in overlap(left, right, keys, scratch=two.root / "scratch")}
    email, phones, together, some = found.values()
    assert (email.left.records, email.left.distinct, email.left.matched, email.both) == (4, 3, 3, 2)
    assert (email.right.records, email.right.matched) == (3, 2)
    assert (phones.left.matched, phones.right.matched, phones.both) == (3, 2, 2)
    assert (together.left.records, together.left.matched, together.both) == (3, 2, 1)
    assert (some.left.matched, some.right.matched, some.left.of) == (4, 3, 6)
    assert some.left.rate == pytest.approx(4 / 6)
    assert not list((two.root / "scratch").iterdir())


def test_chosen_keys_may_have_other_names_and_parts(two: Two) -> None:
    declared = load_workspace(two.root)
    left, right = open_side(declared, "members"), open_side(declared, "viewers")
    (key,) = keys_of(left.connector, right.connector, ["phone+zip"])
    (found, _) = overlap(left, right, [key], scratch=two.root / "scratch")
    assert (found.key, found.both) == ("phone+zip", 2)
    with pytest.raises(AntechamberError, match="'mail' is not a published column"):
        keys_of(left.connector, right.connector, ["email=mail"])


def test_what_preparation_gained_is_told_also_of_archived_files(two: Two) -> None:
    assert not (two.root / "store/members/a.csv").exists(), "archived by the run"
    declared = load_workspace(two.root)
    keys = keys_of(declared.connectors["members"], declared.connectors["viewers"])
    email, phones, _ = gain(declared, "members", "viewers", keys)
    assert (email.raw, email.both, email.share) == (1, 2, 1.0)
    assert (phones.raw, phones.both) == (0, 2)


def test_keys_that_cannot_be_equal_are_told(two: Two) -> None:
    path = two.root / "connectors/viewers.yaml"
    path.write_text(path.read_text().replace("{type: email, protect: sha256}", "{type: id, protect: sha256}"))
    declared = load_workspace(two.root)
    left, right = declared.connectors["members"], declared.connectors["viewers"]
    (key, *_) = keys_of(left, right)
    assert notes_on(key, left, right) == ["email: type is email here and id there"]


@pytest.mark.parametrize("common", [0, 500, 4000])
def test_a_sketch_forecasts_the_overlap_within_its_bounds(tmp_path: Path, common: int) -> None:
    two = Two(tmp_path, after="leave")
    two.publish("members", [(f"m{n}@x.org", "", "") for n in range(6000)])
    two.publish("viewers", [(f"m{n}@x.org", "", "") for n in range(6000 - common, 12000 - common)])
    declared = load_workspace(tmp_path)
    made = []
    for name in ("members", "viewers"):
        side = open_side(declared, name)
        made.append(sketch(side, keys_of(side.connector, None, ["email"]), "shared"))
        write_sketch(made[-1], tmp_path / f"{name}.json", keyed=True)
    theirs = read_sketch(tmp_path / "viewers.json", keyed=True)
    assert theirs == made[1]
    (found,) = sketched_overlap(made[0], theirs)
    assert (found.left.distinct, found.right.distinct) == (6000, 6000)
    assert found.least <= common <= found.most
    assert found.most - found.least < 6000


def test_a_sketch_holds_nothing_from_which_a_key_follows(tmp_path: Path) -> None:
    two = Two(tmp_path)
    two.publish("members", [(f"m{n}@x.org", "", "") for n in range(4000)])
    side = open_side(load_workspace(tmp_path), "members")
    made = sketch(side, keys_of(side.connector, None, ["email"]), "")
    registers = made.keys["email"].registers
    assert len(registers) < 4000 / KEYS_A_REGISTER + 100, "a register stands for sixteen people or more"
    other = sketch(side, keys_of(side.connector, None, ["email"]), "secret")
    assert other.keys["email"].registers != registers


def test_a_sketch_of_few_people_is_refused(two: Two) -> None:
    side = open_side(load_workspace(two.root), "members")
    with pytest.raises(AntechamberError, match="fewer than 1,000 would tell who they are"):
        sketch(side, keys_of(side.connector, None), "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": "x"}',
        '{"format": "antechamber sketch 1", "name": "a", "records": 1, "keyed": false, "keys": {"email": '
        '{"records": 1, "distinct": 1, "registers": "AAAA"}}}',
    ],
)
def test_what_is_no_sketch_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(AntechamberError, match="this is not a sketch"):
        read_sketch(path, keyed=False)


def test_sketches_with_and_without_a_secret_are_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    write_sketch(Sketch("a", 1, {}), path, keyed=True)
    with pytest.raises(AntechamberError, match="made with a secret"):
        read_sketch(path, keyed=False)
    with pytest.raises(AntechamberError, match="no key in common"):
        sketched_overlap(read_sketch(path, keyed=True), read_sketch(path, keyed=True))


def test_more_values_than_are_held_are_estimated_from_a_share() -> None:
    import polars as pl

    chance = random.Random(1)
    values = [str(chance.getrandbits(64)) for _ in range(3 * HELD)]
    a, b = Distinct(), Distinct()
    a.add(pl.Series(values[: 2 * HELD]))
    b.add(pl.Series(values[HELD:]))
    assert a.share < 1 and len(a._hashes) <= HELD
    assert len(a) == pytest.approx(2 * HELD, rel=0.01)
    assert a.in_common(b) == pytest.approx(HELD, rel=0.01)


def test_the_command_line_forecasts(two: Two) -> None:
    answer: dict[str, Any] = json.loads(two.cli("match", "members", "viewers", "--raw", "--json").stdout)
    assert [(each["key"], each["both"]) for each in answer["keys"]] == [
        ("email", 2), ("phone", 2), ("email+phone", 1), ("any of these", None),
    ]  # fmt: skip
    assert [(each["raw"], each["both"]) for each in answer["gain"]] == [(1, 2), (0, 2), (0, 1)]
    shown = two.cli("match", "members", "viewers", "--raw").stdout
    assert "any of these" in shown and "66.7%" in shown and "gained" in shown
    refused = two.cli("sketch", "members", "-o", "s.json")
    assert refused.returncode == 1 and "would tell who they are" in refused.stderr
    assert two.cli("match", "members", "nobody").returncode == 1


def test_the_command_line_compares_with_a_partner_s_sketch(tmp_path: Path) -> None:
    two = Two(tmp_path)
    for name in ("members", "viewers"):
        two.publish(name, [(f"m{n}@x.org", "", "") for n in range(1500)])
    (tmp_path / "keys/shared").write_text("between us")
    made = two.cli("sketch", "viewers", "--key", "email", "--secret", "file:keys/shared", "-o", "partner.json")
    assert made.returncode == 0, made.stderr
    arguments = ("match", "members", "partner.json", "--key", "email", "--secret", "file:keys/shared", "--json")
    (found,) = json.loads(two.cli(*arguments).stdout)["keys"]
    assert found["most"] == 1500 and found["least"] <= found["both"] <= found["most"]
    assert "the sketch was made with a secret" in two.cli("match", "members", "partner.json", "--key", "email").stderr
