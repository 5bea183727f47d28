"""A small workspace with everything in it: sealed dirty CSV, gzipped JSON Lines, an upsert and an append table."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.declare import load_workspace

TENANT_KEY = "00112233445566778899aabbccddeeff" * 2

ANTECHAMBER = """
workspace: small
tenants:
  acme: {key: "file:keys/acme.key"}
  streamly: {key: "file:keys/streamly.key"}
"""

LOYALTY = """
connector: loyalty
tenant: acme
source:
  type: landing
  path: landing/loyalty/*.csv.pgp
  settle: 0
  decrypt: {pgp: "file:keys/acme.asc"}
columns:
  customer_id: {type: id}
  email: {type: email, protect: sha256}
  phone: {type: phone, protect: sha256, region: US}
  tier: {type: string, one_of: [gold, silver, bronze]}
  signup_date: {type: date, format: "%m/%d/%Y"}
  ltv: {type: decimal, precision: 12, scale: 2}
table: {name: loyalty, mode: upsert, key: customer_id}
share:
  - collaboration: spring
    columns: [email, tier]
    rule:
      aggregation:
        aggregate: [{columns: [email], function: COUNT DISTINCT}]
        join: [email]
        dimensions: [tier]
        minimum: {column: email, count: 10}
"""

EVENTS = """
connector: events
tenant: streamly
source:
  type: landing
  path: landing/events/*.jsonl.gz
  settle: 0
columns:
  email: {type: email, protect: sha256}
  campaign: {type: string}
  seconds: {type: integer}
table: {name: events, mode: append}
share:
  - collaboration: spring
    columns: [email, campaign, seconds]
    rule:
      aggregation:
        aggregate: [{columns: [email], function: COUNT DISTINCT}, {columns: [seconds], function: SUM}]
        join: [email]
        dimensions: [campaign]
        minimum: {column: email, count: 10}
"""

SPRING = """
collaboration: spring
members:
  acme: {abilities: [query, receive]}
  streamly: {}
"""


@dataclass
class Small:
    """The workspace, its raw values, and the ways a user has to work with it."""

    root: Path
    pgp_home: Path
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)

    def cli(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in a process of its own."""
        return subprocess.run(
            [sys.executable, "-m", "antechamber", *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command that succeeds with --json and give its one object."""
        done = self.cli(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        parsed: dict[str, Any] = json.loads(done.stdout)
        return parsed

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The published rows of a table, in an order of their own."""
        declared = load_workspace(self.root)
        catalog = open_catalog(declared.workspace, declared.root)
        for tenant, owner in declared.workspace.tenants.items():
            if catalog.table_exists((namespace(tenant, owner), table)):
                rows = catalog.load_table((namespace(tenant, owner), table)).scan().to_arrow().to_pylist()
                return sorted(rows, key=lambda row: tuple(str(value) for value in row.values()))
        return []

    @property
    def layout(self) -> Layout:
        """Where the workspace keeps things."""
        declared = load_workspace(self.root)
        return Layout.of(declared.workspace, declared.root)

    def files(self, *parts: str) -> list[str]:
        """The files below a folder of the store, as relative paths."""
        folder = self.root.joinpath("store", *parts)
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    def seal(self, plain: bytes, to: Path) -> None:
        """PGP-encrypt to acme's key."""
        to.parent.mkdir(parents=True, exist_ok=True)
        gpg = ["gpg", "--homedir", str(self.pgp_home), "--batch", "--yes", "--trust-model", "always"]
        encrypt = ["--recipient", "acme@example.test", "--output", str(to), "--encrypt"]
        subprocess.run([*gpg, *encrypt], input=plain, check=True)

    def drop_loyalty(self, name: str, first: int, count: int, *, seed: int) -> None:
        """A dirty export of members first … first + count - 1, sealed."""
        chance = random.Random(seed)
        lines = ["customer_id,email,phone,tier,signup_date,ltv,notes"]
        for number in range(first, first + count):
            email = f"Member.{number}@{chance.choice(['Example', 'example', 'EXAMPLE'])}.test"
            phone = f"+1 ({chance.choice(['206', '415', '212'])}) {chance.randint(200, 999)}-{number % 10_000:04d}"
            self.emails.append(email)
            self.phones.append(phone)
            date = (
                "02/30/2024" if number % 50 == 7 else f"{chance.randint(1, 12):02d}/{chance.randint(1, 28):02d}/2024"
            )
            tier = "unobtainium" if number % 70 == 9 else chance.choice(["gold", "silver", "bronze"])
            notes = '"said ""hi""\nand left"' if number % 11 == 0 else ""
            lines.append(f" {number} ,  {email} ,{phone},{tier},{date},{chance.randint(0, 99999) / 100:.2f},{notes}")
            if number % 90 == 13:
                lines.append(f"{number},too,few")
            if number % 40 == 5:
                lines.append(f"{number},{email},{phone},gold,01/01/2020,1.00,again")
        self.seal(("\ufeff" + "\n".join(lines) + "\n").encode(), self.root / "store/landing/loyalty" / name)

    def drop_events(self, name: str, count: int, *, seed: int) -> None:
        """Events of members, spelled in other ways, one malformed."""
        chance = random.Random(seed)
        lines = [
            json.dumps(
                {
                    "email": f"<MEMBER.{chance.randint(0, 1500)}@example.test>",
                    "campaign": chance.choice(["spring", "autumn"]),
                    "seconds": chance.randint(1, 600),
                }
            )
            for _ in range(count)
        ]
        lines.insert(3, '{"email": "cut off')
        path = self.root / "store/landing/events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("\n".join(lines).encode()))


@pytest.fixture(scope="session")
def pgp_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A GnuPG home with acme's key pair."""
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run([*gpg, "--quick-generate-key", "acme <acme@example.test>", "rsa2048", "encr"], check=True)
    subprocess.run([*gpg, "--armor", "--output", str(home / "acme.asc"), "--export-secret-keys"], check=True)
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def make_small(root: Path, pgp_home: Path) -> Small:
    """The workspace without any data."""
    texts = {
        "antechamber.yaml": ANTECHAMBER,
        "connectors/loyalty.yaml": LOYALTY,
        "connectors/events.yaml": EVENTS,
        "collaborations/spring.yaml": SPRING,
        "keys/acme.key": TENANT_KEY,
        "keys/streamly.key": TENANT_KEY[::-1],
        "keys/acme.asc": (pgp_home / "acme.asc").read_text(),
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip())
    for folder in ("loyalty", "events"):
        (root / "store/landing" / folder).mkdir(parents=True)
    return Small(root, pgp_home)


@pytest.fixture
def small(tmp_path: Path, pgp_home: Path) -> Small:
    """The workspace with two loyalty exports and one of events in landing."""
    workspace = make_small(tmp_path / "ws", pgp_home)
    workspace.drop_loyalty("2026-11-22.csv.pgp", 0, 900, seed=1)
    workspace.drop_loyalty("2026-11-23.csv.pgp", 700, 800, seed=2)
    workspace.drop_events("a.jsonl.gz", 1200, seed=3)
    return workspace
