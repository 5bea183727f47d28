"""The catalog: what is said when its file is no catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from antechamber.catalog import open_catalog
from antechamber.declare import load_workspace
from antechamber.errors import CatalogError
from antechamber.operate.log import as_ours


def damaged(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


@pytest.mark.parametrize("spoil", [damaged, Path.mkdir])
def test_a_file_that_is_no_catalog_is_named_with_what_to_do(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    (tmp_path / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:k"}\n')
    spoil(tmp_path / "catalog.db")
    with pytest.raises(CatalogError) as refused:
        open_catalog(load_workspace(tmp_path).workspace, tmp_path)
    assert refused.value.where == str(tmp_path / "catalog.db")
    assert refused.value.remedy and "unexpected" not in str(refused.value)


def test_a_catalog_that_is_damaged_while_it_is_open_is_no_defect_of_ours(tmp_path: Path) -> None:
    (tmp_path / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:k"}\n')
    catalog = open_catalog(load_workspace(tmp_path).workspace, tmp_path)
    damaged(tmp_path / "catalog.db")
    with pytest.raises(Exception) as raised:
        catalog.list_namespaces()
    ours = as_ours(raised.value, where="acme/loyalty")
    assert isinstance(ours, CatalogError) and "not a database" in ours.what
