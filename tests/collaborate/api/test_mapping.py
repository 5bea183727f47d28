"""An ID mapping table through the API: two declared namespaces, matched, asked, and taken up after a stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.more_stages import referring
from tests.collaborate.api.premises import (
    TENANTS,
    Pair,
    custom,
    finished,
    lay_out,
    paired,
    publish,
    s3,
    serving,
    share,
    table_of,
)

from antechamber.catalog import open_catalog
from antechamber.declare import Declarations, load_workspace

CONNECTOR = """\
connector: {name}
tenant: {tenant}
source: {{type: landing, path: landing/{name}/*.csv}}
columns:
  id: {{type: id}}
  email: {{type: email, protect: sha256}}
  phone: {{type: phone, protect: sha256, region: US}}
  {more}: {{type: string}}
table: {{name: {name}}}
id_namespace: {{type: {kind}, id: id, rules: [{{keys: [email]}}, {{keys: [phone]}}]}}
"""


@pytest.fixture
def declared(tmp_path: Path) -> Declarations:
    root = tmp_path / "workspace"
    root.mkdir()
    lay_out(root)
    for name, tenant, kind, more in (("crm", "acme", "source", "tier"), ("views", "streamly", "target", "plan")):
        text = CONNECTOR.format(name=name, tenant=tenant, kind=kind, more=more)
        (root / "connectors" / f"{name}.yaml").write_text(text)
    declared = load_workspace(root)
    catalog = open_catalog(declared.workspace, root)
    numbers = range(20)
    publish(
        catalog,
        "acme",
        "crm",
        {
            "id": [f"a{n:02}" for n in numbers],
            "email": [f"e{n}" if n < 10 else None for n in numbers],
            "phone": [f"p{n}" for n in numbers],
            "tier": ["gold", "silver"] * 10,
        },
    )
    publish(
        catalog,
        "streamly",
        "views",
        {
            "id": [f"s{n:02}" for n in numbers],
            "email": [f"e{n}" if n < 5 else None for n in numbers],
            "phone": [f"p{n}" if n > 15 else "other" for n in numbers],
            "plan": ["basic", "max"] * 10,
        },
    )
    return declared


def mapping_of(pair: Pair) -> dict[str, Any]:
    """A mapping table between the two namespaces; not populated."""
    for client, own, tenant, name in (
        (pair.acme, pair.ours, "acme", "crm"),
        (pair.streamly, pair.theirs, "streamly", "views"),
    ):
        arn = f"arn:aws:entityresolution:us-east-1:{TENANTS[tenant]}:idnamespace/{name}"
        client.create_id_namespace_association(
            membershipIdentifier=own, name=name, inputReferenceConfig=referring(arn)
        )
    workflow = f"arn:aws:entityresolution:us-east-1:{TENANTS['acme']}:idmappingworkflow/crm-to-views"
    made = pair.acme.create_id_mapping_table(
        membershipIdentifier=pair.ours, name="idmt", inputReferenceConfig=referring(workflow)
    )["idMappingTable"]
    return {"membershipIdentifier": pair.ours, "idMappingTableIdentifier": made["id"]}


def ready(pair: Pair) -> bool:
    """Whether the mapping table is populated, within a while."""
    for _ in range(200):
        schema = pair.streamly.get_schema(collaborationIdentifier=pair.collaboration, name="idmt")["schema"]
        if schema["schemaStatusDetails"][0]["status"] == "READY":
            return True
        time.sleep(0.05)
    return False


def answered(pair: Pair, root: Path, sql: str) -> list[str]:
    """The lines of an answer to acme, without the head."""
    asked = pair.acme.start_protected_query(
        type="SQL",
        membershipIdentifier=pair.ours,
        sqlParameters={"queryString": sql},
        resultConfiguration=s3(),
    )["protectedQuery"]
    over = finished(pair.acme, pair.ours, asked["id"])
    assert over["status"] == "SUCCESS"
    place: str = over["result"]["output"]["s3"]["location"]
    return (root / "results" / place.removeprefix("s3://")).read_text().split()[1:]


OVERLAP = "FROM crm JOIN idmt ON crm.id = idmt.source_id JOIN views ON views.id = idmt.target_id"


def test_two_namespaces_are_matched_and_their_mapping_is_asked_under_its_rule(declared: Declarations) -> None:
    with serving(declared) as premises:
        pair = paired(premises)
        policy = custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]])
        share(pair.acme, pair.ours, table_of("acme", "crm", "id", "tier"), "crm", policy)
        share(pair.streamly, pair.theirs, table_of("streamly", "views", "id", "plan"), "views", policy)
        mapping = mapping_of(pair)
        pair.acme.populate_id_mapping_table(**mapping)
        assert ready(pair)
        found = answered(pair, declared.root, f"SELECT crm.id, views.id AS other {OVERLAP}")
        assert sorted(found) == [f'"a{n:02}","s{n:02}"' for n in (0, 1, 2, 3, 4, 16, 17, 18, 19)]
        for refused in ("SELECT COUNT(*) FROM idmt", f"SELECT target_id {OVERLAP}"):
            with pytest.raises(ClientError, match="idmt"):
                answered(pair, declared.root, refused)


def test_a_table_that_waited_when_the_server_stopped_is_populated_by_the_next(declared: Declarations) -> None:
    with serving(declared) as premises:
        pair = paired(premises)
        mapping = mapping_of(pair)
        premises.server.runner.end()
        pair.acme.populate_id_mapping_table(**mapping)
    with serving(declared) as premises:
        pair.streamly = premises.client("streamly")
        assert ready(pair)
