"""Azure Blob Storage on a free loopback port: Azurite, as scripts/need-azurite installs it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
from obstore.store import AzureStore
from tests.servers.store import Store, free_port, started

PROGRAM = Path(__file__).parents[2] / ".tools/azurite/node_modules/.bin/azurite-blob"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own account, the same everywhere and public: no secret."""


@contextmanager
def azurite() -> Iterator[Store]:
    """Serve one empty container until the block ends."""
    if not PROGRAM.exists():
        pytest.skip("Azurite is not installed: sh scripts/need-azurite")
    port = free_port()
    options = ["--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    server = started([PROGRAM, *options, "--blobHost", "127.0.0.1", "--blobPort", port], port)
    try:
        address = f"http://127.0.0.1:{port}"
        _make_container(address, "test")
        client = AzureStore(
            "test",
            account_name=ACCOUNT,
            account_key=KEY,
            endpoint=f"{address}/{ACCOUNT}",
            client_options={"allow_http": True},
        )
        environment = {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": address}
        yield Store("az://test", environment, client)
    finally:
        server.terminate()
        server.wait()


def _make_container(address: str, name: str) -> None:
    """The one request that obstore has no word for, signed as Azure's "Authorize with Shared Key" says."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    text = "PUT" + "\n" * 12 + f"{named}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    signature = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)).decode()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
    url = f"{address}/{ACCOUNT}/{name}?restype=container"
    urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)).close()
