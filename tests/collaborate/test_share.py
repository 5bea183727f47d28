"""`antechamber share`: the declarations of a collaboration, made so in a clean room, healed, and taken away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import Premises, finished, lay_out, serving

from antechamber.collaborate.share import Change, Found, Plan, apply, look, plan, teardown, wanted
from antechamber.collaborate.share.clients import Clients, clients
from antechamber.collaborate.share.left import Left, access_left
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError, DeclarationErrors

CONNECTOR = """
connector: {name}
tenant: {tenant}
source: {{type: landing, path: "landing/{name}/*.csv"}}
columns:
  email: {{type: string}}
  {other}: {{type: {type}}}
table: {{name: {name}}}
share:
  - collaboration: spring
    columns: {columns}
    rule: {rule}
{more}
"""
COUNTED = (
    "{{aggregation: {{aggregate: [{{columns: [email], function: COUNT DISTINCT}}], join: [email], "
    "dimensions: [{0}], minimum: {{column: email, count: {1}}}}}}}"
)
SPRING = """
collaboration: spring
description: whom we have in common
members:
  acme: {abilities: [query, receive], results: "s3://results-of-acme/spring"}
  streamly: {}
"""
REACH = (
    "SELECT COUNT(DISTINCT m.email) AS reached FROM members m JOIN buyers b ON m.email = b.email "
    "WHERE b.spent > :least"
)
WITH_TEMPLATE = f"""{SPRING}
  shopwell: {{}}
templates:
  reach:
    author: acme
    sql: "{REACH}"
    parameters: {{least: {{type: INTEGER, default: "10"}}}}
""".replace("\n\n  shopwell", "\n  shopwell")
REVIEWED = "{{custom: {{analyses: [reach], threshold: {{identity: email, count: {0}}}}}}}"


class Site:
    """A workspace, its clean room's server, and the collaboration `spring` declared in it."""

    def __init__(self, root: Path, premises: Premises) -> None:
        self.root, self.premises = root, premises
        self.collaborate()
        self.connect("members", "acme", "tier", COUNTED.format("tier", 10))
        self.connect("viewers", "streamly", "plan", COUNTED.format("plan", 10))

    def collaborate(self, text: str | None = None) -> None:
        (self.root / "collaborations/spring.yaml").write_text(text or SPRING)

    def connect(
        self, name: str, tenant: str, other: str, rule: str, columns: str = "", type: str = "string", more: str = ""
    ) -> None:
        text = CONNECTOR.format(
            name=name,
            tenant=tenant,
            other=other,
            rule=rule,
            columns=columns or f"[email, {other}]",
            type=type,
            more=more,
        )
        (self.root / f"connectors/{name}.yaml").write_text(text)

    def disconnect(self, name: str) -> None:
        (self.root / f"connectors/{name}.yaml").unlink()

    def reviewed(self, count: int = 10) -> None:
        """A third member whose table only the template `reach` may ask."""
        self.collaborate(WITH_TEMPLATE)
        self.connect("members", "acme", "tier", REVIEWED.format(count))
        self.connect("buyers", "shopwell", "spent", REVIEWED.format(count), type="integer")

    def plan(self) -> Plan:
        return self._with(lambda api, found: self._plan(found))

    def share(self, stop_after: int | None = None) -> Plan:
        """Carry out what the plan says. stop_after: die when so many changes are done."""

        def work(api: Clients, found: Found) -> Plan:
            made, done = self._plan(found), 0

            def tell(_: Change) -> None:
                nonlocal done
                done += 1
                if done == stop_after:
                    raise KeyboardInterrupt

            apply(made, load_workspace(self.root), api, found, tell)
            return made

        return self._with(work)

    def destroy(self) -> Plan:
        def work(api: Clients, found: Found) -> Plan:
            made = teardown("spring", found)
            apply(made, load_workspace(self.root), api, found)
            return made

        return self._with(work)

    def _plan(self, found: Found) -> Plan:
        return plan("spring", wanted(load_workspace(self.root), "spring"), found)

    def _with(self, work: Callable[[Clients, Found], Plan]) -> Plan:
        declared = load_workspace(self.root)
        with clients(declared) as api:
            return work(api, look(declared, "spring", api))

    def left(self) -> Sequence[Left]:
        declared = load_workspace(self.root)
        with clients(declared) as api:
            return access_left(declared, "spring", "acme", api)

    def answer(self, sql: str = "", **given: Any) -> dict[str, Any]:
        acme = self.premises.client("acme")
        (mine,) = acme.list_memberships()["membershipSummaries"]
        asked = acme.start_protected_query(
            type="SQL", membershipIdentifier=mine["id"], sqlParameters=given or {"queryString": sql}
        )["protectedQuery"]["id"]
        return finished(acme, mine["id"], asked)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    root = tmp_path / "workspace"
    root.mkdir()
    with serving(lay_out(root)) as premises:
        yield Site(root, premises)


