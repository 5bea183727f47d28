"""A real MariaDB server on a free loopback port. Its superuser needs no password; all other users do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

DAEMON = shutil.which("mariadbd") or "/usr/sbin/mariadbd"


class MariaDB:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="server-my-"))
        user = ["--user=mysql"] if os.geteuid() == 0 else []
        if user:
            shutil.chown(self.folder, "mysql")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._data = ["--no-defaults", f"--datadir={self.folder}/data", *user]
        self.settings = ["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M"]
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run(["mariadb-install-db", *self._data, *options], check=True, capture_output=True, timeout=60)

    def start(self) -> None:
        place = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.folder}/s"]
        fast = ["--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", f"--log-error={self.folder}/log"]
        self._process = subprocess.Popen([DAEMON, *self._data, *place, *fast, *self.settings])
        for _ in range(600):
            try:
                self.connect().close()
                return
            except pymysql.MySQLError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self, *, kill: bool = False) -> None:
        self._process.kill() if kill else self._process.terminate()
        self._process.wait(30)

    def url(self, user: str = "root", password: str = "", database: str = "mysql") -> str:
        return f"mysql://{user}{':' + password if password else ''}@127.0.0.1:{self.port}/{database}"

    def connect(self, **options: Any) -> pymysql.Connection[Any]:
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True, **options)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as the superuser, each committed; the rows of the last one."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    if not Path(DAEMON).exists():
        pytest.skip("needs Debian's mariadb-server (scripts/need-mariadb)")
    server = MariaDB()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)
