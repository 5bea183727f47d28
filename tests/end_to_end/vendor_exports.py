"""Exports as the vendors of the presets write them, from a seed: their names, layouts, encodings and spellings."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq

FIRST = ("Ada", "Bjørn", "Chloé", "Dmitri", "Eve", "Fatima", "Gü", "Hana")
LAST = ("O'Neil", "Smith, Jr.", "Müller", 'de "la" Cruz', "Sato", "Ng")


@dataclass(frozen=True)
class Person:
    """Somebody. phone: national digits of a number in the United States."""

    number: int
    first: str
    last: str
    phone: str
    seen: datetime

    @property
    def email(self) -> str:
        return f"Person.{self.number}@Example.com"

    @property
    def email_key(self) -> str:
        """The address as a match key has it before it is hashed."""
        return self.email.lower()


def people(count: int = 40, seed: int = 7) -> list[Person]:
    """So many people, the same for the same seed."""
    chance = random.Random(seed)
    start = datetime(2026, 11, 22, 8, 5, 3, tzinfo=UTC)
    return [
        Person(
            1000 + number,
            chance.choice(FIRST),
            chance.choice(LAST),
            f"212555{chance.randrange(10_000):04}",
            start + timedelta(seconds=chance.randrange(86_400)),
        )
        for number in range(count)
    ]


def delimited(header: Sequence[str], rows: Sequence[Sequence[object]], **dialect: Any) -> str:
    """A header and records as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", **dialect)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def zipped(path: Path, members: Mapping[str, bytes]) -> None:
    """An archive of these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def american(moment: datetime) -> str:
    """Marketing Cloud's spelling, in its servers' standard time: `11/22/2026 2:05:03 AM`."""
    local = moment - timedelta(hours=6)
    hour = local.hour % 12 or 12
    return f"{local.month}/{local.day}/{local.year} {hour}:{local:%M:%S} {local:%p}"


SFMC_EVENT = "ClientID,SendID,SubscriberKey,EmailAddress,SubscriberID,ListID,EventDate,EventType,BatchID"
SFMC_PLACE = (
    "IpAddress,Country,Region,City,Latitude,Longitude,MetroCode,AreaCode,Browser,EmailClient,OperatingSystem,Device"
)


def salesforce_marketing_cloud(landing: Path, everybody: Sequence[Person], *, encoding: str, day: str) -> None:
    """A tracking extract: `tracking_20261123.zip` for the file name `tracking_%%Year%%%%Month%%%%Day%%.zip`."""
    place = ["203.0.113.9", "US", "NY", "New York", "40.7", "-74.0", "501", "212", "Chrome", "Gmail", "iOS", "Phone"]
    subscribers, opens, clicks = [], [], []
    for each in everybody:
        who = [each.email, each.email, 500_000 + each.number]
        subscribers.append([7001, *who, "active", "", american(each.seen), ""])
        event = [7001, 88, *who, 12, american(each.seen)]
        opens.append([*event, "Open", 3, "", "true" if each.number % 2 else "false", *place])
        clicks.append(
            [*event, "Click", 9, 4, "https://shop.example/?a=1,2", "Shop, now", 3, "", "True", "False", *place]
        )
    click = f"{SFMC_EVENT.removesuffix(',BatchID')},SendURLID,URLID,URL,Alias,BatchID"
    tables = {
        "Subscribers.csv": (
            "ClientID,SubscriberKey,EmailAddress,SubscriberID,Status,DateHeld,DateCreated,DateUnsubscribed",
            subscribers,
        ),
        "Opens.csv": (f"{SFMC_EVENT},TriggeredSendExternalKey,IsUnique,{SFMC_PLACE}", opens),
        "Clicks.csv": (f"{click},TriggeredSendExternalKey,IsUnique,IsUniqueForURL,{SFMC_PLACE}", clicks),
        "Attributes.csv": ("ClientID,SubscriberKey,Loyalty", [[7001, each.email, "gold"] for each in everybody]),
    }
    members = {name: delimited(header.split(","), rows).encode(encoding) for name, (header, rows) in tables.items()}
    zipped(landing / f"tracking_{day}.zip", members)


def adobe_experience_platform(landing: Path, parts: Sequence[Sequence[Person]], run: str) -> list[str]:
    """One export in several files and its manifest; gives the files' names, the last of them not yet written."""
    header = (
        "person.name.firstName,person.name.lastName,personalEmail.address,mobilePhone.number,"
        "segmentMembership.seg_namespace.seg_id.status,segmentMembership.seg_namespace.seg_id.lastQualificationTime"
    )
    landing.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, part in enumerate(parts):
        rows = [
            [
                each.first,
                each.last,
                each.email,
                f"+1{each.phone}",
                "realized",
                each.seen.strftime("%Y-%m-%dT%H:%M:%SZ"),
            ]
            for each in part
        ]
        text = delimited(header.split(","), rows, escapechar="\\", doublequote=False).encode()
        name = f"s3_segment12341e18_{run}_{number}.csv.gz"
        (landing / name).write_bytes(gzip.compress(text))
        listed.append({"sinkPath": "/destination/output001", "name": name, "size": (landing / name).stat().st_size})
    manifest = {"flowRunId": run, "scheduledTime": "2026-11-23T01:00:00Z", "exportResults": listed}
    (landing / f"manifest-d0420d72-{run}.json").write_text(json.dumps(manifest))
    return [str(each["name"]) for each in listed]


