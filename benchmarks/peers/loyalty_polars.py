"""The loyalty export with Polars and nothing else: python loyalty_polars.py <folder of CSV> <output folder>."""

import sys
from pathlib import Path

import polars as pl
import polars_hash  # noqa: F401 - registers the namespace `chash`

CALLING = {"us": "1", "gb": "44", "de": "49"}
COUNTRIES = {"unitedstates": "us", "unitedkingdom": "gb", "germany": "de"}


def plain(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars().str.to_lowercase()


def sha256(text: pl.Expr) -> pl.Expr:
    hashed: pl.Expr = pl.when(text != "").then(text).chash.sha2_256()  # type: ignore[attr-defined]
    return hashed


def name(column: str) -> pl.Expr:
    letters = plain(pl.col(column)).str.replace_all("å", "aa", literal=True).str.normalize("NFD")
    return letters.str.replace_all("[^a-z]", "")


def email() -> pl.Expr:
    text = plain(pl.col("email")).str.normalize("NFD")
    text = pl.coalesce(text.str.extract("<([^>]*)>"), text)
    return (
        text.str.replace_all(r"\s", "")
        .str.replace_all("(at)", "@", literal=True)
        .str.replace_all(r"[^a-z0-9_.@-]", "")
    )


def phone(country: pl.Expr) -> pl.Expr:
    digits = pl.col("phone").str.replace_all("[^0-9]", "").str.strip_chars_start("0")
    code = country.replace_strict(CALLING, default="1")
    return pl.when(digits == "").then(None).when(digits.str.starts_with(code)).then(digits).otherwise(code + digits)


def prepare(rows: pl.LazyFrame) -> pl.LazyFrame:
    country = plain(pl.col("country")).str.replace_all("[^a-z0-9]", "").replace(COUNTRIES)
    return (
        rows.with_columns(country.alias("country"))
        .select(
            "customer_id",
            sha256(email()).alias("email"),
            sha256(phone(pl.col("country"))).alias("phone"),
            sha256(name("first_name")).alias("first_name"),
            sha256(name("last_name")).alias("last_name"),
            plain(pl.col("zip")).str.replace("-.*", "").str.replace_all("[^a-z0-9]", "").alias("zip"),
            "country",
            "tier",
            pl.col("signup_date").str.to_date("%m/%d/%Y", strict=False),
            pl.col("ltv").cast(pl.Decimal(12, 2), strict=False),
        )
        .filter(pl.col("tier").is_in(["founder", "gold", "silver", "bronze"]), pl.col("signup_date").is_not_null())
    )


def main(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    rows = pl.scan_csv(sorted(source.glob("*.csv")), infer_schema=False)
    # Which row of each key is the last is found first, so that only small columns are kept in memory.
    last = rows.select("customer_id").with_row_index("row").group_by("customer_id").agg(pl.col("row").max())
    keep = last.select("row").collect(engine="streaming").to_series().sort()
    prepared = prepare(rows.with_row_index("row").filter(pl.col("row").is_in(keep.implode())))
    prepared.sink_parquet(target / "loyalty.parquet", compression="snappy", engine="streaming")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
