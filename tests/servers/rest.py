"""A service with a REST API, in a thread: pages in every style, limits, fails, redirects, lets tokens expire."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """A request as it came in."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """status, headers and body of an answer. cut: bytes of the body after which the connection drops."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


@dataclass
class Rest:
    """url; asked: every request. answer: what makes the answers. faults: replies that are given instead, in order."""

    url: str
    answer: Callable[[Asked], Reply]
    asked: list[Asked] = field(default_factory=list)
    faults: list[Reply | None] = field(default_factory=list)


@contextmanager
def rest(answer: Callable[[Asked], Reply], tls: ssl.SSLContext | None = None) -> Iterator[Rest]:
    """Serve until the block ends, as localhost with TLS. Answers that are not bytes are sent as JSON."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, parts.path, params, dict(self.headers), body)
            service.asked.append(asked)
            fault = service.faults.pop(0) if service.faults else None
            reply = fault or service.answer(asked)
            sent = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(sent)), **reply.headers}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent[: reply.cut])
            self.close_connection = reply.cut is not None or not reply.headers.get("Content-Length", "x")

        do_POST = do_CONNECT = do_GET

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        service = Rest(f"http://127.0.0.1:{server.server_port}", answer)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
            service.url = f"https://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()
