"""Carrying out a plan: one call after the other; whatever stops it, the next plan begins where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from antechamber.collaborate.share.clients import FAULTS, Clients, told
from antechamber.collaborate.share.found import TAG, Found
from antechamber.collaborate.share.names import by_api
from antechamber.collaborate.share.plan import Change, Plan
from antechamber.collaborate.share.role import ensure_role, remove_role, role_arn
from antechamber.collaborate.share.wanted import Resource, table_name
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError

Tell = Callable[[Change], None]


def apply(
    plan: Plan, declared: Declarations, clients: Clients, found: Found, tell: Tell = lambda change: None
) -> None:
    """Do what the plan says, in its order. tell: is given each change when it is done.

    Raises AntechamberError when a change is blocked (nothing is done then) or the API refuses one.
    """
    if plan.blocked:
        first = plan.blocked[0]
        raise AntechamberError(
            first.reason, where=f"collaboration {plan.collaboration}: {first.resource.kind}", remedy="see the plan"
        )
    work = _Apply(declared, plan.collaboration, clients, found)
    sharing = {each.resource.owner for each in plan.changes if each.resource.kind == "association"}
    for tenant in sorted(sharing - {each.resource.owner for each in plan.changes if _leaves(each)}):
        ensure_role(declared, clients, tenant, plan.collaboration)
    for change in plan.changes:
        try:
            work.carry_out(change)
        except FAULTS as error:
            where = f"collaboration {plan.collaboration}: {change.resource.kind} {change.resource.name}"
            raise told(error, where=f"{where} of {change.resource.owner}") from None
        tell(change)
    for change in plan.changes:
        if _leaves(change):
            remove_role(declared, clients, change.resource.owner, plan.collaboration)


def _leaves(change: Change) -> bool:
    return change.action == "remove" and change.resource.kind == "membership"


class _Apply:
    def __init__(self, declared: Declarations, name: str, clients: Clients, found: Found) -> None:
        self._declared, self._name, self._clients, self._found = declared, name, clients, found
        self._room = declared.collaborations[name]
        self._tags = {TAG: declared.workspace.workspace}

    def carry_out(self, change: Change) -> None:
        each = change.resource
        verb = each.kind.replace(" ", "_")
        api = self._clients.of(each.owner)
        if change.action in ("replace", "remove"):
            getattr(self, f"_remove_{verb}")(api, each)
            self._found.ids.pop(each.key, None)
        if change.action in ("replace", "create"):
            self._found.ids[each.key] = getattr(self, f"_create_{verb}")(api, each)
        elif change.action == "change":
            getattr(self, f"_change_{verb}")(api, each, {one.field.partition(".")[0] for one in change.differences})

    def _policy(self, each: Resource) -> Any:
        return by_api(each.body["policy"], self._clients.accounts, self._found.templates)

    def _member(self, each: Resource) -> str:
        try:
            return self._found.memberships[each.owner]
        except KeyError:
            raise AntechamberError(
                f"{each.owner} has not joined",
                where=f"collaboration {self._name}",
                remedy="run antechamber share again",
            ) from None

    def _id(self, kind: str, owner: str, name: str) -> str:
        return self._found.ids[kind, owner, name]

    # The collaboration and its memberships

    def _create_collaboration(self, api: Any, each: Resource) -> str:
        members = {name: abilities for name, abilities in each.body["members"].items() if name != each.owner}
        made = api.create_collaboration(
            name=each.name,
            description=each.body["description"],
            creatorDisplayName=each.owner,
            creatorMemberAbilities=each.body["members"][each.owner],
            creatorPaymentConfiguration=self._pays(each.owner),
            members=[
                {
                    "accountId": self._clients.accounts[name],
                    "displayName": name,
                    "memberAbilities": abilities,
                    "paymentConfiguration": self._pays(name),
                }
                for name, abilities in members.items()
            ],
            queryLogStatus=each.body["queryLogStatus"],
            tags=self._tags,
        )["collaboration"]
        self._found.collaboration = made["id"]
        return str(made["id"])

    def _pays(self, member: str) -> Mapping[str, Any]:
        return {"queryCompute": {"isResponsible": member == self._room.querier}}

    def _change_collaboration(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_collaboration(
            collaborationIdentifier=self._found.collaboration, description=each.body["description"]
        )

    def _remove_collaboration(self, api: Any, each: Resource) -> None:
        api.delete_collaboration(collaborationIdentifier=self._found.ids[each.key])

    def _create_membership(self, api: Any, each: Resource) -> str:
        made = api.create_membership(
            collaborationIdentifier=self._found.collaboration,
            queryLogStatus=each.body["queryLogStatus"],
            paymentConfiguration=self._pays(each.owner),
            tags=self._tags,
            **self._results(each),
        )["membership"]
        self._found.memberships[each.owner] = made["id"]
        return str(made["id"])

    def _change_membership(self, api: Any, each: Resource, fields: set[str]) -> None:
        given = {"queryLogStatus": each.body["queryLogStatus"], **self._results(each)}
        api.update_membership(membershipIdentifier=self._found.ids[each.key], **given)

    def _results(self, each: Resource) -> dict[str, Any]:
        if "results" not in each.body:
            return {}
        return {"defaultResultConfiguration": {"outputConfiguration": {"s3": dict(each.body["results"])}}}

    def _remove_membership(self, api: Any, each: Resource) -> None:
        api.delete_membership(membershipIdentifier=self._found.ids[each.key])
        self._found.memberships.pop(each.owner, None)

    # Tables, how they are associated, and their rules

    def _create_table(self, api: Any, each: Resource) -> str:
        made = api.create_configured_table(name=each.name, tags=self._tags, **each.body)["configuredTable"]
        return str(made["id"])

    def _change_table(self, api: Any, each: Resource, fields: set[str]) -> None:
        given = {name: each.body[name] for name in fields if name in each.body}
        api.update_configured_table(configuredTableIdentifier=self._found.ids[each.key], **given)

    def _remove_table(self, api: Any, each: Resource) -> None:
        api.delete_configured_table(configuredTableIdentifier=self._found.ids[each.key])

    def _create_association(self, api: Any, each: Resource) -> str:
        made = api.create_configured_table_association(
            name=each.name,
            membershipIdentifier=self._member(each),
            configuredTableIdentifier=self._id("table", each.owner, each.body["table"]),
            roleArn=role_arn(self._declared, self._clients, each.owner, self._name),
            tags=self._tags,
        )["configuredTableAssociation"]
        return str(made["id"])

    def _remove_association(self, api: Any, each: Resource) -> None:
        api.delete_configured_table_association(
            configuredTableAssociationIdentifier=self._found.ids[each.key], membershipIdentifier=self._member(each)
        )

    def _create_rule(self, api: Any, each: Resource) -> str:
        table = self._table_of(each)
        api.create_configured_table_analysis_rule(
            configuredTableIdentifier=table, analysisRuleType=each.body["type"], analysisRulePolicy=self._policy(each)
        )
        return table

    def _change_rule(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_configured_table_analysis_rule(
            configuredTableIdentifier=self._found.ids[each.key],
            analysisRuleType=each.body["type"],
            analysisRulePolicy=self._policy(each),
        )

    def _remove_rule(self, api: Any, each: Resource) -> None:
        table = self._found.ids[each.key]
        there = api.get_configured_table(configuredTableIdentifier=table)["configuredTable"]
        for kind in there.get("analysisRuleTypes", ()):
            api.delete_configured_table_analysis_rule(configuredTableIdentifier=table, analysisRuleType=kind)

    def _table_of(self, each: Resource) -> str:
        return self._id("table", each.owner, table_name(self._name, each.name))

    def _create_association_rule(self, api: Any, each: Resource) -> str:
        association = self._id("association", each.owner, each.name)
        api.create_configured_table_association_analysis_rule(
            membershipIdentifier=self._member(each),
            configuredTableAssociationIdentifier=association,
            analysisRuleType=each.body["type"],
            analysisRulePolicy=self._policy(each),
        )
        return association

    def _change_association_rule(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_configured_table_association_analysis_rule(
            membershipIdentifier=self._member(each),
            configuredTableAssociationIdentifier=self._found.ids[each.key],
            analysisRuleType=each.body["type"],
            analysisRulePolicy=self._policy(each),
        )

    def _remove_association_rule(self, api: Any, each: Resource) -> None:
        there = {
            "membershipIdentifier": self._member(each),
            "configuredTableAssociationIdentifier": self._found.ids[each.key],
        }
        found = api.get_configured_table_association(**there)["configuredTableAssociation"]
        for kind in found.get("analysisRuleTypes", ()):
            api.delete_configured_table_association_analysis_rule(**there, analysisRuleType=kind)

    # Templates and budgets

    def _create_template(self, api: Any, each: Resource) -> str:
        given = {name: value for name, value in each.body.items() if value}
        made = api.create_analysis_template(
            membershipIdentifier=self._member(each), name=each.name, tags=self._tags, **given
        )["analysisTemplate"]
        self._found.templates[each.name] = made["arn"]
        return str(made["id"])

    def _change_template(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_analysis_template(
            membershipIdentifier=self._member(each),
            analysisTemplateIdentifier=self._found.ids[each.key],
            description=each.body["description"],
        )

    def _remove_template(self, api: Any, each: Resource) -> None:
        api.delete_analysis_template(
            membershipIdentifier=self._member(each), analysisTemplateIdentifier=self._found.ids[each.key]
        )
        self._found.templates.pop(each.name, None)

    def _create_privacy_budget(self, api: Any, each: Resource) -> str:
        made = api.create_privacy_budget_template(
            membershipIdentifier=self._member(each), tags=self._tags, **each.body
        )["privacyBudgetTemplate"]
        return str(made["id"])

    def _change_privacy_budget(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_privacy_budget_template(
            membershipIdentifier=self._member(each),
            privacyBudgetTemplateIdentifier=self._found.ids[each.key],
            privacyBudgetType=each.body["privacyBudgetType"],
            parameters=each.body["parameters"],
        )

    def _create_access_budget(self, api: Any, each: Resource) -> str:
        account, association = self._clients.accounts[each.owner], self._id("association", each.owner, each.name)
        start = f"arn:{api.meta.partition}:cleanrooms:{api.meta.region_name}:{account}"
        resource = f"{start}:membership/{self._member(each)}/configuredtableassociation/{association}"
        made = api.create_privacy_budget_template(
            membershipIdentifier=self._member(each),
            privacyBudgetType="ACCESS_BUDGET",
            parameters={"accessBudget": {"resourceArn": resource, **each.body}},
            tags=self._tags,
        )["privacyBudgetTemplate"]
        return str(made["id"])

    def _change_access_budget(self, api: Any, each: Resource, fields: set[str]) -> None:
        api.update_privacy_budget_template(
            membershipIdentifier=self._member(each),
            privacyBudgetTemplateIdentifier=self._found.ids[each.key],
            privacyBudgetType="ACCESS_BUDGET",
            parameters={"accessBudget": dict(each.body)},
        )

    def _remove_access_budget(self, api: Any, each: Resource) -> None:
        # It may have gone with its association.
        with suppress(api.exceptions.ResourceNotFoundException):
            self._remove_privacy_budget(api, each)

    def _remove_privacy_budget(self, api: Any, each: Resource) -> None:
        api.delete_privacy_budget_template(
            membershipIdentifier=self._member(each), privacyBudgetTemplateIdentifier=self._found.ids[each.key]
        )
