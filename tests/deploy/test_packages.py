"""What is sent to AWS: declarations without secrets, and wheels that an installer takes."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from tests.deploy.workspaces import plain

from antechamber.declare import load_workspace
from antechamber.deploy.bundling import bundle
from antechamber.deploy.packages import extras_of, requirements
from antechamber.deploy.wheels import product, remade


def test_the_bundle_holds_declarations_and_no_secret(tmp_path: Path) -> None:
    declared = plain(tmp_path)
    for secret in (tmp_path / "keys").iterdir():
        assert secret.is_file()
    key, content = bundle(declared)
    assert key == f"workspace/{hashlib.sha256(content).hexdigest()}.zip"
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert {name.split("/")[0] for name in names} == {"antechamber.yaml", "connectors", "collaborations"}
    again = bundle(load_workspace(tmp_path))
    assert again == (key, content), "the same files give the same bytes"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path / "there")
    assert load_workspace(tmp_path / "there").connectors == declared.connectors


def test_wheels_made_again_from_installed_packages_are_taken_by_an_installer(tmp_path: Path) -> None:
    site = Path(sysconfig.get_paths()["purelib"])
    found = [product()]
    for name in ("obstore", "jinja2", "markupsafe"):
        (info,) = site.glob(f"{name}-*.dist-info")
        found.append(remade(site, info))
    for name, content in found:
        (tmp_path / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--no-index", "--no-deps", "--target", tmp_path / "there",
         *(tmp_path / name for name, _ in found)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there" / "antechamber" / "deploy" / "handlers.py").is_file()
    asked = subprocess.run(
        [sys.executable, "-S", "-c", "import obstore, jinja2; print(obstore.__file__)"],
        env={"PYTHONPATH": str(tmp_path / "there")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert str(tmp_path) in asked.stdout, asked.stderr


def test_a_deployment_brings_what_its_sources_need_and_not_what_others_do() -> None:
    extras = extras_of(["landing", "postgresql"])
    wanted = " ".join(requirements(extras))
    assert "adbc-driver-postgresql" in wanted and "boto3" in wanted and "polars" in wanted
    assert "aws-cdk-lib" not in wanted and "pymysql" not in wanted
