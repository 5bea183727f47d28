"""What the generator says is in its files is what an independent reader finds in them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import phonenumbers
import pyarrow.parquet as pq
import pytest
from tests.examples.conftest import Example

from antechamber.errors import UnsealError
from antechamber.examples.retail import PUBLIC_KEY, Spec, generate, queries
from antechamber.examples.retail.export import AUDIENCE, LOYALTY
from antechamber.examples.retail.sealing import seal

TIERS = {"founder", "gold", "silver", "bronze"}
Record = dict[str, str]


def opened(example: Example) -> Iterator[tuple[str, bytes]]:
    """The loyalty files, decrypted by GnuPG with the workspace's private key."""
    with tempfile.TemporaryDirectory() as home:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet"]
        subprocess.run([*gpg, "--import", example.folder / "keys/acme.pgp.asc"], check=True)
        try:
            for path in sorted((example.folder / LOYALTY).iterdir()):
                done = subprocess.run([*gpg, "--decrypt", path], check=True, capture_output=True)
                yield path.name, done.stdout
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


def parsed(content: bytes) -> tuple[list[Record], int]:
    """The well-formed records of a CSV file and the number of the others, by Python's own reader."""
    text = content.decode("utf-8-sig", errors="surrogateescape")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    names, records, malformed = next(rows), [], 0
    try:
        for row in rows:
            if len(row) == len(names) and text_of(row).isprintable():
                records.append(dict(zip(names, row, strict=True)))
            else:
                malformed += 1
    except csv.Error:
        malformed += 1
    return records, malformed


def text_of(row: list[str]) -> str:
    return "".join(row).replace("\n", "").replace("\r", "")


def is_valid(record: Record) -> bool:
    try:
        datetime.strptime(record["signup_date"], "%m/%d/%Y")
    except ValueError:
        return False
    return record["tier"] in TIERS


def normalised(email: str | None) -> str | None:
    """An e-mail address by the rules of aws-entity-resolution, written again."""
    text = unicodedata.normalize("NFD", (email or "").strip().lower())
    if inside := re.search("<(.*?)>", text):
        text = inside[1]
    text = re.sub(r"\s", "", text).replace("(at)", "@")
    return re.sub(r"[^\w.@-]", "", text, flags=re.ASCII) or None


def lines_of(path: Path) -> list[bytes]:
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).splitlines()


def audience(example: Example) -> tuple[dict[str, dict[str, object]], dict[str, tuple[int, int, int]], int]:
    """viewer_id → the last valid record; file → (records, malformed, invalid); how many records were replaced."""
    latest: dict[str, dict[str, object]] = {}
    counts: dict[str, tuple[int, int, int]] = {}
    valid = 0
    for path in sorted((example.folder / AUDIENCE).iterdir()):
        malformed = invalid = 0
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pylist()
            records = len(rows)
        else:
            rows, lines = [], lines_of(path)
            records = len(lines)
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                if not isinstance(row, dict):
                    malformed += 1
                    continue
                try:
                    datetime.fromisoformat(row["last_seen"])
                    rows.append(row)
                except ValueError:
                    invalid += 1
        counts[path.name] = (records, malformed, invalid)
        valid += len(rows)
        latest.update((row["viewer_id"], row) for row in rows)
    return latest, counts, valid - len(latest)


def test_the_loyalty_files_hold_what_the_generator_says(example: Example) -> None:
    told = example.truth.loyalty
    latest: dict[str, Record] = {}
    published = 0
    for name, content in opened(example):
        records, malformed = parsed(content)
        valid = [record for record in records if is_valid(record)]
        assert told.files[name].records == len(records) + malformed, name
        assert told.files[name].malformed == malformed > 0, name
        assert told.files[name].invalid == len(records) - len(valid) > 0, name
        published += len(valid)
        latest.update((record["customer_id"], record) for record in valid)
    assert told.published == len(latest)
    assert told.replaced == published - len(latest) > 0


def test_the_audience_files_hold_what_the_generator_says(example: Example) -> None:
    told = example.truth.audience
    latest, counts, replaced = audience(example)
    assert {name: (file.records, file.malformed, file.invalid) for name, file in told.files.items()} == counts
    assert told.published == len(latest)
    assert told.replaced == replaced > 0
    assert sum(malformed for _, malformed, _ in counts.values()) > 0 < sum(invalid for *_, invalid in counts.values())


def test_the_overlap_is_found_by_normalised_addresses_and_not_by_the_raw_ones(example: Example) -> None:
    members: dict[str, Record] = {}
    for _, content in opened(example):
        members.update((record["customer_id"], record) for record in parsed(content)[0] if is_valid(record))
    raw = {str(row["email"]) for row in audience(example)[0].values()}
    seen = {normalised(str(row["email"])) for row in audience(example)[0].values() if row["email"]}
    found: dict[str, int] = {}
    for record in members.values():
        if normalised(record["email"]) in seen:
            found[record["tier"]] = found.get(record["tier"], 0) + 1
    told = queries.overlap_by_tier(example.spec)
    assert told == found
    assert 0.8 * example.spec.shared_viewers < sum(found.values()) < example.spec.shared_viewers
    assert sum(record["email"] in raw for record in members.values()) < 0.5 * sum(found.values())