def told(made: Plan) -> list[str]:
    return [f"{change.action} {change.resource.kind} {change.resource.name}" for change in made.changes]


OVERLAP = (
    "SELECT m.tier, COUNT(DISTINCT m.email) AS n FROM members m JOIN viewers v ON m.email = v.email GROUP BY m.tier"
)


def test_what_is_declared_is_made_once_and_can_be_asked(site: Site) -> None:
    assert len(site.share().changes) == 9
    assert site.plan().changes == ()
    assert site.plan().unchanged == 9
    assert site.answer(OVERLAP)["status"] == "SUCCESS"
    assert list((site.root / "results").rglob("*"))


DEATHS = range(1, 13) if os.environ.get("ANTECHAMBER_SOAK") else (1, 3, 6, 9, 11)
"""After how many changes a share dies; make soak stops it after each."""


@pytest.mark.soak
@pytest.mark.parametrize("done", DEATHS)
def test_a_share_that_died_anywhere_is_finished_by_the_next(site: Site, done: int) -> None:
    site.reviewed()
    with pytest.raises(KeyboardInterrupt):
        site.share(stop_after=done)
    site.share()
    assert site.plan().changes == ()
    acme = site.premises.client("acme")
    assert len(acme.list_collaborations()["collaborationList"]) == 1
    assert len(acme.list_configured_tables()["configuredTableSummaries"]) == 1


def test_what_others_changed_is_seen_and_healed(site: Site) -> None:
    site.share()
    streamly = site.premises.client("streamly")
    (table,) = streamly.list_configured_tables()["configuredTableSummaries"]
    streamly.update_configured_table(
        configuredTableIdentifier=table["id"], allowedColumns=["email", "plan", "secret"]
    )
    (change,) = site.plan().changes
    (difference,) = change.differences
    assert (change.action, change.resource.kind, difference.field) == ("change", "table", "allowedColumns")
    assert (difference.before, difference.after) == (["email", "plan", "secret"], ["email", "plan"])
    site.share()
    assert site.plan().changes == ()


def test_a_rule_that_is_declared_stricter_is_made_stricter(site: Site) -> None:
    site.share()
    site.connect("viewers", "streamly", "plan", COUNTED.format("plan", 61))
    made = site.share()
    assert told(made) == ["change rule viewers"]
    assert [each.field for each in made.changes[0].differences] == ["policy.v1.aggregation.outputConstraints"]
    assert site.plan().changes == ()


def test_columns_come_before_rules_speak_of_them_and_leave_after(site: Site) -> None:
    site.share()
    rule = COUNTED.format("secret", 10)
    site.connect("viewers", "streamly", "secret", rule)
    assert told(site.share()) == ["change table spring_viewers", "change rule viewers", "change table spring_viewers"]
    assert site.plan().changes == ()


def test_a_rule_of_another_kind_takes_the_place_of_the_one_before(site: Site) -> None:
    site.share()
    site.connect("viewers", "streamly", "plan", "{list: {columns: [plan], join: [email]}}")
    assert told(site.share()) == ["replace rule viewers"]
    assert site.plan().changes == ()


def test_a_table_that_is_shared_no_more_is_taken_away(site: Site) -> None:
    site.share()
    site.disconnect("viewers")
    assert told(site.share()) == ["remove rule viewers", "remove association viewers", "remove table spring_viewers"]
    assert site.plan().changes == ()
    with pytest.raises(ClientError, match="there is no such table"):
        site.answer(OVERLAP)


