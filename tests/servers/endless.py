"""The listing of an S3 bucket with as many keys as one likes: pages that are made as they are asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1000
ENTRY = (
    "<Contents><Key>in/{folder}/{number:08}.{ending}</Key><LastModified>2026-11-24T02:00:00.000Z</LastModified>"
    "<ETag>&quot;{number:032x}&quot;</ETag><Size>5000</Size></Contents>"
)


@contextmanager
def endless_bucket(keys: int, *, payer: bool = False) -> Iterator[tuple[str, Callable[[], int]]]:
    """Serve until the block ends: the endpoint, and what tells how many pages were asked for.

    Every thousandth key ends in .csv, all others in .log. payer: refuse whoever does not say that he pays.
    """
    pages: list[int] = []

    class Listing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            start = int(asked.get("continuation-token", ["0"])[0])
            end = min(start + PAGE, keys)
            pages.append(start)
            more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < keys else ""
            entries = "".join(
                ENTRY.format(number=number, folder=number // 100_000, ending="log" if number % 1000 else "csv")
                for number in range(start, end)
            )
            truncated = "true" if more else "false"
            body = f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{more}{entries}</ListBucketResult>"
            self.send_response(403 if payer and self.headers["x-amz-request-payer"] != "requester" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *said: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listing) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", lambda: len(pages)
        server.shutdown()
