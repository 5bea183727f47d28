"""What is there: a collaboration as its members' accounts see it, in the words of `wanted`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antechamber.collaborate.share.clients import FAULTS, Clients, told
from antechamber.collaborate.share.names import by_name
from antechamber.collaborate.share.wanted import Resource
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError

TAG = "antechamber:workspace"
"""The tag of what is ours: what another tool or person made is never touched."""


@dataclass
class Found:
    """What is there.

    collaboration: its id, None when it is not there or nobody was invited.
    memberships: tenant → id. ids: the key of a resource → its id. templates: name → ARN.
    """

    collaboration: str | None = None
    memberships: dict[str, str] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    ids: dict[tuple[str, str, str], str] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)

    def add(self, resource: Resource, identifier: str) -> None:
        """Take note of a resource and what the API calls it."""
        self.resources.append(resource)
        self.ids[resource.key] = identifier


def look(declared: Declarations, name: str, clients: Clients) -> Found:
    """Ask the API. Raises AntechamberError when it fails, or two collaborations of the name are there."""
    try:
        return _Look(declared, name, clients).found()
    except FAULTS as error:
        raise told(error, where=f"collaboration {name}") from None


def joined(
    declared: Declarations, name: str, tenant: str, clients: Clients, *, templates: bool
) -> tuple[str | None, Mapping[str, str]]:
    """A tenant's membership, None without one; and, where they are asked for, all templates: name → ARN.

    Raises AntechamberError as `look` does.
    """
    try:
        api = clients.of(tenant)
        seat = _seat(declared, name, clients, api)
        if seat is None or "membershipId" not in seat:
            return None, {}
        listed = (
            pages(
                api,
                "list_collaboration_analysis_templates",
                "collaborationAnalysisTemplateSummaries",
                collaborationIdentifier=seat["id"],
            )
            if templates
            else ()
        )
        return seat["membershipId"], {each["name"]: each["arn"] for each in listed}
    except FAULTS as error:
        raise told(error, where=f"collaboration {name}") from None


def _seat(declared: Declarations, name: str, clients: Clients, api: Any) -> Mapping[str, Any] | None:
    """The collaboration as a tenant sees it, None where it is not there."""
    creator = clients.accounts[declared.collaborations[name].made_by]
    alike = [
        each
        for each in pages(api, "list_collaborations", "collaborationList")
        if each["name"] == name and each["creatorAccountId"] == creator
    ]
    if len(alike) > 1:
        raise AntechamberError(
            f"account {creator} has {len(alike)} collaborations of this name",
            where=f"collaboration {name}",
            remedy="leave or delete all but one of them",
        )
    return alike[0] if alike else None


class _Look:
    def __init__(self, declared: Declarations, name: str, clients: Clients) -> None:
        self._declared, self._name, self._clients = declared, name, clients
        self._room = declared.collaborations[name]
        self._tenants = [each for each in self._room.members if each in declared.workspace.tenants]
        self._found = Found()

    def found(self) -> Found:
        for tenant in self._tenants:
            self._membership(tenant, self._clients.of(tenant))
        # Templates first: rules of every member may name any of them.
        for tenant, membership in self._found.memberships.items():
            self._templates(tenant, membership)
        for tenant in self._tenants:
            self._tables(tenant, self._clients.of(tenant))
        for tenant, membership in self._found.memberships.items():
            self._budgets(tenant, membership)
        return self._found

    def _membership(self, tenant: str, api: Any) -> None:
        mine = _seat(self._declared, self._name, self._clients, api)
        if mine is None:
            return
        self._found.collaboration = mine["id"]
        if self._room.made_by == tenant:
            whole = api.get_collaboration(collaborationIdentifier=mine["id"])["collaboration"]
            members = {
                each["displayName"]: sorted(each["abilities"])
                for each in pages(api, "list_members", "memberSummaries", collaborationIdentifier=mine["id"])
                if each["status"] in ("INVITED", "ACTIVE")
            }
            body = {
                "description": whole.get("description", ""),
                "queryLogStatus": whole["queryLogStatus"],
                "members": members,
            }
            self._found.add(Resource("collaboration", tenant, self._name, body), mine["id"])
        if "membershipId" in mine:
            found = api.get_membership(membershipIdentifier=mine["membershipId"])["membership"]
            body = {"queryLogStatus": found["queryLogStatus"]}
            output = found.get("defaultResultConfiguration", {}).get("outputConfiguration", {})
            if "s3" in output:
                body["results"] = {key: output["s3"][key] for key in _RESULTS if key in output["s3"]}
            self._found.memberships[tenant] = found["id"]
            self._found.add(Resource("membership", tenant, self._name, body), found["id"])

    def _templates(self, tenant: str, membership: str) -> None:
        api = self._clients.of(tenant)
        summaries = pages(
            api, "list_analysis_templates", "analysisTemplateSummaries", membershipIdentifier=membership
        )
        for each in summaries:
            found = api.get_analysis_template(membershipIdentifier=membership, analysisTemplateIdentifier=each["id"])[
                "analysisTemplate"
            ]
            self._found.templates[found["name"]] = found["arn"]
            body = {key: found[key] for key in _TEMPLATE if key in found}
            if self._ours(api, found["arn"]):
                self._found.add(Resource("template", tenant, found["name"], body), found["id"])

    def _tables(self, tenant: str, api: Any) -> None:
        prefix = f"{self._name}_".replace("-", "_")
        tables: dict[str, str] = {}
        for each in pages(api, "list_configured_tables", "configuredTableSummaries"):
            if not each["name"].startswith(prefix) or not self._ours(api, each["arn"]):
                continue
            found = api.get_configured_table(configuredTableIdentifier=each["id"])["configuredTable"]
            tables[found["id"]] = found["name"]
            body = {key: found[key] for key in _TABLE if key in found}
            body["allowedColumns"] = sorted(body["allowedColumns"])
            self._found.add(Resource("table", tenant, found["name"], body), found["id"])
            for kind in found.get("analysisRuleTypes", ()):
                rule = api.get_configured_table_analysis_rule(
                    configuredTableIdentifier=found["id"], analysisRuleType=kind
                )["analysisRule"]
                body = {"type": kind, "policy": self._named(rule["policy"])}
                self._found.add(Resource("rule", tenant, found["name"].removeprefix(prefix), body), found["id"])
        if tenant in self._found.memberships:
            self._associations(tenant, api, tables)

    def _associations(self, tenant: str, api: Any, tables: Mapping[str, str]) -> None:
        membership = self._found.memberships[tenant]
        listed = pages(
            api,
            "list_configured_table_associations",
            "configuredTableAssociationSummaries",
            membershipIdentifier=membership,
        )
        for each in listed:
            if each["configuredTableId"] not in tables:
                continue
            found = api.get_configured_table_association(
                configuredTableAssociationIdentifier=each["id"], membershipIdentifier=membership
            )["configuredTableAssociation"]
            body = {"table": tables[found["configuredTableId"]]}
            self._found.add(Resource("association", tenant, found["name"], body), found["id"])
            for kind in found.get("analysisRuleTypes", ()):
                rule = api.get_configured_table_association_analysis_rule(
                    membershipIdentifier=membership,
                    configuredTableAssociationIdentifier=found["id"],
                    analysisRuleType=kind,
                )["analysisRule"]
                said = {"type": kind, "policy": self._named(rule["policy"])}
                self._found.add(Resource("association rule", tenant, found["name"], said), found["id"])

    def _budgets(self, tenant: str, membership: str) -> None:
        api = self._clients.of(tenant)
        listed = pages(
            api, "list_privacy_budget_templates", "privacyBudgetTemplateSummaries", membershipIdentifier=membership
        )
        for each in listed:
            if not self._ours(api, each["arn"]):
                continue
            found = api.get_privacy_budget_template(
                membershipIdentifier=membership, privacyBudgetTemplateIdentifier=each["id"]
            )["privacyBudgetTemplate"]
            if each["privacyBudgetType"] == "ACCESS_BUDGET":
                self._access(tenant, found)
                continue
            body = {key: found[key] for key in _BUDGET if key in found}
            self._found.add(Resource("privacy budget", tenant, self._name, body), found["id"])

    def _access(self, tenant: str, found: Mapping[str, Any]) -> None:
        """An access budget, by the name of its table; one whose table is gone has its own id for a name."""
        said = found["parameters"]["accessBudget"]
        association = said["resourceArn"].rpartition("/")[2]
        names = {
            identifier: name
            for (kind, owner, name), identifier in self._found.ids.items()
            if kind == "association" and owner == tenant
        }
        limits = [
            {key: each[key] for key in _LIMIT if key in each and (key, each["type"]) != ("autoRefresh", "LIFETIME")}
            for each in said["budgetParameters"]
        ]
        name = names.get(association, found["id"])
        self._found.add(Resource("access budget", tenant, name, {"budgetParameters": limits}), found["id"])

    def _ours(self, api: Any, arn: str) -> bool:
        tags = api.list_tags_for_resource(resourceArn=arn)["tags"]
        return bool(tags.get(TAG) == self._declared.workspace.workspace)

    def _named(self, policy: Any) -> Any:
        return by_name(policy, self._clients.accounts, self._found.templates)


_RESULTS = ("resultFormat", "bucket", "keyPrefix")
_TEMPLATE = ("format", "source", "analysisParameters", "description")
_TABLE = ("tableReference", "allowedColumns", "analysisMethod")
_LIMIT = ("type", "budget", "autoRefresh")
_BUDGET = ("autoRefresh", "privacyBudgetType", "parameters")


def pages(api: Any, operation: str, member: str, **given: Any) -> Iterator[Mapping[str, Any]]:
    """The items of all pages of an operation's answer."""
    for page in api.get_paginator(operation).paginate(**given):
        items: Sequence[Mapping[str, Any]] = page[member]
        yield from items
