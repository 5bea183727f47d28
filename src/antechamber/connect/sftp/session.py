"""A session with an SFTP server: one connection on a thread of its own, taken up again when it is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import asyncssh

from antechamber.connect.sftp import hostkey
from antechamber.connect.sftp.faults import is_passing, said_by
from antechamber.errors import SecretError, SourceError
from antechamber.secrets import Secrets

if TYPE_CHECKING:
    from antechamber.connect.sftp import SftpSource

T = TypeVar("T")

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds before a lost connection is taken up again: twice as long each time."""

STALLED = 300.0
"""Seconds after which an answer no longer comes, though the server keeps the connection alive."""

CIPHERS = (
    "aes128-gcm@openssh.com",  # first: the fastest here by far, with the processor's own AES
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
KINDS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
"""Kinds of host keys; a server proves one of those it has, the one that we ask for."""


class Session:
    """What asks an SFTP server. Safe to share between threads.

    Nothing is connected before the first question. Raises SecretError when a secret cannot be had.
    """

    def __init__(self, declared: SftpSource, secrets: Secrets) -> None:
        self._declared = declared
        self._login = _login(declared, secrets)
        self._keys = [key for text in declared.host_keys if (key := hostkey.key_of(text)) is not None]
        self._prints = {each for text in declared.host_keys if (each := hostkey.fingerprint(text)) is not None}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._connecting = threading.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._closed = False

    def ask(self, question: Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, T]], where: str) -> T:
        """What the server answers; a lost connection is taken up again `retries` times.

        question: asked again on a new connection: it must only read, or do no harm twice.
        Raises SourceError for what will not pass by itself; asyncssh's SFTPError for what the server refuses.
        """
        attempt = 0
        while True:
            client = None
            try:
                client = self.client()
                return self.result(self.begin(question(client)))
            except (asyncssh.Error, OSError, TimeoutError) as error:
                if not is_passing(error):
                    raise
                self.wait(attempt, error, where, client)
                attempt += 1

    def wait(self, attempt: int, error: BaseException, where: str, client: asyncssh.SFTPClient | None) -> None:
        """Wait before the next attempt. Raises SourceError when there have been enough.

        client: the one that failed. The connection is given up when it is still that one's.
        """
        if client is not None:
            self._forget(client)
        if attempt >= self._declared.retries:
            raise SourceError(
                f"the server cannot be reached ({said_by(error)})",
                where=where,
                remedy=f"it was tried {attempt + 1} times; run again when the server and the network are up",
            ) from error
        time.sleep(min(FIRST_WAIT * 2**attempt, LONGEST_WAIT))

    def client(self) -> asyncssh.SFTPClient:
        """The client of a living connection. Raises SourceError, and what `is_passing` knows."""
        with self._connecting:
            if self._client is None:
                if not self._closed and not self._thread.is_alive():
                    self._thread.start()
                self._connection, self._client = self.result(self.begin(self._connect()))
            return self._client

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start something on the session's thread."""
        if self._closed:
            work.close()
            raise RuntimeError("the session is closed")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def result(self, work: Future[T]) -> T:
        """What it came to. Raises TimeoutError when it does not come."""
        try:
            return work.result(STALLED)
        except TimeoutError:
            work.cancel()
            raise

    def close(self) -> None:
        """End the connection. Safe to call twice."""
        if (client := self._client) is not None:
            self._forget(client)
        with self._connecting:
            self._closed = True
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
            if not self._loop.is_closed():
                self._loop.close()

    def _forget(self, client: asyncssh.SFTPClient) -> None:
        with self._connecting:
            if self._client is not client:
                return  # another thread has connected anew already
            connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                self.begin(_end(connection)).result(10)

    async def _connect(self) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        """Log in and open SFTP; the server has proved who it is before it hears anything of ours."""
        kinds: tuple[tuple[str, ...], ...] = ((),)
        if self._prints:
            # A fingerprint does not tell its key's kind: the server is asked for one after the other.
            kinds = (*((key.partition(" ")[0],) for key in self._keys), *KINDS)
        refusal: asyncssh.Error | None = None
        for kind in kinds:
            try:
                connection = await self._connect_as(kind)
                break
            except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
                refusal = refusal if isinstance(error, asyncssh.KeyExchangeFailed) and refusal else error
            except asyncssh.PermissionDenied:
                raise SourceError(
                    "the server does not let us in",
                    where=self._where,
                    remedy="check user, password, key and passphrase, and what the server's owner has on file",
                ) from None
        else:
            raise self._refused(refusal)
        # Names are bytes to a server: those that are not UTF-8 are for the listing to report.
        return connection, await connection.start_sftp_client(path_encoding=None)

    async def _connect_as(self, kind: tuple[str, ...]) -> asyncssh.SSHClientConnection:
        trusted = [asyncssh.import_public_key(key) for key in self._keys]
        client = _Client(self._prints)
        return await asyncssh.connect(
            self._declared.host,
            self._declared.port,
            client_factory=lambda: client,
            known_hosts=lambda host, address, port: (trusted, [], [], [], [], [], []),
            **({"server_host_key_algs": list(kind)} if kind else {}),
            **self._login,
            config=None,
            agent_path=None,
            gss_host=None,
            encryption_algs=list(CIPHERS),
            compression_algs=None,
            connect_timeout=self._declared.connect_timeout,
            login_timeout=self._declared.connect_timeout,
            keepalive_interval=15,
        )

    def _refused(self, refusal: asyncssh.Error | None) -> SourceError:
        if isinstance(refusal, asyncssh.HostKeyNotVerifiable):
            return SourceError(
                "the server's key is not the declared one: nothing was sent to it",
                where=self._where,
                remedy="ask the server's owner whether its key has changed, and only then correct source.host_key",
            )
        return SourceError(
            f"no way to speak is known to both sides ({said_by(refusal)})",
            where=self._where,
            remedy="ask the server's owner for current key exchanges, ciphers and host keys",
        )

    @property
    def _where(self) -> str:
        return f"{self._declared.host}:{self._declared.port}"


class _Client(asyncssh.SSHClient):
    def __init__(self, prints: set[str]) -> None:
        self._prints = prints

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return key.get_fingerprint("sha256") in self._prints


def _login(declared: SftpSource, secrets: Secrets) -> dict[str, Any]:
    login: dict[str, Any] = {"username": declared.user, "password": None, "client_keys": None}
    if declared.password is not None:
        login["password"] = secrets.text(declared.password)
    if declared.key is not None:
        passphrase = None if declared.passphrase is None else secrets.text(declared.passphrase)
        try:
            login["client_keys"] = [asyncssh.import_private_key(secrets.read(declared.key), passphrase)]
        except asyncssh.KeyEncryptionError:
            raise SecretError(
                "the private key's passphrase is wrong", where=declared.key, remedy="correct source.passphrase"
            ) from None
        except asyncssh.KeyImportError as error:
            needs = "passphrase" in str(error).lower() and passphrase is None
            raise SecretError(
                "the private key has a passphrase" if needs else "this is not a private key",
                where=declared.key,
                remedy="add passphrase:" if needs else "give the key as ssh-keygen wrote it (OpenSSH or PEM)",
            ) from None
    return login


async def _end(connection: asyncssh.SSHClientConnection) -> None:
    connection.abort()
    with suppress(Exception):
        await asyncio.wait_for(connection.wait_closed(), 5)