def segment(landing: Path, everybody: Sequence[Person]) -> None:
    """Two log files of a day, `segment-logs/{source}/{day}/….gz`, calls of several types in each."""
    calls: list[list[dict[str, Any]]] = [[], []]
    for each in everybody:
        common = {
            "messageId": f"m-{each.number}",
            "anonymousId": f"a-{each.number}",
            "userId": f"u{each.number}",
            "channel": "browser",
            "context": {"ip": "203.0.113.9", "locale": "en-US", "page": {"url": "https://shop.example/?q=ü"}},
            "timestamp": each.seen.strftime("%Y-%m-%dT%H:%M:%S.250Z"),
            "receivedAt": each.seen.strftime("%Y-%m-%dT%H:%M:%S.750Z"),
            "integrations": {},
        }
        calls[each.number % 2].append(
            {**common, "type": "identify", "traits": {"email": each.email, "address": {"country": "US"}}}
        )
        calls[each.number % 2].append(
            {
                **common,
                "messageId": f"t-{each.number}",
                "type": "track",
                "event": "Order Completed",
                "properties": {"order_id": f"o-{each.number}", "revenue": 12.50, "currency": "USD", "products": []},
            }
        )
    folder = landing / "segment-logs/GaXgn3mYBB/1795305600000"
    folder.mkdir(parents=True)
    for number, log in enumerate(calls):
        text = "".join(json.dumps(call) + "\n" for call in log)
        (folder / f"179534{number}.a1b2.gz").write_bytes(gzip.compress(text.encode()))


