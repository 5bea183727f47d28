"""Every kind of mistake is told once, with its file, line, key, what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.declare.conftest import FILES

from antechamber.declare.registry import MODELS

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]

CLUB, SHOP, ROOM, HOME = tuple(FILES)[1:4] + tuple(FILES)[:1]
PROTECTIONS = "(sha256, hmac-sha256, mask, bucket, truncate, tokenize, noise, drop, none)"
NAMED = ("customer_id", "email", "phone", "zip", "tier", "signup", "seen", "ltv", "score", "card", "note")
PLACED = f"    type: fixed\n    columns: {{{', '.join(f'{name}: 9' for name in NAMED)}}}\n"


# (file, text, what stands there instead, where, what, a part of the remedy)
CASES: list[tuple[str, str, str, str, str, str]] = [
    # placeholders
    (CLUB, "columns:", "placeholders: {keep: [rolls]}\ncolumns:", ":11: placeholders.keep[0]",
     "'rolls' is not a class of placeholders", "did you mean 'roles'?"),
    (CLUB, "columns:", "placeholders: {also: [roles]}\ncolumns:", ":11: placeholders.also[0]",
     "'roles' counts without being named", "epoch, fictional, private"),
    (CLUB, "columns:", 'placeholders: {email: ["*@*"]}\ncolumns:', ":11: placeholders.email[0]",
     "'*@*' is met by every value", "write a part"),
    (CLUB, "{type: float}", "{type: float, placeholders: false}", ":22: columns.score.placeholders",
     "`placeholders` means nothing for type float", "remove it"),
    # one key
    (CLUB, "protect: sha256", "protect: sha265", ":15: columns.email.protect", "'sha265' is not a protection",
     f"did you mean 'sha256'?  {PROTECTIONS}"),
    (CLUB, "protect: sha256", "protect: SHA256", ":15: columns.email.protect", "'SHA256' is not a protection",
     "did you mean 'sha256'?"),
    (CLUB, "protect: sha256", "protcet: sha256", ":15: columns.email.protcet",
     "'protcet' is not a key that is known here",
     "did you mean 'protect'?"),
    (CLUB, "type: email", "type: mail", ":14: columns.email.type", "'mail' is not a column type",
     "did you mean 'email'?"),
    (CLUB, "type: float", "type: 7", ":22: columns.score.type", "expected text, found a number",
     "use one of id, string"),
    (CLUB, "  score: {type: float}", "  score: {}", ":22: columns.score.type", "this key is missing",
     "add type: one of"),
    (CLUB, "  score: {type: float}", "  score:\n    required: true", ":22: columns.score.type", "this key is missing",
     "add type: one of id, string"),
    (CLUB, "  score: {type: float}", "  score: float", ":22: columns.score", "expected a mapping, found text",
     "write key: value"),
    (CLUB, "  score: {type: float}", "  score:", ":22: columns.score", "expected a mapping, found nothing",
     "key: value"),
    (CLUB, "  score: {type: float}", "  Score: {type: float}", ":22: columns.Score",
     "'Score' is not a name that every catalog accepts", "lower-case letters"),
    (CLUB, "precision: 12", "precision: twelve", ":21: columns.ltv.precision", "expected a whole number, found text",
     "digits"),
    (CLUB, "precision: 12", "precision: 1.5", ":21: columns.ltv.precision",
     "expected a whole number, found a number with a fraction", "digits"),
    (CLUB, "precision: 12", "precision: 39", ":21: columns.ltv.precision", "39 is too large", "use 1 to 38"),
    (CLUB, "precision: 12", "precision: 0", ":21: columns.ltv.precision", "0 is too small", "use 1 to 38"),
    (CLUB, "{type: float}", "{type: float, required: yes}", ":22: columns.score.required",
     "expected true or false, found text", "write true or false"),
    (CLUB, "one_of: [gold, silver, bronze]", "one_of: [1]", ":18: columns.tier.one_of[0]",
     "expected text, found a number", "put it in quotes"),
    (CLUB, "one_of: [gold, silver, bronze]", "one_of: gold", ":18: columns.tier.one_of",
     "expected a list, found text",
     "write [one, two]"),
    (CLUB, 'delimiter: ";"', 'delimiter: ";;"', ":10: source.format.delimiter", "';;' is longer than one character",
     "shorten"),
    (CLUB, 'delimiter: ";"', "delimiter: '\\t'", ":10: source.format.delimiter", "'\\t' is longer than one character",
     'a tab is "\\t" in double quotes'),
    (CLUB, 'delimiter: ";"', 'delimiter: ""', ":10: source.format.delimiter", "the text is empty", "write it"),
    (CLUB, "type: csv", "type: xml", ":9: source.format.type", "'xml' is not a file format", "csv, fixed, jsonl"),
    (CLUB, "    type: csv\n", "", ":8: source.format.type", "this key is missing", "csv, fixed, jsonl"),
    (CLUB, "    type: csv\n    delimiter: \";\"\n", PLACED.replace("zip: 9", "zip: {start: 0, width: 2}"),
     ":10: source.format.columns.zip.start", "0 is too small", "1 or more"),
    (CLUB, "    type: csv\n    delimiter: \";\"\n", PLACED + "    length: 98\n",
     ":11: source.format.length", "a column ends behind the line's end", "write 99 or more"),
    (CLUB, "    type: csv\n    delimiter: \";\"\n", PLACED + "    unit: bytes\n    encoding: utf-16\n",
     ":11: source.format.unit", "places in 'utf-16' cannot be counted in bytes", "write characters"),
    (CLUB, "    type: csv\n    delimiter: \";\"\n", PLACED.replace("zip", "plz"),
     ":17: columns.zip.source", "the files have no column 'zip'", "plz"),
    (CLUB, "    type: csv\n    delimiter: \";\"\n", "    type: json\n    records: data[0].items\n",
     ":10: source.format.records", "'data[0].items' is not a path of keys", "data.items"),
    (CLUB, "type: landing", "type: landig", ":5: source.type", "'landig' is not a source type",
     f"did you mean 'landing'?  ({', '.join(MODELS)})"),
    (CLUB, "type: landing", "type: kafka", ":5: source.type", "'kafka' is not a source type", ", ".join(MODELS)),
    (SHOP, "type: postgresql", "type: postgres", ":4: source.type", "'postgres' is not a source type",
     "did you mean 'postgresql'?"),
    (CLUB, "connector: loyalty\n", "", ":2: connector", "this key is missing", "add connector: text"),
    (CLUB, "connector: loyalty\n", "connector: Loyalty Club\n", ":2: connector", "'Loyalty Club' is not a name",
     "lower-case letters, digits, - and _"),
    (CLUB, "count: 50", "count: 1", ":40: share[0].rule.aggregation.minimum.count", "1 is too small",
     "use 2 to 100,000"),
    (CLUB, "{column: email, count: 50}", "50", ":40: share[0].rule.aggregation.minimum",
     "expected a mapping or a list, found a number", "write a mapping or a list"),
    (CLUB, "function: SUM", "function: COUNT_DISTINCT", ":36: share[0].rule.aggregation.aggregate[1].function",
     "'COUNT_DISTINCT' is not an aggregate function", "did you mean 'COUNT DISTINCT'?"),
    (CLUB, "function: SUM", "function: MEDIAN", ":36: share[0].rule.aggregation.aggregate[1].function",
     "'MEDIAN' is not an aggregate function", "COUNT, COUNT DISTINCT, SUM, SUM DISTINCT, AVG"),
    (ROOM, "  streamly: {}\n", "", ":2: members", "the mapping has 1 of at least 2 entries", "name at least 2"),
    (ROOM, "query, receive", "ask, receive", ":3: members.acme.abilities[0]", "'ask' is not an ability",
     "query, receive"),
    (HOME, "key: env:ACME_KEY", "key: 0123456789abcdef", ":5: tenants.acme.key", "not a secret reference",
     "env:…, file:…"),
    (HOME, "key: env:ACME_KEY", "key: {env: ACME_KEY}", ":5: tenants.acme.key",
     "expected a secret reference, found a mapping", "without a space behind the ':'"),
    # between the keys of a column
    (CLUB, "    protect: sha256\n", "", ":13: columns.email.protect",
     "an e-mail address cannot be published as it is: `protect` is missing",
     "add protect: sha256; or protect: none with because:"),
    (CLUB, "protect: sha256", "protect: none", ":15: columns.email.protect",
     "an e-mail address is published as it is, and no reason is given", "add because:"),
    (CLUB, "protect: sha256", 'protect: none\n    because: " "', ":15: columns.email.protect",
     "an e-mail address is published as it is, and no reason is given", "add because:"),
    (CLUB, ", secret: env:PHONE_KEY", "", ":16: columns.phone.secret", "hmac-sha256 needs a key",
     "add secret: env:NAME"),
    (CLUB, "{type: float}", "{type: float, secret: env:X}", ":22: columns.score.secret",
     "only hmac-sha256 and tokenize use a secret", "remove it"),
    (CLUB, "{type: float}", "{type: float, keep_last: 4}", ":22: columns.score.keep_last",
     "only `protect: mask` uses keep_last", "remove it"),
    (CLUB, "{type: float}", "{type: float, region: US}", ":22: columns.score.region",
     "`region` means nothing for type float", "it is for phone"),
    (CLUB, "region: US", "region: usa", ":16: columns.phone.region", "'usa' is not a country code",
     "did you mean 'US'?"),
    (CLUB, "region: US", "region: UK", ":16: columns.phone.region", "'UK' is not a country code",
     "did you mean 'GB'?"),
    (CLUB, "region: US", "region: XX", ":16: columns.phone.region", "'XX' is not a country code",
     "such as US, GB or DE"),
    (CLUB, "country: US", "country: us", ":17: columns.zip.country", "'us' is not a country code",
     "did you mean 'US'?"),
    (CLUB, "{type: float}", "{type: country, country_from: land}", ":22: columns.score.country_from",
     "`country_from` means nothing for type country", "postal_code, state, city, address"),
    (CLUB, "{type: float}", "{type: float, standard: aws-entity-resolution}", ":22: columns.score.standard",
     "`standard` means nothing for type float", "email, "),
    (CLUB, "protect: sha256", "protect: sha256\n    standard: entity-resolution", ":16: columns.email.standard",
     "'entity-resolution' is not a standard", "did you mean 'aws-entity-resolution'?"),
    (CLUB, "tenant: acme\n", "tenant: acme\nstandard: uid3\n", ":4: standard", "'uid3' is not a standard",
     "aws-entity-resolution"),
    (CLUB, "protect: sha256", "protect: sha256\n    keys: {a: uid3, email: meta}", ":16: columns.a.standard",
     "'uid3' is not a standard", "did you mean 'uid2'?"),
    (CLUB, "protect: sha256", "protect: sha256\n    keys:\n      a: uid2\n      email: {protect: sha265}",
     ":18: columns.email.protect", "'sha265' is not a protection", "did you mean 'sha256'?"),
    (CLUB, "protect: sha256", "protect: sha256\n    keys:\n      phone: uid2\n      email: meta",
     ":17: columns.phone", "there are two columns 'phone'", "rename this key of 'email'"),
    (CLUB, "protect: sha256", "protect: sha256\n    keys: {a: uid2, email: {type: phone}}",
     ":16: columns.email.type", "'type' is the column's, the same for all of its keys", "beside keys:"),
    (CLUB, "protect: sha256", "protect: sha256\n    keys: uid2", ":16: columns.email.keys",
     "expected a mapping, found text", "write key: value"),
    (CLUB, "protect: sha256", "protect: none\n    keys: {email: {protect: sha256}, a: uid2}",
     ":15: columns.a.protect",
     "an e-mail address is published as it is, and no reason is given", "add because:"),
    (CLUB, "protect: sha256", "protect: sha256\n    encoding: Base64", ":16: columns.email.encoding",
     "'Base64' is not an encoding", "did you mean 'base64'?"),
    (CLUB, "{type: float}", "{type: float, encoding: hex}", ":22: columns.score.encoding",
     "only hashes have an encoding", "protect: sha256 or hmac-sha256"),
    (CLUB, "{type: float}", "{type: float, salt: env:X}", ":22: columns.score.salt", "only sha256 uses a salt",
     "remove it"),
    (CLUB, "protect: sha256", "protect: sha256\n    salt_at: end", ":16: columns.email.salt_at", "there is no salt",
     "add salt:"),
    (CLUB, "{type: float}", "{type: float, hashed_input: hash}", ":22: columns.score.hashed_input",
     "only hashes of the types of a standard are looked for", "remove it"),
    (CLUB, "{type: float}", "{type: float, on_invalid: discard}", ":22: columns.score.on_invalid",
     "'discard' is not something that becomes of an invalid value", "null, quarantine, drop"),
    (CLUB, "{type: float}", "{type: dob}", ":22: columns.score.type", "'dob' is not a column type",
     "did you mean 'date_of_birth'?"),
    (CLUB, "{type: float}", "{type: maid}", ":22: columns.score.type", "'maid' is not a column type",
     "did you mean 'mobile_ad_id'?"),
    (CLUB, "{type: float}", "{type: sex}", ":22: columns.score.type", "'sex' is not a column type",
     "did you mean 'gender'?"),
    (CLUB, "{type: float}", "{type: ip_address}", ":22: columns.score.protect",
     "an IP address cannot be published as it is: `protect` is missing", "add protect: sha256"),
    (CLUB, "{type: float}", "{type: external_id}", ":22: columns.score.protect",
     "an external id cannot be published as it is: `protect` is missing", "add protect: sha256"),
    (CLUB, "{type: float}", '{type: date_of_birth, protect: sha256, format: "%d/%m"}', ":22: columns.score.format",
     "'%d/%m' has no year", "add %Y or %y"),
    (CLUB, "{type: float}", '{type: string, format: "%Y"}', ":22: columns.score.format",
     "`format` means nothing for type string", "date, timestamp, date_of_birth"),
    (CLUB, "%m/%d/%Y", "%m/%d/%Q", ":19: columns.signup.format",
     "'%Q' in '%m/%d/%Q' is not a directive of strptime", "%Y"),
    (CLUB, "%m/%d/%Y", "epoch", ":19: columns.signup.format", "'epoch' has no directive",
     "epoch_s, epoch_ms or epoch_us"),
    (CLUB, "%m/%d/%Y", "%m/%d", ":19: columns.signup.format", "'%m/%d' has no year", "add %Y"),
    (CLUB, "%m/%d/%Y", "%d.%Y", ":19: columns.signup.format", "'%d.%Y' has no month", "add %m"),
    (CLUB, "%m/%d/%Y", "%m.%Y", ":19: columns.signup.format", "'%m.%Y' has no day", "add %d"),
    (CLUB, "%m/%d/%Y", "%m/%d/%Y%", ":19: columns.signup.format", "'%m/%d/%Y%' ends in a lone %", "%%"),
    (CLUB, '"%m/%d/%Y"', "[]", ":19: columns.signup.format", "the list is empty", "name a format"),
    (CLUB, '"%m/%d/%Y"', '["%Y-%m-%d", MM/DD/YYYY]', ":19: columns.signup.format[1]", "'MM/DD/YYYY' has no directive",
     "%Y-%m-%d"),
    (CLUB, "timezone: Europe/Berlin", 'format: "%Y-%m-%d %I:%M"', ":20: columns.seen.format",
     "'%Y-%m-%d %I:%M' has an hour of twelve (%I) without AM or PM", "add %p"),
    (CLUB, "timezone: Europe/Berlin", "timezone: Europe/Berln", ":20: columns.seen.timezone",
     "'Europe/Berln' is not a time zone", "did you mean 'Europe/Berlin'?"),
    (CLUB, "{type: float}", "{type: date, timezone: UTC}", ":22: columns.score.timezone",
     "`timezone` means nothing for type date", "it is for timestamp"),
    (CLUB, "{type: float}", "{type: integer, scale: 2}", ":22: columns.score.scale",
     "`scale` means nothing for type integer", "it is for decimal"),
    (CLUB, "scale: 2", "scale: 13", ":21: columns.ltv.scale", "13 digits behind the point do not fit in 12 digits",
     "at least 13"),
    (CLUB, "precision: 12, scale: 2", "precision: 1", ":21: columns.ltv.precision",
     "2 digits behind the point do not fit in 1 digits", "at least 2"),
    (CLUB, "[gold, silver, bronze]", "[]", ":18: columns.tier.one_of",
     "the list is empty: no value would be valid", "name"),
    (CLUB, "[gold, silver, bronze]", "[gold, silver, gold]", ":18: columns.tier.one_of[2]",
     "'gold' is in the list before",
     "remove it"),
    (CLUB, "{type: float}", "{type: integer, one_of: ['1']}", ":22: columns.score.one_of",
     "`one_of` means nothing for type integer", "string and id"),
    # the table
    (CLUB, "  key: customer_id\n", "", ":25: table.key", "upsert needs a key", "add key:"),
    (CLUB, "mode: upsert", "mode: append", ":28: table.key", "a key means nothing for mode append",
     "write mode: upsert"),
    (CLUB, "key: customer_id", "key: custmer_id", ":28: table.key", "'custmer_id' is not a published column",
     "did you mean 'customer_id'?"),
    (CLUB, "key: customer_id", "key: note", ":28: table.key", "the key's column 'note' is dropped",
     "remove protect: drop"),
    (CLUB, "key: customer_id", "key: [customer_id, score]", ":28: table.key[1]",
     "'score' is a float, which is no key",
     "decimal"),
    (CLUB, "key: customer_id", "key: [tier, tier]", ":28: table.key[1]", "'tier' is in the list before", "remove it"),
    (CLUB, "key: customer_id", "key: []", ":28: table.key", "the list is empty", "name the columns"),
    # landing
    (CLUB, '  decrypt: {pgp: "file:keys/acme.asc"}\n', "", ":4: source.decrypt",
     "the files are PGP messages, and no key is named", "add decrypt: {pgp: file:path}"),
    (CLUB, "*.csv.pgp", "*.csv", ":7: source.decrypt", "keys are named, and nothing is PGP-encrypted",
     "remove decrypt"),
    (CLUB, "  format:", "  unseal: [gzip]\n  format:", ":7: source.decrypt",
     "keys are named, and nothing is PGP-encrypted", "add pgp to unseal"),
    (CLUB, '*.csv.pgp\n  decrypt: {pgp: "file:keys/acme.asc"}', "*.csv.kms", ":4: source.decrypt",
     "the files are sealed with a KMS key, and none is named", "decrypt: {kms: arn}"),
    (CLUB, '*.csv.pgp\n  decrypt: {pgp: "file:keys/acme.asc"}',
     '*.csv.kms\n  decrypt: {kms: "arn:aws:kms:eu-central-1:111122223333:key/1-a", signer: "file:keys/acme.asc"}',
     ":7: source.decrypt.signer", "signer means nothing without pgp", "add pgp:"),
    (CLUB, '*.csv.pgp\n  decrypt: {pgp: "file:keys/acme.asc"}', "*.csv\n  decrypt: {}", ":7: source.decrypt",
     "no key is named", "add pgp: or kms:"),
    (CLUB, 'pgp: "file:keys/acme.asc"',
     'pgp: "file:keys/acme.asc", kms: "arn:aws:kms:eu-central-1:111122223333:key/1-a"',
     ":7: source.decrypt.kms", "a KMS key is named, and nothing is sealed with one", "end the path in .kms"),
    (CLUB, '*.csv.pgp\n  decrypt: {pgp: "file:keys/acme.asc"}',
     '*.csv.kms.gpg\n  decrypt: {pgp: "file:k", kms: alias/a}',
     ":7: source.decrypt.kms", "'alias/a' is not the ARN of a KMS key", "arn:aws:kms:REGION"),
    (CLUB, "path: landing", "path: /landing", ":6: source.path", "the path is not relative to the store",
     "file:///landing"),
    (CLUB, "path: landing", "path: landing/../x", ":6: source.path", "the path climbs with '..'",
     "from the store's top"),
    (CLUB, "path: landing", "path: ftp://landing", ":6: source.path", "'ftp://' is not a kind of store", "s3"),
    (CLUB, "path: landing", "path: s3://key:hunter2@bucket", ":6: source.path", "the URL holds a user or password",
     "remove it"),
    (CLUB, "*.csv.pgp", "[ab*.csv.pgp", ":6: source.path", "a '[' of the pattern is not closed", "']'"),
    (CLUB, 'delimiter: ";"', "delimiter: '\"'", ":10: source.format.delimiter",
     "quote and delimiter are the same character", "choose another"),
    (CLUB, 'delimiter: ";"', "header: false", ":8: source.format.names", "a file without a header needs names",
     "add names"),
    (CLUB, 'delimiter: ";"', "names: [a, b]", ":10: source.format.names",
     "names are given, and the files have a header",
     "add header: false"),
    (CLUB, 'delimiter: ";"', "encoding: utf-9", ":10: source.format.encoding", "'utf-9' is not an encoding",
     "did you mean 'utf-8'?"),
    (CLUB, 'delimiter: ";"', "encoding: base64", ":10: source.format.encoding", "'base64' is not an encoding",
     "utf-8"),
    (CLUB, "  format:\n    type: csv\n    delimiter: \";\"\n", "  marker: \"{file}.done\"\n", ":8: source.marker",
     "'{file}' stands for nothing here", "only {name}"),
    (CLUB, "*.csv.pgp\n  decrypt: {pgp: \"file:keys/acme.asc\"}\n  format:\n    type: csv\n    delimiter: \";\"\n",
     "*.xml\n", ":4: source.format", "the ending '.xml' does not tell the files' format", "add format:"),
    # PostgreSQL
    (SHOP, "  table: public.orders\n", "", ":3: source.table", "neither a table nor a query is named", "add table:"),
    (SHOP, "  watermark", "  query: SELECT 1 AS updated_at\n  watermark", ":7: source.query",
     "both a table and a query are given", "remove one"),
    (SHOP, "table: public.orders", "table: shop.public.orders", ":6: source.table",
     "'shop.public.orders' is not a table's name", "schema.table"),
    (SHOP, "table: public.orders", "query: DELETE FROM orders", ":6: source.query", "the query is not a SELECT",
     "SELECT"),
    (SHOP, "table: public.orders", "query: SELECT * FROM a; SELECT * FROM b", ":6: source.query",
     "the query is more than one statement", "one SELECT"),
    (SHOP, "table: public.orders", "query: WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", ":6: source.query",
     "the query changes data", "only reads"),
    (SHOP, "table: public.orders", "query: SELECT * FROM a FOR UPDATE", ":6: source.query",
     "the query locks rows (FOR UPDATE, FOR SHARE)", "remove"),
    (SHOP, "table: public.orders", "query: SELECT FROM WHERE", ":6: source.query",
     "the query is not SQL that PostgreSQL reads", "one SELECT"),
    (SHOP, "table: public.orders", "query: SELECT order_id FROM a", ":7: source.watermark",
     "the query does not return 'updated_at'", "add it to what the query selects"),
    (SHOP, "watermark: updated_at", "lateness: 60", ":7: source.lateness",
     "lateness means nothing without a watermark",
     "add watermark:"),
    (SHOP, "mode: upsert, key: [order_id]", "mode: replace", ":7: source.watermark",
     "each run would replace the whole table by what changed since the last", "upsert"),
    (SHOP, "watermark: updated_at", "deleted: gone\n  incremental: cdc", ":7: source.deleted",
     "change capture takes what the database deletes, and reads no marks", "read by watermark"),
    (SHOP, "watermark: updated_at\ncolumns:\n  order_id: {type: integer}\n"
     "table: {name: orders, mode: upsert, key: [order_id]}",
     "deleted: gone\ncolumns:\n  order_id: {type: integer}\ntable: {name: orders}", ":7: source.deleted",
     "a deleted record leaves the table by its key, which mode append does not have", "write mode: upsert"),
    (SHOP, "table: public.orders", "query: SELECT updated_at FROM a\n  deleted: gone", ":7: source.deleted",
     "the query does not return 'gone'", "add it to what the query selects"),
    (SHOP, "url: env:SHOP_URL", "url: postgresql://shop:hunter2@db/shop", ":5: source.url", "not a secret reference",
     "env:…"),
    # sharing
    (CLUB, "[email, phone, tier, zip, ltv]", "[email, phone, tier, zip, ltv, emial]", ":31: share[0].columns[5]",
     "'emial' is not a published column", "did you mean 'email'?"),
    (CLUB, "[email, phone, tier, zip, ltv]", "[email, phone, tier, zip, ltv, note]", ":31: share[0].columns[5]",
     "'note' is dropped, so it cannot be shared", "remove protect: drop"),
    (CLUB, "dimensions: [tier, zip]", "dimensions: [tier, zip, signup]",
     ":38: share[0].rule.aggregation.dimensions[2]",
     "'signup' is not a shared column", "email, phone, tier"),
    (CLUB, "dimensions: [tier, zip]", "dimensions: [tier, phone]", ":38: share[0].rule.aggregation.dimensions[1]",
     "'phone' is a dimension and a join column", "one of them"),
    (CLUB, "dimensions: [tier, zip]", "dimensions: [ltv]", ":38: share[0].rule.aggregation.dimensions[0]",
     "'ltv' is a dimension and an aggregate column", "one of them"),
    (CLUB, "column: email", "column: signup", ":40: share[0].rule.aggregation.minimum.column",
     "'signup' is not a shared column", "use one of"),
    (CLUB, "{column: email", "{column: tier", ":40: share[0].rule.aggregation.minimum.count",
     "'tier' has at most 3 values, so 50 can never be reached", "identifies a person"),
    (CLUB, "[UPPER]", "[upper]", ":39: share[0].rule.aggregation.scalar_functions[0]",
     "'upper' is not a scalar function of a rule", "did you mean 'UPPER'?"),
    (CLUB, "{columns: [ltv], function: SUM}", "{columns: [phone], function: AVG}",
     ":36: share[0].rule.aggregation.aggregate[1].columns[0]",
     "AVG needs a number, and 'phone' is published as text", "COUNT"),
    (CLUB, "join: [email, phone]", "join_required: true", ":37: share[0].rule.aggregation.join_required",
     "a join is required, and no column may be joined on: no query could be answered", "join:"),
    (CLUB, "    columns: [email,", "    name: select\n    columns: [email,", ":31: share[0].name",
     "'select' is a reserved word of SQL", "another name"),
    (CLUB, "    columns: [email,", "    name: pg_loyalty\n    columns: [email,", ":31: share[0].name",
     "AWS Clean Rooms accepts no name that begins with 'pg_'", "another name"),
    (CLUB, "- collaboration: spring", "- collaboration: sprin", ":30: share[0].collaboration",
     "there is no collaboration 'sprin'", "did you mean 'spring'?"),
    # between files
    (CLUB, "tenant: acme", "tenant: acne", ":3: tenant", "'acne' is not a tenant of the workspace",
     "did you mean 'acme'?"),
    (SHOP, "connector: orders", "connector: loyalty", ":1: connector",
     "the connector 'loyalty' is declared before, in connectors/loyalty.yaml:2", "a name of its own"),
    (SHOP, "table: {name: orders", "table: {name: loyalty", ":10: table.name",
     "'acme' publishes to the table 'loyalty' before, in connectors/loyalty.yaml:25", "a table of its own"),
    (ROOM, "  streamly: {}", "  streamy: {}", ":4: members.streamy", "'streamy' is not a tenant of the workspace",
     "did you mean 'streamly'?"),
    (ROOM, "streamly: {}", "streamly: {abilities: [query]}", ":4: members.streamly.abilities",
     "'acme' queries already, and only one member may", "remove query"),
    (ROOM, "[query, receive]", "[receive]", ":2: members", "no member can query", "abilities: [query]"),
    (ROOM, "[query, receive]", "[query]", ":2: members", "no member can receive answers", "abilities: [receive]"),
    (HOME, "    key: file:keys/streamly.key", "    key: file:keys/streamly.key\n    database: acme",
     ":9: tenants.streamly.database",
     "'streamly' and 'acme' would share the database 'acme'", "of its own"),
    (HOME, '    notify: ["log:"]\n  streamly:',
     '    account: "111111111111"\n  streamly:\n    account: "111111111111"',
     ":8: tenants.streamly.account", "'streamly' and 'acme' would be the same account", "of its own"),
    (HOME, '    notify: ["log:"]', '    account: "12-34"', ":6: tenants.acme.account",
     "'12-34' is not an AWS account id", "twelve digits"),
    (HOME, "store: store", "store: ftp://host/x", ":2: store", "'ftp://' is not a kind of store", "s3"),
    (HOME, '["log:"]', '["http://hooks.example/x"]', ":6: tenants.acme.notify[0]",
     "a webhook without TLS may only be on this machine", "https://"),
    # schedule and notify
    (CLUB, "cron(0 2 * * ? *)", "cron(0 2 * * *)", ":41: schedule", "cron has 5 fields here, and needs six",
     "cron(0 2 * * ? *)"),
    (CLUB, "cron(0 2 * * ? *)", "0 2 * * *", ":41: schedule", "'0 2 * * *' is not a schedule",
     'write "cron(0 2 * * ? *)"'),
    (CLUB, "cron(0 2 * * ? *)", "cron(0 2 * * * *)", ":41: schedule",
     "the day of the month is '*' and the day of the week is '*'", "write ? for one"),
    (CLUB, "cron(0 2 * * ? *)", "cron(60 2 * * ? *)", ":41: schedule", "'60' does not fit minutes", "use 0 to 59"),
    (CLUB, "cron(0 2 * * ? *)", "cron(0 2 ? * FRY *)", ":41: schedule", "'FRY' does not fit day of the week",
     "SUN to SAT"),
    (CLUB, "cron(0 2 * * ? *)", "cron(0 2 30 2 ? *)", ":41: schedule", "no such day ever comes: day 30 of month 2",
     "choose"),
    (CLUB, "cron(0 2 * * ? *)", "rate(5 minute)", ":41: schedule", "'minute' does not go with 5",
     "did you mean 'minutes'?"),
    (CLUB, "cron(0 2 * * ? *)", "rate(0 days)", ":41: schedule", "a rate of 0 never comes", "at least 1"),
    (CLUB, "cron(0 2 * * ? *)", "rate(2 fortnights)", ":41: schedule", "'fortnights' is not a unit of time",
     "minutes"),
    (CLUB, 'notify: ["log:"]', 'notify: [slack]', ":42: notify[0]", "this is not a place that can be notified",
     "use log:"),
    (CLUB, 'notify: ["log:"]', 'notify: ["smtp://mail.example/a@b.example"]', ":42: notify[0]",
     "the mail server's port is missing", "587"),
    (CLUB, 'notify: ["log:"]', "notify:\n  - log:", ":43: notify[0]", "expected text, found a mapping", "in quotes"),
]  # fmt: skip


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
