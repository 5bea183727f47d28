"""Each preset on an export as its vendor writes it: from the files to the published rows."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end import vendor_exports as exports
from tests.end_to_end.vendor_exports import Person, people
from typer.testing import CliRunner

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.cli import app
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord

EVERYBODY = people()


class Shop:
    """A workspace whose connectors name a preset and the columns they want."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "store/landing"
        (root / "connectors").mkdir()
        (root / "keys").mkdir()
        (root / "keys/k").write_text("0123456789abcdef" * 4)
        (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')

    def declare(self, name: str, preset: str, columns: str, *, source: str = "", table: str = "") -> None:
        (self.root / f"connectors/{name}.yaml").write_text(
            f"connector: {name}\ntenant: acme\n"
            f"source:\n  type: landing\n  preset: {preset}\n  path: landing/\n  settle: 0\n{source}"
            f"columns: {columns}\ntable: {{name: {name}{table}}}\n"
        )

    def run(self, name: str) -> RunRecord:
        record = pipeline.run(load_workspace(self.root), name)
        assert record.status == "succeeded", record.error
        return record

    def rows(self, name: str) -> list[dict[str, Any]]:
        declared = load_workspace(self.root)
        table = open_catalog(declared.workspace, declared.root).load_table(("acme", name))
        return table.scan().to_arrow().to_pylist()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.landing.rglob("*") if path.is_file())


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def by(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row[key])


