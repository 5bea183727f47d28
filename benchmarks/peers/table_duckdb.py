"""A table with DuckDB's scanner: BENCH_URL=… python table_duckdb.py <output folder> <table>.

The floor: from the database to Parquet with nothing in between. The order of the rows is not kept, which is faster.
"""

import importlib.util
import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb

SCANNERS = {"postgresql": ("postgres", "postgres_scanner"), "mysql": ("mysql", "mysql_scanner")}


def main(url: str, target: Path, table: str) -> None:
    target.mkdir(parents=True)
    parts = urlsplit(url)
    kind, scanner = SCANNERS[parts.scheme]
    names = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": unquote(parts.password or ""),
        "dbname" if kind == "postgres" else "database": parts.path.strip("/"),
    }
    reach = " ".join(f"{name}={value}" for name, value in names.items() if value)
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        connection.execute(f"LOAD '{extension(scanner)}'")
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"ATTACH '{reach}' AS source (TYPE {kind}, READ_ONLY)")
        connection.execute(f"COPY (SELECT * FROM source.{table}) TO '{target / 'table.parquet'}' (FORMAT parquet)")


def extension(name: str) -> Path:
    """The extension's file, in the package that brings it."""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    assert found is not None and found.submodule_search_locations, f"duckdb-extension-{name} is not installed"
    return next(Path(found.submodule_search_locations[0]).glob(f"extensions/*/{name}.duckdb_extension"))


if __name__ == "__main__":
    main(os.environ["BENCH_URL"], Path(sys.argv[1]), sys.argv[2])
