"""The profile tells what a table is like, what changed, and who stands alone; of a person it tells nothing."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.servers.browser import browser

from antechamber import pipeline
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.profile import Profile, page, profile
from antechamber.profile.drift import stability

__all__ = ["browser"]

WORKSPACE = """
workspace: w
tenants: {acme: {key: "file:keys/k"}, streamly: {key: "file:keys/k"}}
"""
CONNECTOR = """
connector: members
tenant: acme
source: {type: landing, path: "in/*.csv", settle: 0}
columns:
  id: {type: id}
  email: {type: email, protect: sha256}
  tier: {type: string}
  age: {type: integer}
  spend: {type: decimal, precision: 12, scale: 2}
  joined: {type: date}
table: {name: members, mode: append}
share:
  - collaboration: spring
    columns: [email, tier, age]
    rule:
      aggregation:
        aggregate: [{columns: [email], function: COUNT DISTINCT}]
        join: [email]
        dimensions: [tier, age]
        minimum: {column: email, count: 10}
"""
SPRING = """
collaboration: spring
members: {acme: {abilities: [query, receive]}, streamly: {}}
"""
MARKUP = "<script>alert(1)</script>"


class Club:
    """A workspace with one connector, and members that join by file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in {
            "antechamber.yaml": WORKSPACE,
            "keys/k": "0123456789abcdef" * 4,
            "connectors/members.yaml": CONNECTOR,
            "collaborations/spring.yaml": SPRING,
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text.lstrip())
        (root / "store/in").mkdir(parents=True)

    def join(self, name: str, rows: list[str]) -> None:
        (self.root / "store/in" / name).write_text("id,email,tier,age,spend,joined\n" + "\n".join(rows) + "\n")
        assert pipeline.run(load_workspace(self.root), "members").status == "succeeded"

    def profile(self) -> Profile:
        return profile(load_workspace(self.root), "members")


def rows(count: int, *, seed: int, tiers: tuple[str, ...], first: int = 0) -> list[str]:
    chance = random.Random(seed)
    return [
        f"{n},m{n}@x.org,{chance.choice(tiers)},{chance.randint(20, 59)},{chance.expovariate(0.01):.2f},2024-01-05"
        for n in range(first, first + count)
    ]


