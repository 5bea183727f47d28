"""Which runs are for Spark: large ones, but for what only functions can open."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.stepwise.executions import LOYALTY, TENANT_KEY, WORKSPACE

from antechamber import stepwise
from antechamber.declare import load_workspace
from antechamber.intent import Intent

PGP = '  decrypt: {pgp: "file:keys/acme.asc"}\n'


@pytest.mark.parametrize(
    ("decrypt", "large", "size"), [("", 1, "large"), ("", 1 << 20, "small"), ("", None, "small"), (PGP, 1, "small")]
)
def test_large_runs_go_to_spark_but_not_what_pgp_sealed(
    tmp_path: Path, decrypt: str, large: int | None, size: str
) -> None:
    for name, text in {
        "antechamber.yaml": WORKSPACE,
        "connectors/loyalty.yaml": LOYALTY.replace(PGP, decrypt),
        "keys/acme.key": TENANT_KEY,
        "keys/acme.asc": "a key that no plan reads",
        "store/landing/loyalty/a.csv": "id,email,points\n1,a@x.test,1\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    planned = stepwise.plan(load_workspace(tmp_path), "loyalty", "e1", Intent(False, None, None), large=large)
    assert (planned["status"], planned["size"], planned["lots"]) == ("work", size, [{"lot": 0}])
