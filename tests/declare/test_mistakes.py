"""Every kind of mistake is told once, with its file, line, key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare import column_cases, file_cases
from tests.declare.column_cases import CLUB, HOME, ROOM, SHOP
from tests.declare.conftest import FILES

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]

CASES = [*column_cases.CASES, *file_cases.CASES]


@pytest.mark.parametrize(("file", "text", "instead", "where", "what", "remedy"), CASES)
def test_a_mistake_is_told_with_its_place_and_its_remedy(
    told: Told, file: str, text: str, instead: str, where: str, what: str, remedy: str
) -> None:
    good = FILES[file]
    assert text in good
    found = told({file: good.replace(text, instead, 1)})
    assert [(at, said) for at, said, _ in found] == [(file + where, what)]
    assert remedy in found[0][2]


def test_the_good_workspace_has_no_mistakes(told: Told) -> None:
    assert told({}) == []


def test_ten_mistakes_of_one_file_are_told_at_once_from_its_top_to_its_end(told: Told) -> None:
    bad = """\
connector: ten
tenat: acme
source:
  type: postgres
  url: postgresql://shop:hunter2@db/shop
  table: a.b.c
columns:
  email: {type: email, protect: sha265}
  phone: {type: phone, region: US}
  when: {type: date, format: "%d.%Q"}
table: {name: ten, mode: upsert, key: nobody}
share: [{collaboration: nowhere, columns: [email], rule: {}}]
schedule: daily
"""
    found = told({"connectors/ten.yaml": bad})
    assert [(where, what) for where, what, _ in found] == [
        ("connectors/ten.yaml:2: tenat", "'tenat' is not a key that is known here"),
        ("connectors/ten.yaml:4: source.type", "'postgres' is not a source type"),
        ("connectors/ten.yaml:5: source.url", "not a secret reference"),
        ("connectors/ten.yaml:6: source.table", "'a.b.c' is not a table's name"),
        ("connectors/ten.yaml:8: columns.email.protect", "'sha265' is not a protection"),
        (
            "connectors/ten.yaml:9: columns.phone.protect",
            "a phone number cannot be published as it is: `protect` is missing",
        ),
        ("connectors/ten.yaml:10: columns.when.format", "'%Q' in '%d.%Q' is not a directive of strptime"),
        ("connectors/ten.yaml:11: table.key", "'nobody' is not a published column"),
        ("connectors/ten.yaml:12: share[0].rule", "there is no analysis rule"),
        ("connectors/ten.yaml:12: share[0].collaboration", "there is no collaboration 'nowhere'"),
        ("connectors/ten.yaml:13: schedule", "'daily' is not a schedule"),
    ]


def test_mistakes_of_all_files_are_told_at_once(told: Told) -> None:
    found = told(
        {
            HOME: FILES[HOME].replace("store: store", "stor: store"),
            CLUB: FILES[CLUB].replace("sha256", "sha265", 1),
            SHOP: "- not\n- a mapping\n",
            ROOM: FILES[ROOM] + "\tx: 1\n",
        }
    )
    assert [where for where, _, _ in found] == [
        "antechamber.yaml:2: stor",
        "connectors/loyalty.yaml:15: columns.email.protect",
        "connectors/orders.yml:1",
        "collaborations/spring.yaml:5",
    ]


def test_what_depends_on_a_mistake_is_not_told_as_another(told: Told) -> None:
    """A misspelt protection is one mistake: the column is not called unprotected too, nor its key unknown."""
    bad = FILES[CLUB].replace("protect: sha256", "protcet: sha256").replace("type: landing", "type: lnding")
    assert [where for where, _, _ in told({CLUB: bad})] == [
        f"{CLUB}:5: source.type",
        f"{CLUB}:15: columns.email.protcet",
    ]


def test_a_broken_workspace_file_does_not_make_tenants_unknown(told: Told) -> None:
    found = told({HOME: "workspace: [\n"})
    assert [where for where, _, _ in found] == ["antechamber.yaml:1"]