def test_the_rare_tier_is_in_the_overlap_and_too_small_to_appear(example: Example) -> None:
    for spec in (example.spec, Spec()):
        told = queries.overlap_by_tier(spec)
        assert 0 < told["founder"] < queries.MINIMUM
        assert all(people >= queries.MINIMUM for tier, people in told.items() if tier != "founder")
        campaigns = queries.revenue_by_campaign(spec)
        assert 0 < campaigns["pilot"].buyers < queries.MINIMUM
        assert all(row.buyers >= queries.MINIMUM for name, row in campaigns.items() if name != "pilot")


def test_both_sides_write_one_phone_number_in_many_ways(example: Example) -> None:
    written: dict[str, set[str]] = {}
    regions = {"us": "US", "unitedstates": "US", "gb": "GB", "unitedkingdom": "GB", "de": "DE", "germany": "DE"}
    styles = set()
    for _, content in opened(example):
        for record in parsed(content)[0][:3000]:
            if record["phone"] not in ("", "n/a"):
                country = regions[record["country"].lower().replace(" ", "")]
                number = phonenumbers.parse(record["phone"], country)
                assert phonenumbers.is_possible_number(number), record["phone"]
                written.setdefault(f"+{number.country_code}{number.national_number}", set()).add(record["phone"])
                styles.add((country, re.sub(r"\d", "", record["phone"]), record["phone"][:2] in ("00", "44", "49")))
    assert {country: sum(c == country for c, *_ in styles) >= 6 for country in ("US", "GB", "DE")} == dict.fromkeys(
        ("US", "GB", "DE"), True
    )
    for row in audience(example)[0].values():
        if row["phone"] not in ("", "n/a"):
            number = phonenumbers.parse(str(row["phone"]), regions[str(row["country"])])
            written.setdefault(f"+{number.country_code}{number.national_number}", set()).add(str(row["phone"]))
    assert sum(len(spellings) > 1 for spellings in written.values()) > 1000


def test_the_loyalty_files_have_the_dirt_of_real_exports(example: Example) -> None:
    contents = dict(opened(example))
    assert [content.startswith(b"\xef\xbb\xbf") for content in contents.values()] == [False, True, False]
    assert [b"\r\n" in content for content in contents.values()] == [False, True, False]
    records = [record for content in contents.values() for record in parsed(content)[0]]
    for column in ("email", "phone", "first_name", "zip", "ltv", "notes"):
        assert any(record[column] == "" for record in records), column
    assert any("\n" in record["notes"] for record in records)
    assert any('"' in record["notes"] for record in records)
    assert any("é" in record["first_name"] for record in records)
    assert {record["email"] != record["email"].strip() for record in records} == {True, False}
    assert any(record["email"].isupper() for record in records)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    small = Spec(members=3_000, viewers=2_000, files=2)
    truths = [
        generate(tmp_path / "one", small),
        generate(tmp_path / "two", small),
        generate(tmp_path / "other", Spec(seed=7, members=3_000, viewers=2_000, files=2)),
    ]
    assert truths[0] == truths[1]
    one, two, other = (digest(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_without_malformed_records_everything_can_be_published(tmp_path: Path) -> None:
    truth = generate(tmp_path, Spec(members=3_000, viewers=2_000, files=2, malformed=False))
    assert truth.loyalty.quarantined == truth.audience.quarantined == 0
    for path in sorted((tmp_path / LOYALTY).iterdir()):
        records, malformed = parsed(path.read_bytes())
        assert malformed == 0
        assert all(is_valid(record) for record in records)


def test_sealed_exports_are_the_plain_ones_and_leave_nothing_else(example: Example, tmp_path: Path) -> None:
    generate(tmp_path, example.spec)
    plain = {path.name: path.read_bytes() for path in (tmp_path / LOYALTY).iterdir()}
    assert {name.removesuffix(".pgp"): content for name, content in opened(example)} == plain
    assert {path.name for path in (example.folder / LOYALTY).iterdir()} == {f"{name}.pgp" for name in plain}


def test_a_file_that_could_not_be_sealed_is_not_there(example: Example, tmp_path: Path) -> None:
    no_key = tmp_path / "no-key.asc"
    no_key.write_text("not a key")
    with pytest.raises(UnsealError, match="could not encrypt"):
        seal([b"x" * 1_000_000] * 3, no_key, tmp_path / "out.csv.pgp")
    assert not (tmp_path / "out.csv.pgp").exists()
    seal([b"x"], example.folder / PUBLIC_KEY, tmp_path / "out.csv.pgp")
    assert (tmp_path / "out.csv.pgp").exists()
