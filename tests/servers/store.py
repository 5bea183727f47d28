"""An object store under test, and what its servers need: a free port, and to be there."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

import obstore
from obstore.store import ObjectStore


@dataclass(frozen=True)
class Store:
    """A server with one empty store.

    url: of the store's top. environment: what the product reads to find the server and may use it.
    client: another way to the same objects, for arranging and looking.
    """

    url: str
    environment: dict[str, str]
    client: ObjectStore

    def put(self, key: str, body: bytes) -> None:
        obstore.put(self.client, key, body, use_multipart=False)

    def keys(self) -> list[str]:
        return sorted(str(each["path"]) for page in obstore.list(self.client) for each in page)

    def objects(self) -> dict[str, bytes]:
        """Every key and its bytes."""
        return {key: bytes(obstore.get(self.client, key).bytes()) for key in self.keys()}

    def empty(self) -> None:
        for key in self.keys():
            obstore.delete(self.client, key)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def started(command: Iterable[object], port: int) -> subprocess.Popen[bytes]:
    """A server process that listens on that port by now."""
    quiet = subprocess.DEVNULL
    server = subprocess.Popen([str(part) for part in command], stdin=quiet, stdout=quiet, stderr=quiet)
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return server
        except OSError:
            time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"{command} does not listen on port {port}")
