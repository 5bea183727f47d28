"""The servers that the sources' tests read from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from tests.servers.mariadb import MariaDB, mariadb
from tests.servers.postgres import Postgres, postgres

__all__ = ["mariadb", "postgres"]

_numbers = count()


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[str]:
    """A schema of the test's own."""
    name = f"test_{next(_numbers)}"
    postgres.run(f"CREATE SCHEMA {name}")
    yield name
    postgres.run(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name = 'antechamber'",
        f"DROP SCHEMA {name} CASCADE",
    )


@pytest.fixture
def database(mariadb: MariaDB) -> Iterator[str]:
    """A MariaDB database of the test's own."""
    name = f"test_{next(_numbers)}"
    mariadb.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    yield name
    mariadb.run(f"DROP DATABASE {name}")
