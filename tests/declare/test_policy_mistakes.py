"""No share is looser than the policies of its tenant: each is refused with its place, the policy and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES, SPRING
from tests.declare.test_rule_mistakes import ANY, CLUB, with_rule

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
POLICY = "policies/privacy.yaml"
CUSTOM = f"{{custom: {{{ANY}, %s}}}}"

# (policy, rule or "" for the aggregation rule that is there, where below share[0], what, a part of the remedy)
CASES: list[tuple[str, str, str, str, str]] = [
    ("minimum: 1000", "", ".rule.aggregation.minimum", "the minimum is below 1,000", "count: 1000 or more"),
    ("minimum: 100", CUSTOM % "threshold: {identity: email, count: 99}", ".rule.custom.threshold.count",
     "the threshold is below 100", "100 or more"),
    ("minimum: 100", CUSTOM % "threshold: {identity: email, count: 100, outputs: [{column: tier, count: 0}]}",
     ".rule.custom.threshold.outputs[0].count", "the threshold of an output column is below 100", "remove it"),
    ("minimum: 2", "{list: {columns: [tier], join: [email]}}", ".rule.list",
     "a list has no minimum, and 2 is demanded", "another kind"),
    ("minimum: 2", "{custom: {analyses: [reach]}}", ".rule.custom", "there is no threshold, and 2 is demanded",
     "threshold:"),
    ("rules: [custom, list]", "", ".rule.aggregation", "a rule of the kind aggregation is not allowed",
     "custom or list"),
    ("forbidden_columns: [zip]", "", ".columns[3]", "'zip' is never shared", "remove it"),
    ("forbidden_joins: [phone]", "", ".rule.aggregation.join[1]", "'phone' is never a join column", "remove it"),
    ("forbidden_joins: [email]", "{list: {columns: [tier], join: [phone, email]}}", ".rule.list.join[1]",
     "'email' is never a join column", "remove it"),
    ("forbidden_joins: [phone]", "{custom: {analyses: [reach]}}", ".rule.custom",
     "'phone' is never compared with another column", "comparisons"),
    ("forbidden_joins: [phone]", "{custom: {analyses: [reach], comparisons: {column: [phone]}}}", ".rule.custom",
     "'phone' is never compared with another column", "comparisons"),
    ("forbidden_joins: [email]", "{custom: {analyses: [reach], differential_privacy: {user: email}}}", ".rule.custom",
     "'email' is never compared with another column", "comparisons"),
    ("any_query: false", f"{{custom: {{{ANY}}}}}", ".rule.custom.analyses", "ANY_QUERY is not allowed", "templates"),
    ("differential_privacy: true", "", ".rule.aggregation", "differential privacy is demanded", "custom rule"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "rule", "where", "what", "remedy"), CASES, ids=[f"{c[2]} {c[3]}" for c in CASES])
def test_a_share_that_a_policy_forbids_is_refused(
    told: Told, policy: str, rule: str, where: str, what: str, remedy: str
) -> None:
    connector = with_rule(rule) if rule else FILES[CLUB]
    found = told({CLUB: connector, POLICY: f"policy: privacy\n{policy}\n"})
    said = [(re.sub(r":\d+: ", ": ", at), text) for at, text, _ in found]
    assert said == [(f"{CLUB}: share[0]{where}", f"{what} (policy privacy, {POLICY})")]
    assert remedy in found[0][2]


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ("minimum: 1000\ntenants: [streamly]", ""),
        ("minimum: 2\nrules: [aggregation]\nforbidden_columns: [note]\nforbidden_joins: [zip]", ""),
        ("minimum: 50\nany_query: true", CUSTOM % "threshold: {identity: email, count: 50}"),
        ("forbidden_joins: [phone]", "{custom: {analyses: [reach], comparisons: {column: [email]}}}"),
        ("forbidden_joins: [phone]\ndifferential_privacy: true\nminimum: 10",
         "{custom: {analyses: [reach], differential_privacy: {user: email}}}"),
    ],
)  # fmt: skip
def test_a_share_that_keeps_a_policy_is_accepted(told: Told, policy: str, rule: str) -> None:
    connector = with_rule(rule) if rule else FILES[CLUB]
    assert told({CLUB: connector, POLICY: f"policy: privacy\n{policy}\n"}) == []


BUDGETS: list[tuple[str, str, str]] = [
    ("access_budget: true", "", "an access budget is demanded"),
    ("access_per_month: 100", "", "an access budget is demanded"),
    ("access_budget: true", "{lifetime: 1000}", ""),
    ("access_per_month: 100", "{lifetime: 101}", "its access budget allows more than 100 queries a month"),
    ("access_per_month: 100", "{per: day, uses: 4}", "its access budget allows more than 100 queries a month"),
    ("access_per_month: 100", "{per: day, uses: 3}", ""),
    ("access_per_month: 100", "{per: week, uses: 21}", "its access budget allows more than 100 queries a month"),
    ("access_per_month: 100", "{per: week, uses: 90, renew: false}", ""),
    ("access_per_month: 100", "{per: month, uses: 400, lifetime: 99}", ""),
]


@pytest.mark.parametrize(("policy", "budget", "what"), BUDGETS)
def test_an_access_budget_that_a_policy_demands_is_declared(told: Told, policy: str, budget: str, what: str) -> None:
    files: dict[str, str | bytes] = {POLICY: f"policy: privacy\n{policy}\n"}
    if budget:
        files["collaborations/spring.yaml"] = f"{SPRING}access: {{loyalty: {budget}}}\n"
    found = told(files)
    assert [said for _, said, _ in found] == ([f"{what} (policy privacy, {POLICY})"] if what else [])
    assert all(re.sub(r":\d+: ", ": ", at) == f"{CLUB}: share[0]" for at, _, _ in found)


@pytest.mark.parametrize(
    ("policy", "where", "what"),
    [
        ("policy: privacy\ntenants: [acmee]\n", "tenants[0]", "'acmee' is not a tenant of the workspace"),
        ("policy: privacy\nrules: [aggregation, agregation]\n", "rules[1]", "'agregation' is not a kind of rule"),
        ("policy: privacy\nminimum: 1\n", "minimum", "1 is too small"),
        ("policy: privacy\nrules: [aggregation, aggregation]\n", "rules[1]", "'aggregation' is in the list before"),
        ("policy: privacy\nminimun: 5\n", "minimun", "'minimun' is not a key that is known here"),
        ("minimum: 5\n", "policy", "this key is missing"),
    ],
)
def test_a_mistake_in_a_policy_is_told_with_its_place(told: Told, policy: str, where: str, what: str) -> None:
    found = told({POLICY: policy})
    assert len(found) == 1, found
    ((at, said, _),) = found
    assert re.sub(r":\d+", "", at) == f"{POLICY}: {where}"
    assert said.startswith(what)


def test_all_policies_of_a_tenant_hold_together(told: Told) -> None:
    found = told({POLICY: "policy: privacy\nminimum: 1000\n", "policies/b.yaml": "policy: b\nrules: [custom]\n"})
    assert sorted(said.rpartition(" (policy ")[2] for _, said, _ in found) == [
        "b, policies/b.yaml)",
        "privacy, policies/privacy.yaml)",
    ]
