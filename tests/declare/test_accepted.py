"""What looks unusual and is right is not refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]
CLUB, SHOP, ROOM, HOME = tuple(FILES)[1:4] + tuple(FILES)[:1]


def _each(file: str, text: str, *instead: str) -> list[tuple[str, str, str]]:
    return [(file, text, each) for each in instead]


ACCEPTED = [
    *_each(
        CLUB, "cron(0 2 * * ? *)",
        "cron(0/15 * * * ? *)", "cron(0 8-18/2 ? * MON-FRI *)", "cron(30 6 L * ? 2026-2030)", "cron(0 0 15W 1,7 ? *)",
        "cron(5 10 ? JAN-MAR 6L *)", "cron(0 9 ? * 3#2 *)", "cron(0 0 29 2 ? *)", "cron(0 0 31 2,3 ? *)",
        "cron(0 12 ? * sun *)", "cron(0,30 * */2 * ? *)", "rate(1 hour)", "rate(1 hours)", "rate(365 days)",
    ),
    *_each(
        CLUB, 'notify: ["log:"]',
        "notify: []", 'notify: ["https://hooks.example/T0/B0/x?y=z"]', 'notify: ["http://127.0.0.1:8080/hook"]',
        'notify: ["http://[::1]/hook", "http://localhost/"]', 'notify: ["smtp://mail.example:587/data+ops@shop.example"]',
    ),
    *_each(
        CLUB, "landing/loyalty/*.csv.pgp",
        "landing/**/[0-9]*.csv.gz.PGP", "s3://bucket/in/*.csv.asc", "file:///srv/in/*.tsv.gpg", "gs://b/x.csv.pgp",
        "abfss://box@account.dfs.core.windows.net/*.csv.pgp", "landing/loyalty/*", "landing/loyalty/", "in/*.zip",
        "landing/loyalty/*.csv*", "landing/my files/é.csv.pgp", "landing/a..b/x.csv.pgp",
    ),
    *_each(
        CLUB, '"%m/%d/%Y"',
        '"%Y%m%d"', '["%d.%m.%Y", "%d %B %Y"]', '"%F"', '"%j/%Y"', '"%a, %d %b %y"', '"%Y-%m-%d 100%%"',
    ),
    *_each(
        CLUB, "timezone: Europe/Berlin",
        'format: "%Y-%m-%dT%H:%M:%S.%f%z"', 'format: "%d.%m.%Y %I:%M %p"', "timezone: UTC", 'format: "%Y-%m-%d"',
    ),
    *_each(
        CLUB, 'delimiter: ";"',
        "delimiter: '|'", 'delimiter: "\\t"', "delimiter: '§'", 'quote: ""', 'escape: "\\\\"', "escape: '\"'",
        "encoding: UTF-16", "encoding: shift_jis", "encoding: Windows-1252", 'null: ["", "N/A", "null"]',
        "header: false\n    names: [customer_id, email, phone, zip, tier, signup, seen, ltv, score, card, note]",
    ),
    *_each(
        CLUB, '    type: csv\n    delimiter: ";"\n',
        "    type: json\n", "    type: json\n    records: items\n", "    type: json\n    records: data.items\n",
        "    type: json\n    records: '\"my.items\"'\n", "    type: jsonl\n",
    ),
    *_each(
        CLUB, "protect: sha256",
        "protect: none\n    because: the members agreed to it", "protect: sha256 # yes",
        "protect: hmac-sha256\n    secret: aws-secretsmanager:keys/email#current",
    ),
    *_each(CLUB, "key: customer_id", "key: [customer_id, email]", "key: card", "key: [phone, signup]"),
    *_each(CLUB, "region: US", "region: GB", "region_from: land", "region_from: land, region: XK"),
    *_each(CLUB, "minimum: {column: email, count: 50}",
           "minimum: [{column: email, count: 50}, {column: phone, count: 20}]", "minimum: {column: tier, count: 3}"),
    *_each(CLUB, "- collaboration: spring", "- name: club_members\n    collaboration: spring"),
    *_each(CLUB, "share:\n", "share: # what follows\n"),
    *_each(
        SHOP, "table: public.orders",
        "table: orders", "table: '\"Shop\".\"Order Lines\"'", "table: Sales.Orders", "query: SELECT * FROM a",
        "query: SELECT a.*, now() AS x FROM a JOIN b USING (id);", "query: (SELECT updated_at FROM a) UNION ALL "
        "SELECT updated_at FROM b",
        "query: >-\n    WITH x AS (SELECT 1 AS updated_at)\n    SELECT x.updated_at FROM x",
        "query: \"SELECT updated_at, 'a;b' AS y, data->>'k' AS z FROM a -- all; of it\"",
        "query: SELECT DISTINCT ON (id) updated_at FROM a WHERE x ~* '^a' AND y @> ARRAY[1] ORDER BY id LIMIT 5",
    ),
    *_each(HOME, "store: store", "store: s3://bucket/prefix", "store: /srv/store", "store: ."),
    *_each(HOME, "tenants:\n", "catalog: {path: data/catalog.db}\ncleanroom: {}\ntenants:\n"),
    *_each(ROOM, "  streamly: {}", "  streamly: {abilities: [receive]}", "  streamly:\n    abilities: []"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "text", "instead"), ACCEPTED, ids=[f"{file}: {new}" for file, _, new in ACCEPTED])
def test_what_is_right_is_not_refused(told: Told, file: str, text: str, instead: str) -> None:
    assert text in FILES[file]
    assert told({file: FILES[file].replace(text, instead, 1)}) == []
