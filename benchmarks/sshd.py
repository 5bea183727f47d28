"""An SSH server on the loopback with a folder of files: OpenSSH where it is installed, else asyncssh."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("sshd") or "/usr/sbin/sshd"
CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {host_key}
AuthorizedKeysFile {authorized}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True)
class Site:
    """A running server.

    path: of the served folder, as the server's clients name it. key: the file of the private key that logs in.
    host_key: the server's public key.
    """

    program: str
    port: int
    user: str
    path: str
    key: Path
    host_key: str


@contextmanager
def serving(folder: Path, work: Path) -> Iterator[Site]:
    """Serve the folder until the block ends."""
    with _openssh(folder, work) if Path(PROGRAM).exists() else _asyncssh(folder, work) as site:
        yield site


@contextmanager
def _openssh(folder: Path, work: Path) -> Iterator[Site]:
    for name in ("host", "client"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / name], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    config = work / "sshd_config"
    host, authorized = (work / "host").resolve(), (work / "client.pub").resolve()
    config.write_text(CONFIG.format(port=port, host_key=host, authorized=authorized))
    with (
        (work / "sshd.log").open("wb") as log,
        subprocess.Popen([PROGRAM, "-D", "-e", "-f", config.resolve()], stderr=log) as server,
    ):
        try:
            _wait(port, work / "sshd.log")
            key = (work / "host.pub").read_text().strip()
            yield Site("OpenSSH", port, getpass.getuser(), str(folder.resolve()), work / "client", key)
        finally:
            server.terminate()


@contextmanager
def _asyncssh(folder: Path, work: Path) -> Iterator[Site]:
    from tests.servers.sftp import USER, sftp

    with sftp(folder) as running:
        key = work / "client"
        key.touch(mode=0o600)
        running.key.write_private_key(str(key))
        host_key = running.host_key.export_public_key().decode().strip()
        yield Site("asyncssh", running.port, USER, "", key, host_key)


def _wait(port: int, log: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"sshd does not answer: {log.read_text(errors='replace')[-1000:]}")
