"""`id_namespace:` is checked against the columns that the connector publishes, and named once a tenant."""

from __future__ import annotations

from pathlib import Path

import pytest

from antechamber.declare import load_workspace
from antechamber.errors import DeclarationErrors

CONNECTOR = """\
connector: {name}
tenant: acme
source: {{type: landing, path: landing/{name}/*.csv}}
columns:
  id: {{type: id}}
  email: {{type: email, protect: sha256}}
  zip: {{type: postal_code, country: US, protect: truncate, truncate_to: 3}}
  city: {{type: city, protect: drop}}
table: {{name: {name}}}
id_namespace: {space}
"""


def mistakes(root: Path, *spaces: str) -> str:
    (root / "antechamber.yaml").write_text('workspace: demo\ntenants:\n  acme: {key: "env:KEY"}\n')
    (root / "connectors").mkdir()
    for number, space in enumerate(spaces):
        (root / "connectors" / f"c{number}.yaml").write_text(CONNECTOR.format(name=f"c{number}", space=space))
    with pytest.raises(DeclarationErrors) as refused:
        load_workspace(root)
    return "\n".join(str(each) for each in refused.value.mistakes)


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ("{type: source, id: city}", "id_namespace.id: 'city' is not a published column"),
        ("{type: source, id: zip}", "id_namespace.id: under `protect: truncate` several records get one id"),
        ("{type: origin, id: id}", "id_namespace.type: 'origin' is not a type of ID namespace"),
        ("{type: source, id: id, rules: [{keys: [phone]}]}", "id_namespace.rules[0].keys[0]: no published column"),
        ("{type: source, id: id, rules: [{keys: [postal_code]}]}", "no published column that keeps its values apart"),
        ("{type: source, id: id, rules: [{keys: [email, email]}]}", "'email' is in the list before"),
    ],
)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, space: str, says: str) -> None:
    assert says in mistakes(tmp_path, space)


def test_a_tenant_has_a_namespace_of_a_name_once(tmp_path: Path) -> None:
    space = "{name: ids, type: source, id: id}"
    assert "'acme' has an ID namespace 'ids' before, in connectors/c0.yaml" in mistakes(tmp_path, space, space)