def braze_users(landing: Path, everybody: Sequence[Person]) -> None:
    """Users of a segment: a zip archive for each so many of them, one JSON object a line."""
    folder = landing / "segment-export/abc56c0c/2026-11-23/d9696570-1795305600"
    half = len(everybody) // 2
    for number, part in enumerate((everybody[:half], everybody[half:])):
        lines = [
            {
                "braze_id": f"b{each.number}",
                "external_id": f"u{each.number}",
                "first_name": each.first,
                "last_name": each.last,
                "email": each.email,
                "phone": f"+1{each.phone}",
                "dob": "1990-02-28",
                "country": "US",
                "created_at": each.seen.strftime("%Y-%m-%d %H:%M:%S.123 UTC"),
                "total_revenue": 61.5,
                "custom_attributes": {"tier": "gold"},
                "user_aliases": [],
            }
            for each in part
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        zipped(folder / f"114f{number}.zip", {f"114f{number}.txt": text})


def braze_opens(landing: Path, everybody: Sequence[Person]) -> None:
    """Opens of Currents: Avro with optional fields, one event written twice, beside an event of another type."""
    fields = ("external_user_id", "timezone", "campaign_id", "email_address", "user_agent", "machine_open")
    schema = {
        "type": "record",
        "name": "Event",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "user_id", "type": "string"},
            {"name": "time", "type": "int"},
            *({"name": name, "type": ["null", "string"], "default": None} for name in fields),
        ],
    }
    events = [
        {
            "id": f"e-{each.number}",
            "user_id": f"b{each.number}",
            "time": int(each.seen.timestamp()),
            "external_user_id": f"u{each.number}",
            "email_address": each.email,
            "machine_open": "true" if each.number % 2 else None,
        }
        for each in everybody
    ]
    top = landing / "currents/dataexport.prod-01.S3.integration.599f118a"
    for kind, records in (("Open", [*events, events[0]]), ("Click", events)):
        folder = top / f"event_type=users.messages.email.{kind}/date=2026-11-23-16/439/prod-01"
        folder.mkdir(parents=True)
        with (folder / "dataexport.prod-01.S3.integration.599f118a+2+0000035465.avro").open("wb") as file:
            fastavro.writer(file, schema, records, codec="deflate")


def klaviyo(landing: Path, everybody: Sequence[Person]) -> None:
    """A list: UTF-8 with a byte order mark, a property of the account's own at the end."""
    header = (
        "Email,Klaviyo ID,First Name,Last Name,Phone Number,City,State / Region,Country,Zip Code,Source,"
        "Email Marketing Consent,Email Marketing Consent Timestamp,Historic Number Of Orders,Average Order Value,"
        "Last Open,Shopify Tags"
    )
    rows = [
        [each.email, f"01H{each.number}", each.first, each.last, f"+1{each.phone}", "New York", "NY", "United States",
         "10001", "-6", "SUBSCRIBED", f"{each.seen:%Y-%m-%d %H:%M:%S}", each.number % 5, "12.3456789",
         f"{each.seen:%Y-%m-%dT%H:%M:%S}+00:00" if each.number % 2 else "", "vip, gold"]
        for each in everybody
    ]  # fmt: skip
    landing.mkdir(parents=True)
    (landing / "Newsletter 2026-11-23.csv").write_bytes(delimited(header.split(","), rows).encode("utf-8-sig"))


def hubspot(landing: Path, everybody: Sequence[Person]) -> None:
    """A view of contacts: in a zip archive, the account's own property between HubSpot's."""
    header = "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Loyalty tier,Lead Status,Create Date"
    rows = [
        [each.number, each.first, each.last, each.email, f"(212) 555-{each.phone[-4:]}", "", "gold", "NEW",
         f"{each.seen:%Y-%m-%d %H:%M}"]
        for each in everybody
    ]  # fmt: skip
    name = "hubspot-crm-exports-all-contacts-2026-11-23"
    zipped(landing / f"{name}.zip", {f"{name}.csv": delimited(header.split(","), rows).encode()})


def shopify(landing: Path, everybody: Sequence[Person]) -> None:
    """Customers: an apostrophe before identifiers and phone numbers."""
    header = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,"
        "Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,"
        "Total Spent,Total Orders,Note,Tax Exempt,Tags"
    )
    rows = [
        [f"'654{each.number}", each.first, each.last, each.email, "yes", "", "1 Main St", "", "New York", "NY", "US",
         "10001-0001", "", f"'+1{each.phone}", "no", f"{each.number}.50", each.number % 7,
         'likes "red",\nnot blue', "no", "vip, gold"]
        for each in everybody
    ]  # fmt: skip
    landing.mkdir(parents=True)
    (landing / "customers_export.csv").write_bytes(delimited(header.split(","), rows).encode())


