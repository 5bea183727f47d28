"""An S3 API that only reads: python -m benchmarks.bucket <folder> [<key>=<bytes> …], prints its endpoint's port.

The folder is the bucket `bench`. A key with a size is an object that is made while it is read (`synthetic`), so that
it lies nowhere. A server of its own, because those for tests hold a whole object in memory and cut each range out of
it: they would be what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from benchmarks import synthetic

BUCKET = "bench"
MODIFIED = 1_767_225_600
"""When every object was changed last: seconds since 1970."""
PAGE = 1000


class Stored(Protocol):
    """An object: its size, and what writes a range of its bytes."""

    size: int

    def send(self, handler: BaseHTTPRequestHandler, start: int, end: int) -> None: ...


class _File:
    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size

    def send(self, handler: BaseHTTPRequestHandler, start: int, end: int) -> None:
        with self.path.open("rb") as file:
            while start < end:
                start += os.sendfile(handler.connection.fileno(), file.fileno(), start, end - start)


class _Made:
    def __init__(self, size: int) -> None:
        self.size = synthetic.whole(size)

    def send(self, handler: BaseHTTPRequestHandler, start: int, end: int) -> None:
        for piece in synthetic.pieces(start, end):
            handler.connection.sendall(piece)


def objects(folder: Path, made: Mapping[str, int]) -> dict[str, Stored]:
    """Every key of the bucket, in order."""
    files: dict[str, Stored] = {
        file.relative_to(folder).as_posix(): _File(file) for file in folder.rglob("*") if file.is_file()
    }
    return dict(sorted({**files, **{key: _Made(size) for key, size in made.items()}}.items()))


@contextmanager
def serving(folder: Path, made: Mapping[str, int] | None = None) -> Iterator[dict[str, str]]:
    """Serve in a process of its own until the block ends: gives what S3 tools read from the environment.

    made: keys of objects that lie nowhere → about how many bytes they have.
    """
    asked = [f"{key}={size}" for key, size in (made or {}).items()]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bucket", folder, *asked], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            endpoint = f"http://127.0.0.1:{int(server.stdout.readline())}"
            yield {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ALLOW_HTTP": "true",
                "AWS_REGION": "us-east-1",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "b",
            }
        finally:
            server.kill()


def _handler(stored: Mapping[str, Stored]) -> type[BaseHTTPRequestHandler]:
    keys = list(stored)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16

        def do_HEAD(self) -> None:
            self._object(send=False)

        def do_GET(self) -> None:
            if unquote(urlsplit(self.path).path).strip("/") == BUCKET:
                self._listing()
            else:
                self._object(send=True)

        def _object(self, *, send: bool) -> None:
            key = unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")
            found = stored.get(key)
            if found is None:
                self._answer(404, "NoSuchKey")
                return
            start, end = 0, found.size
            if part := self.headers.get("Range"):
                first, _, last = part.removeprefix("bytes=").partition("-")
                start, end = int(first), min(int(last) + 1 if last else end, end)
            self.send_response(206 if part else 200)
            if part:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{found.size}")
            self.send_header("Content-Length", str(end - start))
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", f'"{found.size:032x}"')
            self.send_header("Last-Modified", formatdate(MODIFIED, usegmt=True))
            self.end_headers()
            if send:
                self.wfile.flush()
                found.send(self, start, end)

        def _listing(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter", "")
            after = asked.get("continuation-token", asked.get("start-after", ""))
            matching = [key for key in keys if key.startswith(prefix) and key > after]
            if delimiter:
                folders = {key.removeprefix(prefix).partition(delimiter)[0] for key in matching if delimiter in
                           key.removeprefix(prefix)}  # fmt: skip
                matching = [key for key in matching if delimiter not in key.removeprefix(prefix)]
            else:
                folders = set()
            page, more = matching[:PAGE], len(matching) > PAGE
            body = "".join(
                f"<Contents><Key>{escape(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>&quot;{stored[key].size:032x}&quot;</ETag><Size>{stored[key].size}</Size></Contents>"
                for key in page
            )
            body += "".join(
                f"<CommonPrefixes><Prefix>{escape(prefix + folder + delimiter)}</Prefix></CommonPrefixes>"
                for folder in sorted(folders)
            )
            if more:
                body += f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
            said = f"<IsTruncated>{str(more).lower()}</IsTruncated><KeyCount>{len(page)}</KeyCount>"
            self._answer(200, f"<ListBucketResult>{said}{body}</ListBucketResult>")

        def _answer(self, status: int, text: str) -> None:
            body = text.encode() if status == 200 else f"<Error><Code>{text}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            """Nothing."""

    return Handler


def main(folder: Path, made: Mapping[str, int]) -> None:
    """Serve until this process is killed."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), _handler(objects(folder, made))) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), {key: int(size) for key, _, size in (each.partition("=") for each in sys.argv[2:])})