def phone_key(person: Person) -> str:
    """As AWS Entity Resolution has it: digits alone."""
    return sha(f"1{person.phone}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_extract_of_marketing_cloud_serves_a_connector_for_each_kind(shop: Shop, encoding: str) -> None:
    exports.salesforce_marketing_cloud(shop.landing, EVERYBODY, encoding=encoding, day="20261123")
    vendor = "salesforce-marketing-cloud"
    shop.declare(
        "subscribers", f"{vendor}/subscribers",
        "[subscriber_id, subscriber_key, email_address, status, date_held, date_created]",
        table=", mode: upsert, key: subscriber_id",
    )  # fmt: skip
    shop.declare("opens", f"{vendor}/opens", "[subscriber_id, event_date, is_unique, ip_address, browser]")
    shop.declare("clicks", f"{vendor}/clicks", "{subscriber_id: {}, url: {}, link: {source: Alias}, is_unique: {}}")
    record = shop.run("subscribers")
    assert record.read == record.published == len(EVERYBODY)
    assert record.notes == ["left alone in archives: Attributes.csv, Clicks.csv, Opens.csv"]
    assert by(shop.rows("subscribers"), "subscriber_id") == [
        {
            "subscriber_id": str(500_000 + each.number),
            "subscriber_key": sha(each.email),
            "email_address": sha(each.email_key),
            "status": "active",
            "date_held": None,
            "date_created": each.seen,
        }
        for each in EVERYBODY
    ]
    assert shop.files() == ["tracking_20261123.zip"], "the other connectors need the archive too"
    shop.run("opens")
    opened = by(shop.rows("opens"), "subscriber_id")
    assert [row["event_date"] for row in opened] == [each.seen for each in EVERYBODY]
    assert [row["is_unique"] for row in opened] == [bool(each.number % 2) for each in EVERYBODY]
    assert {(row["ip_address"], row["browser"]) for row in opened} == {(sha("203.0.113.9"), "Chrome")}
    shop.run("clicks")
    clicked = shop.rows("clicks")
    assert len(clicked) == len(EVERYBODY)
    assert {(row["url"], row["link"]) for row in clicked} == {("https://shop.example/?a=1,2", "Shop, now")}
    exports.salesforce_marketing_cloud(shop.landing, people(3, seed=1), encoding=encoding, day="20261124")
    assert shop.run("opens").read == 3, "what was read yesterday is not read again"


def test_an_export_of_experience_platform_is_read_when_all_files_of_its_manifest_are_there(shop: Shop) -> None:
    columns = "{first_name: , last_name: , email: , mobile_phone: {region: US}, audience_status: , audience_since: }"
    shop.declare("audience", "adobe-experience-platform/profiles", columns)
    first = exports.adobe_experience_platform(shop.landing, [EVERYBODY[:15], EVERYBODY[15:30]], "run-1")
    second = exports.adobe_experience_platform(shop.landing, [EVERYBODY[30:35], EVERYBODY[35:]], "run-2")
    late = (shop.landing / second[1]).read_bytes()
    (shop.landing / second[1]).unlink()
    record = shop.run("audience")
    assert record.read == record.published == 30
    assert [each["id"] for each in record.skipped] == [second[0]]
    assert record.skipped[0]["reason"] == f"the manifest lists {second[1]}, which is not there"
    assert set(first).isdisjoint(shop.files()), "what is published is archived"
    (shop.landing / second[1]).write_bytes(late)
    assert shop.run("audience").read == 10
    rows = {row["email"]: row for row in shop.rows("audience")}
    assert len(rows) == len(EVERYBODY)
    for each in EVERYBODY:
        row = rows[sha(each.email_key)]
        assert (row["mobile_phone"], row["audience_status"]) == (phone_key(each), "realized")
        assert row["audience_since"] == each.seen
        assert row["first_name"] == sha("ada") or each.first != "Ada"
    assert len({row["last_name"] for row in rows.values()}) == len({each.last for each in EVERYBODY})


def test_a_file_of_experience_platform_that_fails_does_not_wait_for_those_that_were_put_away(shop: Shop) -> None:
    shop.declare("audience", "adobe-experience-platform/profiles", "[email]")
    names = exports.adobe_experience_platform(shop.landing, [EVERYBODY[:15], EVERYBODY[15:]], "run-1")
    whole = (shop.landing / names[1]).read_bytes()
    (shop.landing / names[1]).write_bytes(whole[:40] + bytes(len(whole) - 40))
    assert pipeline.run(load_workspace(shop.root), "audience").status == "partial"
    (shop.landing / names[1]).write_bytes(whole)
    assert shop.run("audience").read == len(EVERYBODY) - 15


def test_without_manifests_every_file_of_experience_platform_is_read(shop: Shop) -> None:
    exports.adobe_experience_platform(shop.landing, [EVERYBODY], "run-1")
    next(shop.landing.glob("manifest-*")).unlink()
    shop.declare("audience", "adobe-experience-platform/profiles", "[email]")
    waiting = pipeline.run(load_workspace(shop.root), "audience")
    assert waiting.status == "nothing new"
    assert waiting.skipped[0]["reason"] == "the manifest manifest-*.json is not there"
    shop.declare("audience", "adobe-experience-platform/profiles", "[email]", source="  manifest:\n")
    assert shop.run("audience").read == len(EVERYBODY)


def test_logs_of_segment_give_the_calls_with_their_traits_and_properties(shop: Shop) -> None:
    exports.segment(shop.landing, EVERYBODY)
    shop.declare(
        "calls", "segment/calls",
        "{message_id: {}, type: {}, user_id: {}, at: {source: timestamp}, ip: {}, page_url: {}, email: {}, "
        "country: {}, event: {}, order_id: {}, revenue: {}, currency: {}}",
        table=", mode: upsert, key: message_id",
    )  # fmt: skip
    assert shop.run("calls").read == 2 * len(EVERYBODY)
    rows = {row["message_id"]: row for row in shop.rows("calls")}
    for each in EVERYBODY:
        both = {
            "user_id": f"u{each.number}",
            "at": each.seen.replace(microsecond=250_000),
            "ip": sha("203.0.113.9"),
            "page_url": "https://shop.example/?q=ü",
        }
        identified, tracked = rows[f"m-{each.number}"], rows[f"t-{each.number}"]
        assert both.items() <= identified.items() and both.items() <= tracked.items()
        assert (identified["type"], identified["email"]) == ("identify", sha(each.email_key))
        assert (identified["event"], identified["revenue"], tracked["email"]) == (None, None, None)
        assert (tracked["event"], tracked["order_id"]) == ("Order Completed", f"o-{each.number}")
        assert (tracked["revenue"], tracked["currency"]) == (12.5, "USD")


def test_users_of_a_segment_of_braze_come_from_archives_of_json_lines(shop: Shop) -> None:
    exports.braze_users(shop.landing, EVERYBODY)
    columns = (
        "{braze_id: , external_id: , email: , phone: {region_from: country}, dob: , country: , created_at: , "
        "total_revenue: }"
    )
    shop.declare("users", "braze/users", columns, table=", mode: upsert, key: braze_id")
    assert shop.run("users").read == len(EVERYBODY)
    assert by(shop.rows("users"), "braze_id") == [
        {
            "braze_id": f"b{each.number}",
            "external_id": sha(f"u{each.number}"),
            "email": sha(each.email_key),
            "phone": phone_key(each),
            "dob": date(1990, 2, 28),
            "country": "us",
            "created_at": each.seen.replace(microsecond=123_000),
            "total_revenue": 61.5,
        }
        for each in EVERYBODY
    ]


def test_opens_of_currents_are_taken_once_and_without_other_events(shop: Shop) -> None:
    exports.braze_opens(shop.landing, EVERYBODY)
    shop.declare(
        "opens", "braze/email-opens", "[id, user_id, external_user_id, time, email_address, machine_open]",
        table=", mode: upsert, key: id",
    )  # fmt: skip
    record = shop.run("opens")
    assert (record.read, record.published, record.replaced) == (len(EVERYBODY) + 1, len(EVERYBODY), 1)
    assert by(shop.rows("opens"), "id") == [
        {
            "id": f"e-{each.number}",
            "user_id": f"b{each.number}",
            "external_user_id": sha(f"u{each.number}"),
            "time": each.seen.replace(microsecond=0),
            "email_address": sha(each.email_key),
            "machine_open": "true" if each.number % 2 else None,
        }
        for each in EVERYBODY
    ]


def test_a_list_of_klaviyo_is_published_with_a_property_of_its_own(shop: Shop) -> None:
    exports.klaviyo(shop.landing, EVERYBODY)
    shop.declare(
        "newsletter", "klaviyo/profiles",
        "{klaviyo_id: {}, email: {}, phone_number: {region: US}, state: {country: US}, zip_code: {country: US}, "
        "email_marketing_consent: {}, email_marketing_consent_timestamp: {}, last_open: {}, "
        "historic_number_of_orders: {}, average_order_value: {type: decimal, scale: 7}, "
        "tags: {type: string, source: Shopify Tags}}",
        table=", mode: upsert, key: klaviyo_id",
    )  # fmt: skip
    assert shop.run("newsletter").read == len(EVERYBODY)
    rows = by(shop.rows("newsletter"), "klaviyo_id")
    for each, row in zip(EVERYBODY, rows, strict=True):
        assert row["email"] == sha(each.email_key) and row["phone_number"] == phone_key(each)
        assert row["email_marketing_consent_timestamp"] == each.seen
        assert row["last_open"] == (each.seen if each.number % 2 else None)
        assert row["historic_number_of_orders"] == each.number % 5
        assert (row["average_order_value"], row["tags"]) == (Decimal("12.3456789"), "vip, gold")


def test_contacts_of_hubspot_come_from_an_archive_or_a_file(shop: Shop) -> None:
    exports.hubspot(shop.landing, EVERYBODY)
    shop.declare(
        "contacts", "hubspot/contacts",
        "{record_id: {}, email: {}, phone_number: {region: US}, create_date: {timezone: America/New_York}, "
        "tier: {type: string, source: Loyalty tier}}",
        table=", mode: upsert, key: record_id",
    )  # fmt: skip
    assert shop.run("contacts").read == len(EVERYBODY)
    for each, row in zip(EVERYBODY, by(shop.rows("contacts"), "record_id"), strict=True):
        assert (row["email"], row["phone_number"], row["tier"]) == (sha(each.email_key), phone_key(each), "gold")
        assert row["create_date"] == each.seen.replace(second=0) + timedelta(hours=5)


def test_customers_of_shopify_are_matched_by_phone_although_it_is_written_for_spreadsheets(shop: Shop) -> None:
    exports.shopify(shop.landing, EVERYBODY)
    shop.declare(
        "customers", "shopify/customers",
        "[customer_id, email, phone, zip, province_code, country_code, total_spent, accepts_email_marketing, "
        "tax_exempt, note]",
        table=", mode: upsert, key: customer_id",
    )  # fmt: skip
    assert shop.run("customers").read == len(EVERYBODY)
    for each, row in zip(EVERYBODY, by(shop.rows("customers"), "customer_id"), strict=True):
        assert row["customer_id"] == f"'654{each.number}"
        assert (row["email"], row["phone"]) == (sha(each.email_key), phone_key(each))
        assert row["total_spent"] == Decimal(f"{each.number}.50")
        assert (row["accepts_email_marketing"], row["tax_exempt"]) == (True, False)
        assert row["note"] == 'likes "red",\nnot blue'
        assert row["zip"] and row["province_code"] and row["country_code"]


@pytest.mark.parametrize("form", ["parquet", "avro", "jsonl"])
def test_events_of_analytics_are_flattened_the_same_from_every_format(shop: Shop, form: str) -> None:
    exports.google_analytics_4(shop.landing, EVERYBODY, form)
    shop.declare(
        "events", "google-analytics-4/events",
        "{user_pseudo_id: {}, user_id: {}, event_date: {}, event_timestamp: {}, event_name: {}, ga_session_id: {}, "
        "page_location: {}, device_category: {}, device_browser: {}, geo_country: {}, transaction_id: {}, "
        'purchase_revenue: {}, plan: {type: string, source: "event_params[key=plan].value.string_value"}}',
    )  # fmt: skip
    assert shop.run("events").read == len(EVERYBODY)
    assert by(shop.rows("events"), "user_pseudo_id") == [
        {
            "user_pseudo_id": f"{each.number}.{each.number}",
            "user_id": f"u{each.number}" if each.number % 3 else None,
            "event_date": date(2026, 11, 23),
            "event_timestamp": each.seen,
            "event_name": "purchase" if each.number % 4 == 0 else "page_view",
            "ga_session_id": str(1_700_000_000 + each.number),
            "page_location": f"https://shop.example/p/{each.number}?q=1",
            "device_category": "mobile",
            "device_browser": "Chrome",
            "geo_country": "United States",
            "transaction_id": f"t-{each.number}" if each.number % 4 == 0 else None,
            "purchase_revenue": 12.5 if each.number % 4 == 0 else None,
            "plan": "gold" if each.number % 2 else None,
        }
        for each in EVERYBODY
    ]
    assert shop.files() == [f"events_intraday_20261124.{form}"]


def test_any_other_sender_needs_no_more_than_the_usual_names(shop: Shop) -> None:
    (shop.landing / "2026/11").mkdir(parents=True)
    (shop.landing / "2026/11/people.tsv").write_text(
        "customer_id\temail\tsize\n" + "".join(f"{each.number}\t{each.email}\tM\n" for each in EVERYBODY)
    )
    shop.declare("people", "generic/contacts", "{customer_id: {}, email: {}, size: {type: string}}")
    assert shop.run("people").read == len(EVERYBODY)
    assert {row["email"] for row in shop.rows("people")} == {sha(each.email_key) for each in EVERYBODY}


def test_check_shows_what_the_preset_gave_and_what_is_left_alone(shop: Shop) -> None:
    exports.salesforce_marketing_cloud(shop.landing, EVERYBODY, encoding="utf-8", day="20261123")
    shop.declare("opens", "salesforce-marketing-cloud/opens", "{subscriber_id: {required: true}, browser: {}}")
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", "-w", str(shop.root)])
    assert done.exit_code == 0, done.output
    assert "opens: the preset salesforce-marketing-cloud/opens gives" in done.output
    assert (
        '  source: {format: {"type": "csv"}, after: "leave", members: "**/Opens.csv", path: "landing/**/*.zip"}'
        in (done.output)
    )
    assert '  columns.subscriber_id: {source: "SubscriberID", type: "id"}' in done.output
    assert "left alone in archives: Attributes.csv, Clicks.csv, Subscribers.csv" in done.output
