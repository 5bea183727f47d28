"""An SFTP server on a free loopback port, in a folder: asyncssh's, on a thread of its own, with faults on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

USER, PASSWORD = "partner", "geheim-7331"


@dataclass
class Sftp:
    """A server. folder: what its clients see as /. host_key, other_host_key: what it proves to be, of two kinds.

    key: what clients may log in with. asked: how often somebody tried to; logins: connections that were let in.
    drop_after: bytes after which the server cuts the connection, each once, first to last. on_read: is called before
    each read with the number of bytes read so far. refuse: cut every connection at once.
    """

    folder: Path
    host_key: asyncssh.SSHKey
    other_host_key: asyncssh.SSHKey
    key: asyncssh.SSHKey
    port: int = 0
    drop_after: list[int] = field(default_factory=list)
    on_read: Callable[[int], None] = lambda read: None
    asked: int = 0
    logins: int = 0
    refuse: bool = False

    @property
    def declared(self) -> dict[str, object]:
        """What a source says to come in by password."""
        keys = self.host_key.export_public_key().decode()
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "host_key": keys,
            "password": "env:SFTP_PASSWORD",
        }


@contextmanager
def sftp(folder: Path) -> Iterator[Sftp]:
    """Serve a folder until the block ends."""
    new = asyncssh.generate_private_key
    state = Sftp(folder, new("ssh-ed25519"), new("ecdsa-sha2-nistp256"), new("ssh-ed25519"))

    class Login(asyncssh.SSHServer):
        def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
            if state.refuse:
                connection.abort()

        def begin_auth(self, username: str) -> bool:
            state.asked += 1
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def password_auth_supported(self) -> bool:
            return True

        def auth_completed(self) -> None:
            state.logins += 1

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
            super().__init__(channel, chroot=str(folder).encode())
            self._connection, self._read, self._cut = channel.get_connection(), 0, False

        def read(self, file: object, offset: int, size: int) -> bytes:
            state.on_read(self._read)
            if state.drop_after and not self._cut and self._read >= state.drop_after[0]:
                state.drop_after.pop(0)
                self._cut = True
                self._connection.abort()
            content = super().read(file, offset, min(size, 1 << 16))  # many servers give less than they are asked for
            assert isinstance(content, bytes)
            self._read += len(content)
            return content

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    keys = asyncssh.import_authorized_keys(state.key.export_public_key().decode())

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Login,
            server_host_keys=[state.host_key, state.other_host_key],
            authorized_client_keys=keys,
            sftp_factory=Files,
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    state.port = server.get_port()
    yield state
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
