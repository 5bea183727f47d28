"""The loyalty export with PySpark's native functions: python loyalty_spark.py <folder of CSV> <output folder>."""

import sys
from pathlib import Path

from pyspark.sql import Column, SparkSession, Window
from pyspark.sql import functions as f

ACCENTED = "àáâãäçèéêëìíîïñòóôõöùúûüýÿ"
PLAIN = "aaaaaceeeeiiiinooooouuuuyy"
NAMES = [
    "customer_id",
    "email",
    "phone",
    "first_name",
    "last_name",
    "zip",
    "country",
    "tier",
    "signup_date",
    "ltv",
    "notes",
]


def plain(text: Column) -> Column:
    return f.lower(f.trim(text))


def sha256(text: Column) -> Column:
    return f.sha2(f.when(text != "", text), 256)


def unaccented(text: Column) -> Column:
    return f.translate(text, ACCENTED, PLAIN)


def name(column: str) -> Column:
    return f.regexp_replace(unaccented(f.replace(plain(f.col(column)), f.lit("å"), f.lit("aa"))), "[^a-z]", "")


def email() -> Column:
    text = unaccented(plain(f.col("email")))
    inside = f.regexp_extract(text, "<([^>]*)>", 1)
    text = f.when(inside != "", inside).otherwise(text)
    text = f.replace(f.regexp_replace(text, r"\s", ""), f.lit("(at)"), f.lit("@"))
    return f.regexp_replace(text, "[^a-z0-9_.@-]", "")


def phone() -> Column:
    digits = f.regexp_replace(f.regexp_replace("phone", "[^0-9]", ""), "^0+", "")
    code = f.when(f.col("country") == "gb", "44").when(f.col("country") == "de", "49").otherwise("1")
    return f.when(digits == "", None).when(digits.startswith(code), digits).otherwise(f.concat(code, digits))


def main(source: Path, target: Path) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "8g")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.legacy.timeParserPolicy", "CORRECTED")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    rows = spark.read.csv(
        str(source), schema=", ".join(f"{name} string" for name in NAMES), header=True, multiLine=True, escape='"',
        nullValue=None, emptyValue="",
    )  # fmt: skip
    order = [f.input_file_name().alias("file"), f.monotonically_increasing_id().alias("row")]
    latest = Window.partitionBy("customer_id").orderBy(f.desc("file"), f.desc("row"))
    letters = f.regexp_replace(plain(f.col("country")), "[^a-z0-9]", "")
    country = (
        f.when(letters == "unitedstates", "us")
        .when(letters == "unitedkingdom", "gb")
        .when(letters == "germany", "de")
        .otherwise(letters)
    )
    prepared = (
        rows.select(*NAMES[:-1], *order)
        .withColumn("rank", f.row_number().over(latest))
        .filter("rank = 1")
        .withColumn("country", country)
        .select(
            "customer_id",
            sha256(email()).alias("email"),
            sha256(phone()).alias("phone"),
            sha256(name("first_name")).alias("first_name"),
            sha256(name("last_name")).alias("last_name"),
            f.regexp_replace(f.regexp_replace(plain(f.col("zip")), "-.*", ""), "[^a-z0-9]", "").alias("zip"),
            "country",
            "tier",
            f.to_date("signup_date", "MM/dd/yyyy").alias("signup_date"),
            f.col("ltv").cast("decimal(12,2)").alias("ltv"),
        )
        .filter(f.col("tier").isin("founder", "gold", "silver", "bronze") & f.col("signup_date").isNotNull())
    )
    prepared.write.parquet(str(target), compression="snappy")
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
