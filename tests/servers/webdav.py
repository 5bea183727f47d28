"""A WebDAV server on a free loopback port, in a folder, for one user with a password: WsgiDAV in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cheroot.wsgi import Server
from obstore.store import LocalStore
from tests.servers.store import Store
from wsgidav.wsgidav_app import WsgiDAVApp

USER, PASSWORD = "partner", "geheim-7331"


@contextmanager
def webdav(folder: Path) -> Iterator[Store]:
    """Serve a folder until the block ends."""
    application = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(folder)},
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
        }
    )
    server = Server(("127.0.0.1", 0), application, shutdown_timeout=0)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Store(f"http://127.0.0.1:{server.bind_addr[1]}", {}, LocalStore(folder, automatic_cleanup=False))
    finally:
        server.stop()
        thread.join()
