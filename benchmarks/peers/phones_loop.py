"""Phone numbers with the phonenumbers library, one by one: python phones_loop.py <input.parquet> <output folder>."""

import sys
from pathlib import Path

import phonenumbers
import polars as pl


def e164(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def main(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    rows = pl.read_parquet(source)
    found = [e164(text, region) for text, region in rows.iter_rows()]
    pl.DataFrame({"phone": found}, schema={"phone": pl.String}).write_parquet(target / "phones.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
