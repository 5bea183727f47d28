"""What a collaboration's declarations ask for: one resource after the other, in the order in which they are made.

Bodies are what the API calls them (botocore, model `cleanrooms`), but for names: members stand for their accounts and
templates for their ARNs, which are known only once they are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antechamber.catalog import namespace
from antechamber.collaborate.api import wire
from antechamber.declare import Declarations
from antechamber.declare.collaboration import AccessBudget, Collaboration
from antechamber.declare.share import Share

ABILITIES = {"query": "CAN_QUERY", "receive": "CAN_RECEIVE_RESULTS"}

ORDER = (
    "collaboration", "membership", "table", "association", "template", "rule", "association rule", "privacy budget",
    "access budget",
)  # fmt: skip
"""Kinds of resources, each after what it needs."""


@dataclass(frozen=True)
class Resource:
    """One resource of a collaboration.

    kind: one of ORDER. owner: the member whose it is. name: what people call it, once in its kind and owner.
    body: what is compared. connector: whose table it is about, or "".
    """

    kind: str
    owner: str
    name: str
    body: Mapping[str, Any]
    connector: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells resources apart."""
        return self.kind, self.owner, self.name


def wanted(declared: Declarations, name: str) -> list[Resource]:
    """Everything that tenants of this workspace have in a collaboration, in the order of ORDER."""
    room = declared.collaborations[name]
    tenants = [member for member in room.members if member in declared.workspace.tenants]
    found: list[Resource] = []
    if room.made_by in tenants:
        found.append(Resource("collaboration", room.made_by, name, _collaboration(room)))
    found += [Resource("membership", tenant, name, _membership(room, tenant)) for tenant in tenants]
    found += _tables(declared, name)
    for title, template in room.templates.items():
        parameters = [
            {"name": each, "type": said.type} | ({} if said.default is None else {"defaultValue": said.default})
            for each, said in template.parameters.items()
        ]
        body = {"format": "SQL", "source": {"text": template.sql}, "analysisParameters": parameters}
        found.append(Resource("template", template.author, title, body | {"description": template.description}))
    for budget in room.privacy:
        body = {
            "autoRefresh": "CALENDAR_MONTH" if budget.refresh == "monthly" else "NONE",
            "privacyBudgetType": "DIFFERENTIAL_PRIVACY",
            "parameters": {
                "differentialPrivacy": {"epsilon": budget.epsilon, "usersNoisePerQuery": budget.noise},
            },
        }
        found.append(Resource("privacy budget", budget.member, name, body))
    return sorted(found, key=lambda each: ORDER.index(each.kind))


def table_name(collaboration: str, shared: str) -> str:
    """What the configured table of a share is called: it is of one collaboration, as its rule is."""
    return f"{collaboration}_{shared}".replace("-", "_")


def _collaboration(room: Collaboration) -> dict[str, Any]:
    return {
        "description": room.description or room.collaboration,
        "queryLogStatus": _on(room.query_log),
        "members": {
            name: sorted(ABILITIES[ability] for ability in member.abilities) for name, member in room.members.items()
        },
    }


def _membership(room: Collaboration, tenant: str) -> dict[str, Any]:
    body: dict[str, Any] = {"queryLogStatus": _on(room.query_log)}
    place = room.members[tenant].results
    if place is not None:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        s3 = {"resultFormat": "PARQUET", "bucket": bucket, "keyPrefix": prefix.rstrip("/")}
        body["results"] = {key: value for key, value in s3.items() if value}
    return body


def _on(said: bool) -> str:
    return "ENABLED" if said else "DISABLED"


def _tables(declared: Declarations, collaboration: str) -> Iterator[Resource]:
    for connector in declared.connectors.values():
        database = namespace(connector.tenant, declared.workspace.tenants[connector.tenant])
        for share in connector.share:
            if share.collaboration != collaboration:
                continue
            shared = share.name or connector.table.name
            budget = declared.collaborations[collaboration].access.get(shared)
            if budget is not None:
                yield Resource("access budget", connector.tenant, shared, _access(budget), connector.connector)
            yield from _share(share, connector.tenant, shared, database, connector.table.name, connector.connector)


def _access(budget: AccessBudget) -> dict[str, Any]:
    limits: list[dict[str, Any]] = []
    if budget.uses is not None:
        kind, refresh = f"CALENDAR_{(budget.per or '').upper()}", "ENABLED" if budget.renew else "DISABLED"
        limits.append({"type": kind, "budget": budget.uses, "autoRefresh": refresh})
    if budget.lifetime is not None:
        limits.append({"type": "LIFETIME", "budget": budget.lifetime})
    return {"budgetParameters": limits}


def _share(share: Share, tenant: str, shared: str, database: str, table: str, connector: str) -> Iterator[Resource]:
    rule = share.rule.only
    reference = {"glue": {"databaseName": database, "tableName": table}}
    configured = {
        "tableReference": reference,
        "allowedColumns": sorted(share.columns),
        "analysisMethod": "DIRECT_QUERY",
    }
    yield Resource("table", tenant, table_name(share.collaboration, shared), configured, connector)
    yield Resource("association", tenant, shared, {"table": table_name(share.collaboration, shared)}, connector)
    policy = wire.policy_of(rule)
    yield Resource("rule", tenant, shared, {"type": wire.kind_of(policy), "policy": policy}, connector)
    if share.collaboration_rule is not None:
        said = wire.collaboration_policy_of(share.collaboration_rule, wire.kind_of(policy))
        yield Resource("association rule", tenant, shared, {"type": wire.kind_of(policy), "policy": said}, connector)
