"""A connector with a DataBrew recipe, from a CSV file to the published table; and what is told of a bad recipe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import TENANT_KEY, Small

from antechamber.declare.marked import read_marked

SECRET = "arn:aws:secretsmanager:us-east-1:012345678901:secret:hashing"

STEPS: list[dict[str, Any]] = [
    {"Action": {"Operation": "RENAME", "Parameters": {"sourceColumn": "Full Name", "targetColumn": "name"}}},
    {
        "Action": {"Operation": "REMOVE_VALUES", "Parameters": {"sourceColumn": "amount"}},
        "ConditionExpressions": [{"Condition": "LESS_THAN", "Value": "10", "TargetColumn": "amount"}],
    },
    {"Action": {"Operation": "CAPITAL_CASE", "Parameters": {"sourceColumn": "name"}}},
    {
        "Action": {
            "Operation": "MULTIPLY",
            "Parameters": {"sourceColumn1": "amount", "value2": "2", "targetColumn": "doubled"},
        }
    },
    {
        "Action": {
            "Operation": "FORMAT_DATE",
            "Parameters": {"sourceColumn": "born", "targetDateFormat": "month yyyy"},
        }
    },
    {"Action": {"Operation": "CRYPTOGRAPHIC_HASH", "Parameters": {"sourceColumns": '["email"]', "secretId": SECRET}}},
    {"Action": {"Operation": "MOVE_TO_END", "Parameters": {"sourceColumn": "name"}}},
]

CONNECTOR = f"""
connector: members
tenant: acme
source: {{type: landing, path: "landing/members/*.csv", settle: 0}}
recipe:
  file: recipes/members.json
  secrets: {{"{SECRET}": "file:keys/hashing"}}
columns:
  name: {{type: string}}
  email: {{type: string}}
  born: {{type: string}}
  doubled: {{type: decimal}}
table: {{name: members}}
"""

CSV = """Full Name,email,born,amount
ANN LEE,ann@example.com,1990-07-05,10.25
bob ray,bob@example.com,7/6/1991,9.99
cy o'neil,cy@example.com,unknown,11
"""


def _workspace(root: Path, steps: list[dict[str, Any]] = STEPS) -> Small:
    for folder in ("keys", "connectors", "recipes", "store/landing/members"):
        (root / folder).mkdir(parents=True)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants: {acme: {key: "file:keys/acme.key"}}\n')
    (root / "keys/acme.key").write_text(TENANT_KEY)
    (root / "keys/hashing").write_text(base64.b64encode(b"MySecret").decode())
    (root / "connectors/members.yaml").write_text(CONNECTOR)
    (root / "recipes/members.json").write_text(json.dumps(steps, indent=2))
    (root / "store/landing/members/1.csv").write_text(CSV)
    return Small(root, root)


def _hashed(value: str) -> str:
    return base64.b64encode(hmac.new(b"MySecret", value.encode(), hashlib.sha256).digest()).decode()


def _rows(small: Small) -> list[dict[str, Any]]:
    return [
        {**row, "doubled": str(row["doubled"])} for row in sorted(small.rows("members"), key=lambda row: row["name"])
    ]


PUBLISHED = [
    {"name": "Ann Lee", "email": _hashed("ann@example.com"), "born": "July 1990", "doubled": "20.50"},
    {"name": "Cy O'neil", "email": _hashed("cy@example.com"), "born": None, "doubled": "22.00"},
]


def test_a_recipe_is_carried_out_between_the_source_and_the_columns(tmp_path: Path) -> None:
    small = _workspace(tmp_path)
    run = small.json("run", "members")["runs"][0]
    assert (run["read"], run["published"]) == (3, 2)
    assert _rows(small) == PUBLISHED


def test_the_imported_yaml_publishes_the_same(tmp_path: Path) -> None:
    small = _workspace(tmp_path)
    told = small.json("recipe", "import", "recipes/members.json", "--secret", f"{SECRET}=file:keys/hashing")
    assert [each["position"] for each in told["steps"]] == [1, 2, 3, 4, 5, 6]
    assert len(told["notes"]) == 1
    done = small.cli("recipe", "import", "recipes/members.json", "--secret", f"{SECRET}=file:keys/hashing")
    assert done.stdout == told["yaml"]
    assert read_marked("x", done.stdout.encode()).value == {"steps": [each["step"] for each in told["steps"]]}
    head, _, rest = CONNECTOR.partition("recipe:")
    (tmp_path / "connectors/members.yaml").write_text(head + done.stdout + "columns:" + rest.partition("columns:")[2])
    small.json("run", "members")
    assert _rows(small) == PUBLISHED


def test_what_is_wrong_with_a_recipe_is_told_before_any_data_moves(tmp_path: Path) -> None:
    steps = [*STEPS, {"Action": {"Operation": "GROUP_BY"}}, {"Action": {"Operation": "UPERCASE"}}]
    small = _workspace(tmp_path, steps)
    for command in (("check", "--offline"), ("run", "members")):
        done = small.cli(*command)
        assert done.returncode == 1
        assert "step 8 (GROUP_BY): this operation is not supported" in done.stderr
        assert "step 9 (UPERCASE): 'UPERCASE' is not an operation of DataBrew" in done.stderr
        assert "recipes/members.json:" in done.stderr
    assert (tmp_path / "store/landing/members/1.csv").exists()
    refused = small.cli("recipe", "import", "recipes/members.json", "--json")
    assert refused.returncode == 1
    places = [each["where"].partition(": ")[2] for each in json.loads(refused.stdout)["mistakes"]]
    assert places == ["step 8 (GROUP_BY)", "step 9 (UPERCASE)"]


def test_a_column_that_the_recipe_took_away_is_told_at_the_connector(tmp_path: Path) -> None:
    small = _workspace(
        tmp_path, [*STEPS, {"Action": {"Operation": "DELETE", "Parameters": {"sourceColumn": "born"}}}]
    )
    done = small.cli("check", "--offline")
    assert done.returncode == 1
    assert "connectors/members.yaml:" in done.stderr
    assert "the column 'born' is not there any more: recipe (drop) took it away" in done.stderr


def test_a_recipe_that_is_not_there_is_told(tmp_path: Path) -> None:
    small = _workspace(tmp_path)
    (tmp_path / "recipes/members.json").unlink()
    done = small.cli("check", "--offline")
    assert done.returncode == 1
    assert "recipe.file: there is no file 'recipes/members.json'" in done.stderr


def test_what_a_recipe_does_not_change_is_noted(tmp_path: Path) -> None:
    warnings = _workspace(tmp_path).json("check", "--offline")["warnings"]
    assert any("step 7 (MOVE_TO_END) changes nothing" in warning for warning in warnings)