def ga4_events(everybody: Sequence[Person], day: date) -> list[dict[str, Any]]:
    """Events in the shape of the BigQuery export: parameters as records of which one value is set."""

    def parameter(key: str, **value: object) -> dict[str, Any]:
        whole = {"string_value": None, "int_value": None, "float_value": None, "double_value": None}
        return {"key": key, "value": {**whole, **value}}

    return [
        {
            "event_date": f"{day:%Y%m%d}",
            "event_timestamp": int(each.seen.timestamp() * 1_000_000),
            "event_name": "purchase" if each.number % 4 == 0 else "page_view",
            "event_params": [
                parameter("ga_session_id", int_value=1_700_000_000 + each.number),
                parameter("page_location", string_value=f"https://shop.example/p/{each.number}?q=1"),
                parameter("plan", string_value="gold" if each.number % 2 else None),
            ],
            "user_id": f"u{each.number}" if each.number % 3 else None,
            "user_pseudo_id": f"{each.number}.{each.number}",
            "device": {"category": "mobile", "web_info": {"browser": "Chrome", "hostname": "shop.example"}},
            "geo": {"country": "United States", "city": "New York"},
            "ecommerce": {"transaction_id": f"t-{each.number}", "purchase_revenue": 12.5}
            if each.number % 4 == 0
            else None,
        }
        for each in everybody
    ]


GA4_VALUE: pa.DataType = pa.struct(
    [("string_value", pa.string()), ("int_value", pa.int64()), ("float_value", pa.float64()),
     ("double_value", pa.float64())]
)  # fmt: skip
GA4_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("event_date", pa.string()),
    ("event_timestamp", pa.int64()),
    ("event_name", pa.string()),
    ("event_params", pa.list_(pa.struct([("key", pa.string()), ("value", GA4_VALUE)]))),
    ("user_id", pa.string()),
    ("user_pseudo_id", pa.string()),
    ("device", pa.struct([("category", pa.string()),
                          ("web_info", pa.struct([("browser", pa.string()), ("hostname", pa.string())]))])),
    ("geo", pa.struct([("country", pa.string()), ("city", pa.string())])),
    ("ecommerce", pa.struct([("transaction_id", pa.string()), ("purchase_revenue", pa.float64())])),
]  # fmt: skip
GA4_SCHEMA: pa.Schema = pa.schema(GA4_COLUMNS)


def google_analytics_4(landing: Path, everybody: Sequence[Person], form: str) -> None:
    """A day's table as BigQuery extracts it: Parquet, Avro, or JSON Lines with 64-bit integers as text."""
    landing.mkdir(parents=True, exist_ok=True)
    events = ga4_events(everybody, date(2026, 11, 23))
    path = landing / f"events_20261123-000000000000.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(events, GA4_SCHEMA), path)
    elif form == "avro":
        with path.open("wb") as file:
            fastavro.writer(file, fastavro.parse_schema(_avro("Root", GA4_SCHEMA)), events, codec="deflate")
    else:
        path.write_text("".join(json.dumps(_without_nulls(event)) + "\n" for event in events))
    (landing / f"events_intraday_20261124.{form}").write_bytes(path.read_bytes())


def _avro(name: str, fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": each.name, "type": _avro_type(f"{name}_{each.name}", each.type)} for each in fields],
    }


def _avro_type(name: str, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return {"type": "array", "items": _avro(name, kind.value_type)}
    if pa.types.is_struct(kind):
        return ["null", _avro(name, kind)]
    return ["null", {"string": "string", "int64": "long", "double": "double"}[str(kind)]]


def _without_nulls(value: Any) -> Any:
    """As BigQuery writes JSON: what is null is left out, and a 64-bit integer is text."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return str(value) if isinstance(value, int) else value
