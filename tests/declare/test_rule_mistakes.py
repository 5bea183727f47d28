"""Every kind of mistake in a list or custom rule is told once: key, what is wrong, what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
CLUB = list(FILES)[1]
ANY = "analyses: [ANY_QUERY], providers: [acme]"
LIMIT = "threshold: {identity: email, count: 50}"

# (the rule, where below `rule`, what, a part of the remedy)
CASES: list[tuple[str, str, str, str]] = [
    ("{}", "", "there is no analysis rule", "aggregation, list, custom"),
    (f"{{list: {{columns: [tier], join: [email]}}, custom: {{{ANY}}}}}", ".custom",
     "there is a rule before, list", "a table has one rule"),
    ("{list: {columns: [tier]}}", ".list.join", "this key is missing", "add join"),
    ("{list: {columns: [tier, signup], join: [email]}}", ".list.columns[1]", "'signup' is not a shared column",
     "use"),
    ("{list: {columns: [tier], join: [emial]}}", ".list.join[0]", "'emial' is not a shared column",
     "did you mean 'email'?"),
    ("{list: {columns: [tier, email], join: [email]}}", ".list.columns[1]", "'email' is a join column",
     "one of them"),
    ("{list: {columns: [tier], join: [email], join_operators: [XOR]}}", ".list.join_operators[0]",
     "'XOR' is not a join operator", "AND, OR"),
    ("{custom: {analyses: [ANY_QUERY]}}", ".custom.providers",
     "any query is allowed, and of nobody: no query could be answered", "name the members"),
    ("{custom: {analyses: [reach], providers: [acme]}}", ".custom.providers",
     "providers mean nothing without ANY_QUERY", "analyses: [ANY_QUERY]"),
    ("{custom: {analyses: [ANY_QUERY, reach], providers: [acme]}}", ".custom.analyses[0]",
     "ANY_QUERY stands beside templates", "list templates"),
    ("{custom: {analyses: [any_query]}}", ".custom.analyses[0]", "'any_query' is not a template", "write ANY_QUERY"),
    (f"{{custom: {{{ANY}, disallowed_output: [signup]}}}}", ".custom.disallowed_output[0]",
     "'signup' is not a shared column", "use one of"),
    (f"{{custom: {{{ANY}, threshold: {{identity: tier, count: 50}}}}}}", ".custom.threshold.count",
     "'tier' has at most 3 values, so 50 can never be reached", "identifies a person"),
    (f"{{custom: {{{ANY}, threshold: {{identity: ltv, count: 50}}}}}}", ".custom.threshold.identity",
     "'ltv' is published as decimal, and an identity is a text", "as text"),
    (f"{{custom: {{{ANY}, threshold: {{identity: email, count: 1}}}}}}", ".custom.threshold.count", "1 is too small",
     "2 to 100,000"),
    (f"{{custom: {{{ANY}, threshold: {{identity: email, count: 50, outputs: [{{column: tier, count: 1}}]}}}}}}",
     ".custom.threshold.outputs[0].count", "1 is not a threshold", "write 0"),
    (f"{{custom: {{{ANY}, comparisons: {{}}}}}}", ".custom.comparisons",
     "no list is given, so that every comparison stays allowed", "[] for none"),
    (f"{{custom: {{{ANY}, {LIMIT}, comparisons: {{literal: [email]}}}}}}", ".custom.comparisons.literal[0]",
     "'email' tells people apart, and is never compared with a literal", "remove it"),
    (f"{{custom: {{{ANY}, {LIMIT}, differential_privacy: {{user: email}}}}}}", ".custom.threshold",
     "threshold does not go together with differential_privacy", "one or the other"),
    (f"{{custom: {{{ANY}, differential_privacy: {{user: signup}}}}}}", ".custom.differential_privacy.user",
     "'signup' is not a shared column", "use one of"),
]  # fmt: skip


def with_rule(rule: str) -> str:
    return re.sub(r"    rule:\n(?:      .*\n)+", f"    rule: {rule}\n", FILES[CLUB])


@pytest.mark.parametrize(("rule", "where", "what", "remedy"), CASES, ids=[f"{c[1]} {c[2][:40]}" for c in CASES])
def test_a_mistake_in_a_rule_is_told_with_its_place_and_its_remedy(
    told: Told, rule: str, where: str, what: str, remedy: str
) -> None:
    found = told({CLUB: with_rule(rule)})
    assert [(re.sub(r":\d+: ", ": ", at), said) for at, said, _ in found] == [(f"{CLUB}: share[0].rule{where}", what)]
    assert remedy in found[0][2]


@pytest.mark.parametrize(
    "rule",
    [
        "{list: {columns: [tier, zip], join: [email, phone], join_operators: [AND, OR]}}",
        f"{{custom: {{{ANY}}}}}",
        "{custom: {analyses: [reach, 'arn:aws:cleanrooms:eu-west-1:1:membership/m/analysistemplate/t']}}",
        f"{{custom: {{{ANY}, disallowed_output: [email], {LIMIT}, comparisons: {{literal: [tier], column: []}}}}}}",
        f"{{custom: {{{ANY}, differential_privacy: {{user: email}}, additional_analyses: ALLOWED}}}}",
    ],
)
def test_a_good_rule_has_no_mistakes(told: Told, rule: str) -> None:
    assert told({CLUB: with_rule(rule)}) == []
