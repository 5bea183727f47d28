"""Every mistake in a collaboration file is told once, with its place and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.declare.conftest import SPRING

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
FILE = "collaborations/spring.yaml"
REACH = "reach: {author: acme, sql: \"SELECT COUNT(*) FROM t WHERE a > :least AND b <> ':not_one'\""
LEAST = "parameters: {least: {type: INTEGER}}"

# (what is added, where, what, a part of the remedy)
CASES: list[tuple[str, str, str, str]] = [
    ("creator: acmee", "creator", "'acmee' is not a member", "did you mean 'acme'?"),
    (f"templates: {{{REACH}}}}}", "templates.reach.sql", "the parameter 'least' is not declared", "parameters:"),
    (f"templates: {{{REACH}, parameters: {{least: {{type: INT}}}}}}}}", "templates.reach.parameters.least.type",
     "'INT' is not a type of parameter", "INTEGER"),
    (f"templates: {{{REACH}, parameters: {{least: {{type: DATE}}, most: {{type: DATE}}}}}}}}",
     "templates.reach.parameters.most", "the query does not use it", ":most"),
    (f"templates: {{{REACH.replace('author: acme', 'author: rival')}, {LEAST}}}}}", "templates.reach.author",
     "'rival' is not a member", "use one of acme, streamly"),
    (f"templates: {{{REACH}, {LEAST}, description: {'x' * 256}}}}}", "templates.reach.description",
     "it has more than 255 characters", "shorten"),
    ("privacy: [{member: acme, epsilon: 21, noise: 30}]", "privacy[0].epsilon", "21 is too large", "1 to 20"),
    ("privacy: [{member: acme, epsilon: 2, noise: 9}]", "privacy[0].noise", "9 is too small", "10 to 100"),
    ("privacy: [{member: rival, epsilon: 2, noise: 30}]", "privacy[0].member", "'rival' is not a member",
     "use one of acme, streamly"),
    ("privacy: [{member: acme, epsilon: 2, noise: 30}, {member: acme, epsilon: 3, noise: 30}]", "privacy[1].member",
     "'acme' has a budget before", "one a member"),
    ("access: {loialty: {lifetime: 3}}", "access.loialty",
     "no connector shares a table 'loialty' in it", "did you mean 'loyalty'?"),
    ("access: {loyalty: {renew: false}}", "access.loyalty", "nothing is limited", "lifetime:"),
    ("access: {loyalty: {uses: 3}}", "access.loyalty.per", "uses needs per", "add per:"),
    ("access: {loyalty: {per: week}}", "access.loyalty", "nothing is limited", "uses:"),
    ("access: {loyalty: {per: year, uses: 3}}", "access.loyalty.per",
     "'year' is not a period of an access budget", "week"),
    ("access: {loyalty: {lifetime: 1000001}}", "access.loyalty.lifetime",
     "1000001 is too large", "1,000,000"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "where", "what", "remedy"), CASES, ids=[f"{c[1]} {c[2][:40]}" for c in CASES])
def test_a_mistake_is_told_with_its_place_and_its_remedy(
    told: Told, added: str, where: str, what: str, remedy: str
) -> None:
    found = told({FILE: f"{SPRING}{added}\n"})
    assert [(re.sub(r":\d+: ", ": ", at), said) for at, said, _ in found] == [(f"{FILE}: {where}", what)]
    assert remedy in found[0][2]


MEMBERS: list[tuple[str, str, str, str]] = [
    ("rival: {}", "members.rival", "'rival' is not a tenant of the workspace", "account:"),
    ("rival: {account: '12345'}", "members.rival.account", "'12345' is not an AWS account id", "in quotes"),
    (
        "rival: {account: '999999999999', results: s3:/bucket}",
        "members.rival.results",
        "'s3:/bucket' is not a place in S3",
        "s3://",
    ),
]


@pytest.mark.parametrize(("added", "where", "what", "remedy"), MEMBERS, ids=[c[0] for c in MEMBERS])
def test_a_mistake_in_a_member_is_told(told: Told, added: str, where: str, what: str, remedy: str) -> None:
    ((at, said, how),) = told({FILE: f"{SPRING}  {added}\n"})
    assert re.sub(r":\d+: ", ": ", at) == f"{FILE}: {where}"
    assert said.startswith(what)
    assert remedy in how


def test_a_tenants_account_stands_in_one_place(told: Told) -> None:
    text = SPRING.replace("streamly: {}", 'streamly: {account: "999999999999"}')
    ((_, said, how),) = told({FILE: text})
    assert said == "'streamly' is a tenant, whose account stands in antechamber.yaml"
    assert how == "remove it here"


def test_what_another_company_makes_is_not_declared_here(told: Told) -> None:
    text = f'{SPRING}  rival: {{account: "999999999999"}}\n'
    template = f"templates: {{{REACH.replace('author: acme', 'author: rival')}, {LEAST}}}}}\n"
    ((_, said, _),) = told({FILE: f"{text}{template}"})
    assert said == "'rival' is not a tenant of this workspace"


def test_a_whole_file_is_accepted(told: Told) -> None:
    text = f"""{SPRING}  rival: {{account: "999999999999", abilities: [receive]}}
creator: rival
query_log: false
templates:
  {REACH}, {LEAST}, description: whom it reached}}
privacy: [{{member: streamly, epsilon: 3, noise: 30, refresh: none}}]
"""
    assert told({FILE: text}) == []
