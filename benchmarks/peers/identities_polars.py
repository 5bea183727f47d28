"""Fifteen identities with Polars and nothing else: python identities_polars.py <input.parquet> <output folder>."""

import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import polars_hash  # noqa: F401 - registers the namespace `chash`

CALLING = {"us": "1", "gb": "44", "de": "49"}
COUNTRIES = {"unitedstates": "us", "unitedkingdom": "gb", "germany": "de"}
GENDERS = {"male": "m", "homme": "m", "female": "f", "frau": "f"}
NO_DEVICE = "00000000-0000-0000-0000-000000000000"
WORDS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "src/antechamber/prepare/standards/aws_entity_resolution.json").read_text("utf-8")
)
"""The standard's word lists, which nobody types twice."""
STATES = {"california": "ca", "newyork": "ny", "texas": "tx", "bavaria": "by", "berlin": "be"}


def tidied(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def plain(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("å", "aa", literal=True).str.normalize("NFD")


def sha256(text: pl.Expr) -> pl.Expr:
    hashed: pl.Expr = pl.when(text != "").then(text).chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


def email() -> pl.Expr:
    text = plain(tidied("email"))
    text = pl.coalesce(text.str.extract("<([^>]*)>"), text)
    text = text.str.replace_all(r"\s", "").str.replace_all("(at)", "@", literal=True)
    return text.str.replace_all("[^a-z0-9_.@-]", "")


def phone(country: pl.Expr) -> pl.Expr:
    digits = pl.col("phone").str.replace_all("[^0-9]", "").str.strip_chars_start("0")
    code = country.replace_strict(CALLING, default="1")
    return pl.when(digits == "").then(None).when(digits.str.starts_with(code)).then(digits).otherwise(code + digits)


def words(text: pl.Expr, of: dict[str, str]) -> pl.Expr:
    if not of:
        return text
    return text.str.replace_many([f" {word} " for word in of], [f" {to} " for to in of.values()])


def address(country: str) -> pl.Expr:
    text = pl.lit(" ") + tidied("address").str.replace_all(" ", "  ", literal=True) + pl.lit(" ")
    street = [WORDS["street_words"], WORDS["street_words_by_country"].get(country, {})]
    marks = {mark: to.replace(" ", "  ") for mark, to in WORDS["delimiters"].items()}
    for of in street:
        text = words(text, of)
    text = text.str.replace_many(list(marks), list(marks.values()))
    for of in (WORDS["directions"], WORDS["number_words"]):
        text = words(text, of)
    text = plain(text.str.replace_many(list(WORDS["letters"]), list(WORDS["letters"].values())))
    for of in street:
        text = words(text, of)
    return text.str.replace_all("[^a-z0-9]", "")


def main(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    country = plain(tidied("country")).str.replace_all("[^a-z0-9]", "").replace(COUNTRIES)
    state = tidied("state").str.replace_many(["ä", "ö", "ü", "ß"], ["ae", "oe", "ue", "ss"])
    rows = pl.scan_parquet(source).with_columns(country.alias("country"))
    hashed = {
        "email": email(),
        "phone": phone(pl.col("country")),
        "first_name": plain(tidied("first_name")).str.replace_all("[^a-z]", ""),
        "last_name": plain(tidied("last_name")).str.replace_all("[^a-z]", ""),
        "full_name": plain(tidied("full_name")).str.replace_all("[^a-z]", ""),
        "address": pl.when(pl.col("country") == "us").then(address("us")).otherwise(address("?")),
        "city": plain(tidied("city")).str.replace_all("[^a-z0-9]", ""),
        "state": plain(state).str.replace_all("[^a-z0-9]", "").replace(STATES),
        "zip": tidied("zip").str.replace("-.*", "").str.replace_all("[^a-z0-9]", ""),
        "country": pl.col("country"),
        "born": pl.col("born").str.to_date("%m/%d/%Y").dt.strftime("%Y-%m-%d"),
        "gender": tidied("gender").replace(GENDERS),
        "device": pl.when(tidied("device") != NO_DEVICE).then(tidied("device")),
        "ip": tidied("ip"),
        "customer": pl.col("customer").str.strip_chars(),
    }
    prepared = rows.select(sha256(made).alias(name) for name, made in hashed.items())
    prepared.sink_parquet(target / "people.parquet", compression="snappy", engine="streaming")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
