"""Every example of the documentation works as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)")


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of each fenced block."""
    return FENCE.findall(page.read_text())


def test_the_start_page_leads_from_an_empty_folder_to_the_answer_that_it_prints(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = ""
    for language, text in blocks(ROOT / "docs/start.md"):
        if language == "yaml":
            name, _, content = text.partition("\n")
            (tmp_path / name.removeprefix("# file: ")).write_text(content)
        elif language == "sh":
            done = subprocess.run(
                ["bash", "-eu", "-o", "pipefail", "-c", text],
                cwd=tmp_path,
                env={**os.environ, "PATH": path, "COLUMNS": "160"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
            said = done.stdout
        elif language == "text":
            expected = [cell.strip() for cell in text.strip().split("|")]
            rows = [re.findall(r"\w+", line) for line in said.splitlines()]
            assert expected in rows, said
            assert not [row for row in rows if row and row[0] in ("gold", "bronze")]
    assert (tmp_path / "store/tenants/shop/tables/customers/data").is_dir()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


# docs/extending.md names a source that is not installed here: tests/test_extending.py runs it.
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "extending.md"], ids=lambda page: str(page.relative_to(ROOT))
)
def test_connector_examples_are_connectors(page: Path, tmp_path: Path) -> None:
    from antechamber.declare import Connector, load_workspace

    for number, (language, text) in enumerate(blocks(page)):
        if language != "yaml" or not re.search(r"^connector: ", text, re.MULTILINE):
            continue
        root = tmp_path / str(number)
        (root / "connectors").mkdir(parents=True)
        (root / "collaborations").mkdir()
        tenant = re.search(r"^tenant: (\S+)", text, re.MULTILINE)
        assert tenant is not None, text
        (root / "antechamber.yaml").write_text(
            f'workspace: docs\ntenants:\n  {tenant[1]}: {{key: "env:K"}}\n  partner: {{key: "env:K"}}\n'
        )
        (root / "connectors/example.yaml").write_text(text)
        for name in re.findall(r"collaboration: (\S+)", text):
            (root / f"collaborations/{name}.yaml").write_text(
                f"collaboration: {name}\nmembers:\n  {tenant[1]}: {{}}\n  partner: {{abilities: [query, receive]}}\n"
            )
        assert all(isinstance(each, Connector) for each in load_workspace(root).connectors.values())
