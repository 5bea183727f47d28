"""Fifteen identities with PySpark's native functions: python identities_spark.py <input.parquet> <output folder>."""

import json
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as f

ACCENTED = "àáâãäçèéêëìíîïñòóôõöùúûüýÿ"
PLAIN = "aaaaaceeeeiiiinooooouuuuyy"
COUNTRIES = {"unitedstates": "us", "unitedkingdom": "gb", "germany": "de"}
GENDERS = {"male": "m", "homme": "m", "female": "f", "frau": "f"}
NO_DEVICE = "00000000-0000-0000-0000-000000000000"
WORDS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "src/antechamber/prepare/standards/aws_entity_resolution.json").read_text("utf-8")
)
"""The standard's word lists, which nobody types twice."""
STATES = {"california": "ca", "newyork": "ny", "texas": "tx", "bavaria": "by", "berlin": "be"}


def tidied(column: str) -> Column:
    return f.lower(f.trim(f.col(column)))


def plain(text: Column) -> Column:
    return f.translate(f.replace(text, f.lit("å"), f.lit("aa")), ACCENTED, PLAIN)


def sha256(text: Column) -> Column:
    return f.sha2(f.when(text != "", text), 256)


def mapped(text: Column, names: dict[str, str]) -> Column:
    found = f.when(f.lit(False), text)
    for name, code in names.items():
        found = found.when(text == name, code)
    return found.otherwise(text)


def email() -> Column:
    text = plain(tidied("email"))
    inside = f.regexp_extract(text, "<([^>]*)>", 1)
    text = f.when(inside != "", inside).otherwise(text)
    text = f.replace(f.regexp_replace(text, r"\s", ""), f.lit("(at)"), f.lit("@"))
    return f.regexp_replace(text, "[^a-z0-9_.@-]", "")


def phone() -> Column:
    digits = f.regexp_replace(f.regexp_replace("phone", "[^0-9]", ""), "^0+", "")
    code = f.when(f.col("country") == "gb", "44").when(f.col("country") == "de", "49").otherwise("1")
    return f.when(digits == "", None).when(digits.startswith(code), digits).otherwise(f.concat(code, digits))


def kept(text: Column, letters: str) -> Column:
    return f.regexp_replace(text, f"[^{letters}]", "")


def words(all_words: Column, maps: list[dict[str, str]]) -> Column:
    for of in (each for each in maps if each):
        all_words = f.transform(all_words, replaced(of))
    return all_words


def replaced(of: dict[str, str]) -> Callable[[Column], Column]:
    known = f.create_map(*(f.lit(part) for part in chain.from_iterable(of.items())))
    return lambda word: f.coalesce(known[word], word)


def address(country: str) -> Column:
    street = [WORDS["street_words"], WORDS["street_words_by_country"].get(country, {})]
    text = f.array_join(words(f.split(tidied("address"), " "), street), " ")
    for mark, to in WORDS["delimiters"].items():
        text = f.replace(text, f.lit(mark), f.lit(to))
    text = f.array_join(words(f.split(text, " "), [WORDS["directions"], WORDS["number_words"]]), " ")
    for letter, to in WORDS["letters"].items():
        text = f.replace(text, f.lit(letter), f.lit(to))
    text = f.array_join(words(f.split(plain(text), " "), street), " ")
    return kept(text, "a-z0-9")


def main(source: Path, target: Path) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "8g")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    rows = spark.read.parquet(str(source)).withColumn(
        "country", mapped(kept(plain(tidied("country")), "a-z0-9"), COUNTRIES)
    )
    hashed = {
        "email": email(),
        "phone": phone(),
        "first_name": kept(plain(tidied("first_name")), "a-z"),
        "last_name": kept(plain(tidied("last_name")), "a-z"),
        "full_name": kept(plain(tidied("full_name")), "a-z"),
        "address": f.when(f.col("country") == "us", address("us")).otherwise(address("?")),
        "city": kept(plain(tidied("city")), "a-z0-9"),
        "state": mapped(kept(plain(tidied("state")), "a-z0-9"), STATES),
        "zip": kept(f.regexp_replace(tidied("zip"), "-.*", ""), "a-z0-9"),
        "country": f.col("country"),
        "born": f.date_format(f.to_date("born", "MM/dd/yyyy"), "yyyy-MM-dd"),
        "gender": mapped(tidied("gender"), GENDERS),
        "device": f.when(tidied("device") != NO_DEVICE, tidied("device")),
        "ip": tidied("ip"),
        "customer": f.trim(f.col("customer")),
    }
    rows.select(*(sha256(made).alias(name) for name, made in hashed.items())).write.parquet(
        str(target), compression="snappy"
    )
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