def test_a_template_of_another_text_is_made_anew_and_its_rules_name_the_new_one(site: Site) -> None:
    site.reviewed()
    site.share()
    (template,) = look_for_templates(site)
    assert site.answer(analysisTemplateArn=template, parameters={"least": "5"})["status"] == "SUCCESS"
    text = (site.root / "collaborations/spring.yaml").read_text()
    site.collaborate(text.replace("b.spent > :least", "b.spent >= :least"))
    site.share()
    assert site.plan().changes == ()
    (anew,) = look_for_templates(site)
    assert anew != template
    assert site.answer(analysisTemplateArn=anew)["status"] == "SUCCESS"


def look_for_templates(site: Site) -> list[str]:
    acme = site.premises.client("acme")
    (mine,) = acme.list_memberships()["membershipSummaries"]
    found = acme.list_analysis_templates(membershipIdentifier=mine["id"])["analysisTemplateSummaries"]
    return [each["arn"] for each in found]


def test_an_access_budget_is_made_spent_changed_and_healed(site: Site) -> None:
    site.collaborate(f"{SPRING}access:\n  viewers: {{per: month, uses: 3, lifetime: 2}}\n")
    assert "create access budget viewers" in told(site.share())
    assert site.plan().changes == ()
    assert site.answer(OVERLAP)["status"] == "SUCCESS"
    assert [str(each) for each in site.left()] == ["access budget of viewers: 2 of 3 this month, 1 of 2 in all"]

    site.collaborate(f"{SPRING}access:\n  viewers: {{per: day, uses: 5}}\n")
    assert told(site.share()) == ["change access budget viewers"]
    assert [str(each) for each in site.left()] == ["access budget of viewers: 5 of 5 today"]
    streamly = site.premises.client("streamly")
    (mine,) = streamly.list_memberships()["membershipSummaries"]
    (budget,) = streamly.list_privacy_budget_templates(membershipIdentifier=mine["id"])[
        "privacyBudgetTemplateSummaries"
    ]
    theirs = {"membershipIdentifier": mine["id"], "privacyBudgetTemplateIdentifier": budget["id"]}
    streamly.update_privacy_budget_template(
        **theirs,
        privacyBudgetType="ACCESS_BUDGET",
        parameters={"accessBudget": {"budgetParameters": [{"type": "LIFETIME", "budget": 900}]}},
    )
    assert told(site.share()) == ["change access budget viewers"]
    streamly.delete_privacy_budget_template(**theirs)
    assert told(site.share()) == ["create access budget viewers"]
    site.collaborate()
    assert told(site.share()) == ["remove access budget viewers"]
    assert site.left() == ()
    assert site.plan().changes == ()


def test_members_of_a_collaboration_are_not_changed_silently(site: Site) -> None:
    site.share()
    site.reviewed()
    blocked = site.plan().blocked
    assert [each.resource.kind for each in blocked] == ["collaboration"]
    with pytest.raises(AntechamberError, match="does not change members"):
        site.share()
    assert len(site.premises.client("shopwell").list_collaborations()["collaborationList"]) == 0


def test_everything_of_ours_is_taken_away_and_nothing_else(site: Site) -> None:
    site.share()
    acme = site.premises.client("acme")
    kept = acme.create_configured_table(
        name="spring_of another tool",
        tableReference={"glue": {"databaseName": "acme", "tableName": "members"}},
        allowedColumns=["email"],
        analysisMethod="DIRECT_QUERY",
    )["configuredTable"]["id"]
    site.destroy()
    assert acme.list_collaborations()["collaborationList"] == []
    assert [each["id"] for each in acme.list_configured_tables()["configuredTableSummaries"]] == [kept]
    assert site.destroy().changes == ()
    assert len(site.share().changes) == 9


def test_who_is_not_invited_waits_for_the_other_company(site: Site) -> None:
    site.collaborate(
        'collaboration: spring\ncreator: rival\nmembers:\n  rival: {account: "999999999999", abilities: [query]}\n'
        "  streamly: {abilities: [receive]}\n"
    )
    site.disconnect("members")
    assert [each.reason for each in site.plan().blocked] == ["its creator has not invited this account yet"]


def test_a_share_that_a_policy_forbids_reaches_nobody(site: Site) -> None:
    (site.root / "policies").mkdir()
    (site.root / "policies/privacy.yaml").write_text("policy: privacy\nminimum: 100\n")
    with pytest.raises(DeclarationErrors, match="the minimum is below 100"):
        site.share()
    assert site.premises.client("acme").list_collaborations()["collaborationList"] == []
