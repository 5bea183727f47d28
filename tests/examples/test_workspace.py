"""The retail workspace is complete, valid, and has secrets of its own."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from tests.examples.conftest import Example

from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.examples import EXAMPLES, write_example

DECLARATIONS = [
    "antechamber.yaml",
    "connectors/loyalty_members.yaml",
    "connectors/orders.yaml",
    "connectors/viewers.yaml",
    "collaborations/spring-campaign.yaml",
]


def test_the_workspace_loads_and_warns_only_of_what_no_threshold_prevents(example: Example) -> None:
    declared = load_workspace(example.folder)
    assert set(declared.workspace.tenants) == {"acme", "streamly"}
    assert set(declared.connectors) == {"loyalty_members", "orders", "viewers"}
    assert set(declared.collaborations) == {"spring-campaign"}
    assert all("differencing" in warning for warning in declared.warnings), declared.warnings


@pytest.mark.parametrize("path", DECLARATIONS)
def test_every_declaration_is_valid_by_the_schema_that_its_first_line_names(example: Example, path: str) -> None:
    file = example.folder / path
    first = file.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    schema = json.loads((file.parent / first.partition("=")[2]).read_text())
    Draft202012Validator(schema).validate(YAML(typ="safe").load(file))


def test_there_are_no_declarations_but_these(example: Example) -> None:
    written = {str(path.relative_to(example.folder)) for path in example.folder.rglob("*.yaml")}
    assert written == set(DECLARATIONS)


def test_only_the_owner_can_read_the_keys(example: Example) -> None:
    keys = example.folder / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    for name in ("acme.key", "streamly.key", "acme.pgp.asc"):
        assert stat.S_IMODE((keys / name).stat().st_mode) == 0o600, name


def test_each_workspace_and_each_tenant_has_a_key_of_its_own(example: Example, tmp_path: Path) -> None:
    write_example("retail", tmp_path)
    keys = [
        (folder / "keys" / f"{tenant}.key").read_text().strip()
        for folder in (example.folder, tmp_path)
        for tenant in ("acme", "streamly")
    ]
    assert all(len(bytes.fromhex(key)) == 32 for key in keys)
    assert len(set(keys)) == 4
    assert (example.folder / "keys/acme.pgp.asc").read_bytes() != (tmp_path / "keys/acme.pgp.asc").read_bytes()


def test_git_would_not_take_the_keys_nor_the_data(example: Example, tmp_path: Path) -> None:
    write_example("retail", tmp_path)
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "x").write_text("x")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert "antechamber.yaml" in listed
    assert not [path for path in listed if path.startswith(("keys/", "store/"))]


def test_a_workspace_is_never_written_over(tmp_path: Path) -> None:
    write_example("retail", tmp_path)
    key = (tmp_path / "keys/acme.key").read_bytes()
    with pytest.raises(AntechamberError, match="there already"):
        write_example("retail", tmp_path)
    assert (tmp_path / "keys/acme.key").read_bytes() == key


def test_an_unknown_example_is_refused_by_name_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AntechamberError) as caught:
        write_example("wholesale", tmp_path)
    assert "wholesale" in str(caught.value)
    assert all(name in caught.value.remedy for name in EXAMPLES)
