"""A preset gives what a connector file leaves out, never what it says, and never a column that it does not name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.declare.conftest import lay_out, mistakes
from typer.testing import CliRunner

from antechamber.cli import app
from antechamber.declare import Column, Connector, Csv, FileSource, json_schema, load_workspace
from antechamber.declare.connector import IDENTITY_TYPES
from antechamber.declare.marked import read_marked
from antechamber.declare.preset import Vendor, presets, vendors
from antechamber.declare.preset_page import index, page

FILE = "connectors/orders.yml"
PAGES = Path(__file__).parents[2] / "docs/reference/presets"
KINDS = [preset for preset in presets().values() if preset.columns]


def text(source: str, columns: str, *, table: str = "{name: t}") -> str:
    """A connector file; the source on line 3, the columns on line 4."""
    return f"connector: x\ntenant: acme\nsource: {{type: landing, {source}}}\ncolumns: {columns}\ntable: {table}\n"


def read(root: Path, source: str, columns: str) -> Connector:
    return load_workspace(lay_out(root, {FILE: text(source, columns)})).connectors["x"]


def landing(connector: Connector) -> FileSource:
    assert isinstance(connector.source, FileSource)
    return connector.source


def refused(root: Path, source: str, columns: str = "[email]") -> list[tuple[str, str, str]]:
    return mistakes(lay_out(root, {FILE: text(source, columns)}))


@pytest.mark.parametrize("preset", KINDS, ids=lambda preset: preset.name)
def test_every_column_of_a_preset_is_a_column(tmp_path: Path, preset: Any) -> None:
    names = ", ".join(preset.columns)
    connector = read(tmp_path, f"preset: {preset.name}, path: in/", f"[{names}]")
    assert list(connector.columns) == list(preset.columns)
    assert {*preset.key, *preset.example} <= set(connector.columns)
    assert landing(connector).path.startswith("in/") and landing(connector).path != "in/"
    for column in connector.columns.values():
        assert column.protect is not None or column.type not in IDENTITY_TYPES
    sources = [column.source for column in connector.columns.values()]
    assert len(set(sources)) == len(sources), "a source column has one meaning"


def test_every_preset_says_where_its_knowledge_comes_from() -> None:
    assert {vendor.name for vendor in vendors()} == {
        "adobe-experience-platform", "braze", "generic", "google-analytics-4", "hubspot", "klaviyo",
        "salesforce-marketing-cloud", "segment", "shopify",
    }  # fmt: skip
    for vendor in vendors():
        assert vendor.notes and vendor.kinds and (vendor.documents or vendor.name == "generic")
        assert all(address.startswith("https://") and day for _, address, day in vendor.documents)


def test_only_the_columns_that_are_named_are_taken(tmp_path: Path) -> None:
    connector = read(tmp_path, "preset: shopify/customers, path: in/", "{email: {}, total_orders: }")
    assert connector.columns == {
        "email": Column(type="email", protect="sha256", source="Email"),
        "total_orders": Column(type="integer", source="Total Orders"),
    }


def test_a_key_of_the_file_stands_and_the_others_are_filled_in(tmp_path: Path) -> None:
    connector = read(
        tmp_path,
        'preset: adobe-experience-platform/profiles, path: in/, after: leave, manifest: , format: {delimiter: ";"}',
        "{email: {protect: mask, keep_last: 2}, first_name: {protect: drop}}",
    )
    source = landing(connector)
    assert (source.path, source.after, source.manifest) == ("in/*.csv*", "leave", None)
    assert source.format == Csv(delimiter=";", escape="\\", null=("", "null", "NULL"))
    email = Column(type="email", protect="mask", keep_last=2, source="personalEmail.address")
    assert connector.columns["email"] == email
    assert list(connector.published) == ["email"]


def test_a_format_of_another_type_owes_the_preset_nothing(tmp_path: Path) -> None:
    source = landing(
        read(tmp_path, "preset: adobe-experience-platform/profiles, path: in/, format: {type: parquet}", "[email]")
    )
    assert source.format is not None and source.format.model_dump(exclude_unset=True) == {"type": "parquet"}


def test_a_path_that_does_not_end_in_a_slash_is_the_whole_path(tmp_path: Path) -> None:
    source = landing(
        read(tmp_path, 'preset: salesforce-marketing-cloud/opens, path: "in/t_*.zip"', "[subscriber_id]")
    )
    assert (source.path, source.members) == ("in/t_*.zip", "**/Opens.csv")


def test_a_column_is_known_by_its_source_under_any_name(tmp_path: Path) -> None:
    connector = read(
        tmp_path,
        "preset: shopify/customers, path: in/",
        "{mail: {source: Email}, email: {source: Other Email}, spent: {source: Total Spent, type: float}}",
    )
    assert connector.columns == {
        "mail": Column(type="email", protect="sha256", source="Email"),
        "email": Column(type="email", protect="sha256", source="Other Email"),
        "spent": Column(type="float", source="Total Spent"),
    }


def test_a_column_of_another_type_keeps_its_source_alone(tmp_path: Path) -> None:
    connector = read(tmp_path, "preset: shopify/customers, path: in/", "{phone: {type: string}, zip: {type: id}}")
    assert connector.columns == {
        "phone": Column(type="string", source="Phone"),
        "zip": Column(type="id", source="Default Address Zip"),
    }


def test_a_vendor_alone_gives_the_files_and_no_columns(tmp_path: Path) -> None:
    connector = read(tmp_path, "preset: segment, path: in/", "{plan: {type: string, source: traits.plan}}")
    assert landing(connector).path == "in/**/*.gz"
    found = refused(tmp_path / "2", "preset: segment, path: in/")
    assert found[0][1] == "'email' is no column of the preset segment, and has no type"
    assert "segment/calls" in found[0][2]


def test_a_preset_that_is_not_there_is_told_once_with_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "preset: shopify/custmers, path: in/x*") == [
        (f"{FILE}:3: source.preset", "'shopify/custmers' is not a preset",
         "did you mean 'shopify/customers'?  (shopify, shopify/customers)")
    ]  # fmt: skip
    found = refused(tmp_path / "2", "preset: mailchimp, path: in/x*", "[a, b]")
    assert [at for at, _, _ in found][:1] == [f"{FILE}:3: source.preset"]
    assert "hubspot, klaviyo" in found[0][2]


def test_mistakes_keep_their_lines_and_name_the_preset_where_it_is_at_fault(tmp_path: Path) -> None:
    columns = "\n  email: {protect: sha265}\n  emial: {}\n  ip: {source: Phone, type: phone}\n"
    found = refused(tmp_path, "preset: shopify/customers, path: in/", columns)
    assert [at for at, _, _ in found] == [
        f"{FILE}:5: columns.email.protect",
        f"{FILE}:6: columns.emial.type",
    ]
    assert found[0][1] == "'sha265' is not a protection"
    assert (
        found[1][1:]
        == (
            "'emial' is no column of the preset shopify/customers, and has no type",
            found[1][2],
        )
        and "did you mean 'email'?" in found[1][2]
    )
    # What the preset says of zip does not go with what the user says of its files.
    clash = 'preset: shopify/customers, path: in/, format: {header: false, names: [Email, "Default Address Zip"]}'
    found = refused(tmp_path / "2", clash, "[email, zip]")
    assert [at for at, _, _ in found] == [f"{FILE}:4: columns.zip.country_from"]
    assert found[0][1] == (
        "the files have no column 'Default Address Country Code' (as the preset shopify/customers has it)"
    )


def test_a_list_of_columns_is_judged_item_by_item(tmp_path: Path) -> None:
    found = refused(tmp_path, "preset: shopify/customers, path: in/", "\n  - email\n  - phon\n  - email\n")
    assert {at for at, _, _ in found} == {f"{FILE}:5: columns.email", f"{FILE}:6: columns.phon.type"}
    found = refused(tmp_path / "2", 'path: "in/*.csv"', "[email]")
    assert [what for _, what, _ in found] == ["expected a mapping, found a list"]


def test_columns_that_are_missing_are_offered(tmp_path: Path) -> None:
    file = text("preset: hubspot/contacts, path: in/", "{}").replace("columns: {}\n", "")
    found = mistakes(lay_out(tmp_path, {FILE: file}))
    assert found[0][1] == "this key is missing" and "record_id, first_name, last_name, email" in found[0][2]


def test_a_source_that_has_no_files_takes_no_preset(tmp_path: Path) -> None:
    file = text("preset: shopify/customers", "{a: {type: id}}").replace(
        "type: landing", "type: postgresql, url: env:U"
    )
    found = mistakes(lay_out(tmp_path, {FILE: file}))
    assert "'preset' is not a key that is known here" in [what for _, what, _ in found]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('path: "in/*.csv", members: a.csv', "members are named, and the files are no archives"),
        ('path: "in/*.zip", members: ""', "'' is not a pattern of files in an archive"),
        ('path: "in/*.zip", format: {type: csv}, members: "[a.csv"', "a '[' of the pattern is not closed"),
    ],
)
def test_members_that_cannot_be_meant_are_refused(tmp_path: Path, source: str, what: str) -> None:
    assert what in [each for _, each, _ in refused(tmp_path, source, "{a: {type: id}}")]


@pytest.mark.parametrize(
    ("source", "columns", "good"),
    [
        ("preset: shopify/customers, path: in/", "[email, phone]", True),
        ("preset: shopify/customers, path: in/", "{email: , phone: {region: US}}", True),
        ('preset: shopify/customers, path: in/, format: {delimiter: ";"}', "{email: {}}", True),
        ("preset: shopify/customers, path: in/", "[Email]", False),
        ("preset: shopify/customers, path: in/, format: {type: pdf}", "[email]", False),
        ('path: "in/*.csv"', "[email]", False),
        ('path: "in/*.csv"', "{email: {}}", False),
        ('path: "in/*.csv", format: {delimiter: ";"}', "{a: {type: id}}", False),
    ],
)
def test_the_schema_of_editors_asks_for_types_only_where_no_preset_gives_them(
    tmp_path: Path, source: str, columns: str, good: bool
) -> None:
    file = text(source, columns)
    assert (mistakes(lay_out(tmp_path, {FILE: file})) == []) is good
    assert Draft202012Validator(json_schema("connector")).is_valid(read_marked(FILE, file.encode()).value) is good


@pytest.mark.parametrize("vendor", vendors(), ids=lambda vendor: vendor.name)
def test_the_reference_page_is_what_the_preset_says(vendor: Vendor) -> None:
    assert (PAGES / f"{vendor.name}.md").read_text() == page(vendor), "make it anew: make docs"
    assert (PAGES / "README.md").read_text().endswith(index()), "make it anew: make docs"
    assert {each.stem for each in PAGES.glob("*.md")} == {"README", *(each.name for each in vendors())}


def test_sources_lists_the_presets_and_shows_one() -> None:
    listed = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["sources"])
    assert listed.exit_code == 0
    assert "shopify/customers" in listed.output and "braze/email-opens" in listed.output
    shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["sources", "salesforce-marketing-cloud/opens"])
    assert shown.exit_code == 0
    assert "  members: **/Opens.csv\n" in shown.output and "SubscriberKey" in shown.output
    told = json.loads(CliRunner().invoke(app, ["sources", "klaviyo/profiles", "--json"]).output)
    assert told["preset"]["columns"]["email"] == {"source": "Email", "type": "email", "protect": "sha256"}
