"""A mail server in a thread: SMTP with STARTTLS when it is given a certificate; keeps what it receives."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Received:
    """port; mails: (recipient, text, whether it came over TLS); answers: what RCPT says, first to last, then 250."""

    port: int = 0
    mails: list[tuple[str, str, bool]] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)


@contextmanager
def smtp_server(tls: ssl.SSLContext | None = None) -> Iterator[Received]:
    """Runs while the block does, on a free port of 127.0.0.1."""
    received = Received()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            recipient, secured = "", False
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    self.wfile.write(b"250-test\r\n250 STARTTLS\r\n" if tls and not secured else b"250 test\r\n")
                elif verb == b"STAR" and tls:
                    self.wfile.write(b"220 go on\r\n")
                    self.connection = tls.wrap_socket(self.connection, server_side=True)
                    self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                    secured = True
                elif verb == b"RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    self.wfile.write((received.answers.pop(0) if received.answers else b"250 ok") + b"\r\n")
                elif verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    text = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                    received.mails.append((recipient, text, secured))
                    self.wfile.write(b"250 ok\r\n")
                elif verb == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Session) as server:
        received.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield received
        server.shutdown()
