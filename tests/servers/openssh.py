"""OpenSSH's own SFTP server on a free loopback port, for the user of this process, where sshd is installed."""

from __future__ import annotations

import getpass
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from tests.servers.store import free_port, started

CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


@contextmanager
def openssh(folder: Path) -> Iterator[dict[str, Any]]:
    """Serve until the block ends; gives what a source says to come in. folder: for the server's own files."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("OpenSSH's server is not installed")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where the package's own service would put it
    port = free_port()
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    for name, key in (("host", host), ("user", user)):
        (folder / name).write_bytes(key.export_private_key())
        (folder / name).chmod(0o600)
    (folder / "authorized").write_bytes(user.export_public_key())
    (folder / "configuration").write_text(CONFIGURATION.format(port=port, folder=folder))
    server = started([program, "-D", "-f", folder / "configuration"], port)
    try:
        yield {
            "host": "127.0.0.1",
            "port": port,
            "user": getpass.getuser(),
            "host_key": host.get_fingerprint(),
            "key": f"file:{folder}/user",
        }
    finally:
        server.terminate()
        server.wait()