def test_each_column_s_facts_are_those_of_the_table(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.join(
        "a.csv",
        [
            *(f"{n},m{n % 30}@x.org,gold,{20 + n % 2},{n}.50,2024-01-0{1 + n % 9}" for n in range(40)),
            *(f"{n},nobody,rare,,,2024-01-01" for n in range(40, 43)),
        ],
    )
    found = {each.name: each for each in club.profile().columns}
    assert (found["email"].records, found["email"].present, found["email"].distinct) == (43, 40, 30)
    assert found["email"].filled == pytest.approx(40 / 43)
    assert club.profile().reasons["email"] == {"not an e-mail address": 3}
    assert found["tier"].top == {"gold": 40}, "a value of three records could be somebody's own"
    assert found["age"].top == {"20": 20, "21": 20}
    spread, histogram = found["spend"].spread, found["spend"].histogram
    assert spread is not None and histogram is not None
    assert (spread.least, spread.most, spread.mean) == (0.5, 39.5, 20.0)
    assert sum(histogram.counts) == 40 and histogram.outside == 0
    joined = found["joined"].histogram
    assert joined is not None and sum(joined.counts) == 43


def test_no_value_of_an_identity_or_key_is_in_it(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.join("a.csv", ["7,ann@x.org,gold,30,1.00,2024-01-01"] * 50)
    made = club.profile()
    for text in (json.dumps(made.as_json()), page(made)):
        assert "ann@" not in text
    found = {each.name: each for each in made.columns}
    assert not found["email"].top and not found["id"].top and found["id"].spread is None


def test_drift_is_told_against_the_run_before(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.join("a.csv", rows(500, seed=1, tiers=("gold", "silver")))
    assert club.profile().against == "" and club.profile().drift == ()
    club.join("b.csv", rows(500, seed=2, tiers=("gold", "silver"), first=500))
    assert [each.column for each in club.profile().drift if each.said] == []
    club.join("c.csv", [row.replace("@", " at ") for row in rows(2000, seed=3, tiers=("platinum",), first=1000)])
    said = {each.column: " ".join(each.said) for each in club.profile().drift if each.said}
    assert set(said) == {"email", "tier"}
    assert "filled 100% before, 33% now" in said["email"] and "distributed otherwise" in said["tier"]


def test_the_stability_index_is_the_one_of_the_books() -> None:
    assert stability([10, 10], [10, 10]) == 0
    assert stability([999_999, 499_999], [499_999, 999_999]) == pytest.approx(2 / 3 * math.log(2), abs=1e-5)
    assert stability([], []) is None and stability([0, 0], [1, 1]) is None


def test_small_cells_are_counted_over_the_readable_columns_of_a_share(tmp_path: Path) -> None:
    club = Club(tmp_path)
    alike = [f"{n},m{n}@x.org,gold,30,1,2024-01-01" for n in range(20)]
    three = [f"{n},m{n}@x.org,gold,31,1,2024-01-01" for n in range(20, 23)]
    club.join("a.csv", [*alike, *three, "99,z@x.org,silver,77,1,2024-01-01"])
    (cells,) = club.profile().cells
    assert (cells.collaboration, cells.columns, cells.records) == ("spring", ("tier", "age"), 24)
    assert (cells.groups, cells.smallest) == (3, 1)
    assert cells.below == {2: 1, 5: 4, 10: 4, 50: 24}


def test_many_different_values_are_counted_within_a_percent(tmp_path: Path) -> None:
    club = Club(tmp_path)
    club.join("a.csv", [f"{n},m{n}@x.org,gold,30,1,2024-01-01" for n in range(300_000)])
    found = {each.name: each for each in club.profile().columns}
    assert found["email"].distinct == pytest.approx(300_000, rel=0.01)


def test_the_command_line_tells_it_and_writes_the_page(tmp_path: Path) -> None:
    club = Club(tmp_path)
    with pytest.raises(AntechamberError, match="nothing is published yet"):
        club.profile()
    club.join("a.csv", rows(100, seed=1, tiers=("gold",)))
    command = [sys.executable, "-m", "antechamber", "profile", "members"]
    done = subprocess.run([*command, "--html", "p.html"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "100 records" in done.stdout and "gold 100%" in done.stdout and "are unique" in done.stdout
    assert (tmp_path / "p.html").read_text().startswith("<!DOCTYPE html>")
    told = subprocess.run([*command, "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["records"] == 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_shows_the_page_whole_in_light_and_dark_and_on_a_phone(
    tmp_path: Path, browser: Browser, scheme: str, width: int
) -> None:
    club = Club(tmp_path)
    club.join("a.csv", rows(300, seed=1, tiers=("gold", "silver", MARKUP)))
    club.join("b.csv", rows(900, seed=2, tiers=("gold",), first=300))
    path = tmp_path / "profile.html"
    path.write_text(page(club.profile()))
    dark = scheme == "dark"
    view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
    said: list[str] = []
    asked: list[str] = []
    view.on("console", lambda message: said.append(message.text))
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("dialog", lambda dialog: said.append(dialog.message))
    view.on("request", lambda request: asked.append(request.url))
    view.goto(path.as_uri())
    assert (said, [url for url in asked if not url.startswith(("file:", "data:"))]) == ([], [])
    assert view.evaluate("document.documentElement.scrollWidth") <= width, "nothing is beside the screen"
    assert view.locator("article").count() == 6
    assert view.get_by_text(MARKUP).is_visible(), "markup of the data is text"
    bars = view.locator("svg").first.locator("rect")
    boxes = [bars.nth(n).bounding_box() for n in range(bars.count())]
    assert len(boxes) >= 2 and all(box is not None and box["width"] > 1 for box in boxes)
    colours = view.evaluate("(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))")
    ink, paper = (sum(int(part) for part in colour[4:-1].split(",")) for colour in colours)
    assert (ink < paper) is (not dark) and abs(ink - paper) > 400, "it can be read"
    view.close()
