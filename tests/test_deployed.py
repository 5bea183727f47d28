"""Names of what is deployed: by rule, within AWS's limits, and never one name for two things."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antechamber.declare import Tenant, Workspace, load_workspace
from antechamber.deployed import AREAS, TASKS, TIERS, Names, references_of
from antechamber.examples.retail.workspace import write_workspace

ACCOUNT, REGION = "111122223333", "eu-central-1"
SLUG = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,99}", fullmatch=True)

LIMITS = {
    "bucket": r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "function": r"[A-Za-z0-9_-]{1,64}",
    "role": r"[A-Za-z0-9_+=,.@-]{1,64}",
    "state_machine": r"[A-Za-z0-9_-]{1,80}",
    "queue": r"[A-Za-z0-9_-]{1,80}",
    "topic": r"[A-Za-z0-9_-]{1,256}",
    "stack": r"[A-Za-z][A-Za-z0-9-]{0,127}",
    "database": r"[a-z][a-z0-9_]{0,126}",
    "secret": r"[A-Za-z0-9/_+=.@-]{1,512}",
    "schedule": r"[A-Za-z0-9_.-]{1,64}",
    "key_alias": r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}",
    "log_group": r"[A-Za-z0-9_/.#-]{1,512}",
}
"""What AWS takes as the name of each kind of thing."""


def names(workspace: str = "retail", *tenants: str, environment: str = "prod") -> Names:
    declared = Workspace.model_validate(
        {"workspace": workspace, "tenants": {each: {"key": "env:KEY"} for each in tenants or ("acme", "streamly")}}
    )
    return Names.of(declared, ACCOUNT, REGION, environment)


def all_of(named: Names, tenant: str, connector: str) -> dict[str, list[str]]:
    """Kind → every name of it that a tenant with one connector has."""
    return {
        "bucket": [named.bucket(tenant, area) for area in AREAS],
        "function": [named.function(tenant, task) for task in TASKS],
        "role": [*(named.role(tenant, task) for task in TASKS), named.sender(tenant, connector)],
        "state_machine": [named.state_machine(tenant, connector)],
        "queue": [named.queue(tenant)],
        "topic": [named.topic(tenant)],
        "stack": [named.stack(tier, tenant) for tier in TIERS],
        "database": [named.database(tenant)],
        "secret": [named.secret(tenant, each) for each in ("file:keys/acme.asc", "env:SHOP URL", "file:a b-secret")],
        "schedule": [named.schedule(tenant, connector)],
        "key_alias": [named.key_alias(tenant)],
        "log_group": [named.log_group(tenant, task) for task in (*TASKS, "states")],
    }


@given(SLUG, SLUG, SLUG, st.from_regex(r"[a-z0-9][a-z0-9_-]{0,19}", fullmatch=True))
def test_every_name_is_one_that_aws_takes(workspace: str, tenant: str, connector: str, environment: str) -> None:
    made = all_of(names(workspace, tenant, environment=environment), tenant, connector)
    for kind, found in made.items():
        assert all(re.fullmatch(LIMITS[kind], name) for name in found), (kind, found)


def test_no_two_things_have_one_name() -> None:
    parts = ("a", "a-b", "b", "a_b", "b-a", "a-b-a", "b_a", "x" * 99, "x" * 98)
    seen: dict[tuple[str, str], tuple[str, ...]] = {}
    for workspace, tenant in product(parts, repeat=2):
        named = names(workspace, tenant)
        found: dict[tuple[str, str], tuple[str, ...]] = {
            ("bucket", named.bucket(tenant, "store")): (workspace, tenant),
            ("role", named.role(tenant, "plan")): (workspace, tenant),
            ("database", named.database(tenant)): (workspace, tenant),
            ("stack", named.stack("catalog", tenant)): (workspace, tenant),
        }
        for connector in parts:
            found["machine", named.state_machine(tenant, connector)] = (workspace, tenant, connector)
        for name, whose in found.items():
            assert seen.setdefault(name, whose) == whose


def test_plain_names_are_read_at_a_glance() -> None:
    named = names()
    assert named.bucket("acme", "landing") == "retail-prod-acme-landing-111122223333-eu-central-1"
    assert named.bucket_shared("code") == "retail-prod-code-111122223333-eu-central-1"
    assert named.database("acme") == "retail_prod_acme"
    assert named.secret("acme", "file:keys/acme.key") == "retail/prod/acme/file/keys/acme.key"
    assert named.stack("preparation", "acme") == "antechamber-retail-prod-preparation-acme"
    assert named.function("acme", "commit") == "retail-prod-acme-commit"
    assert named.role("acme", "commit") == "retail-prod-acme-commit-eu-central-1"


def test_a_declared_database_keeps_its_name() -> None:
    declared = Workspace.model_validate(
        {"workspace": "retail", "tenants": {"acme": Tenant(key="env:KEY", database="shop").model_dump()}}
    )
    assert Names.of(declared, ACCOUNT, REGION, "prod").database("acme") == "shop"


@pytest.mark.parametrize(("one", "other"), [("file:a b", "file:a-b"), ("env:A", "file:A"), ("file:a/b", "file:a-b")])
def test_two_references_are_two_secrets(one: str, other: str) -> None:
    assert names().secret("acme", one) != names().secret("acme", other)


def test_a_tenants_references_are_those_of_its_key_and_its_connectors(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    declared = load_workspace(tmp_path)
    assert references_of(declared, "acme") == ["file:keys/acme.key", "file:keys/acme.pgp.asc", "file:keys/orders.url"]
    assert references_of(declared, "streamly") == ["file:keys/streamly.key"]
