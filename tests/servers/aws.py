"""AWS's APIs on a free loopback port: moto behind a front that hears every call, and can disturb it."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import boto3
from moto.core.exceptions import JsonRESTError
from moto.glue.responses import GlueResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""moto's own."""


@dataclass(frozen=True)
class Call:
    """One request. who: the access key. action: `PUT /bucket/key` for S3, `GetTable` and so on for others. body: of a
    POST."""

    who: str
    service: str
    action: str
    query: str = ""
    body: bytes = b""


@dataclass
class Fault:
    """What becomes of the next calls that match. lost: the call is carried out, and its answer never comes."""

    matches: Callable[[Call], bool]
    times: int
    code: str = "SlowDown"
    lost: bool = False


@dataclass
class Aws:
    """The server. environment: what AWS tools and stores read to find it. calls: all that were made, in order."""

    endpoint: str
    environment: dict[str, str]
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def bucket(self, name: str = "antechamber") -> str:
        """A new, empty bucket's name."""
        made = f"{name}-{uuid4().hex[:12]}"
        self.client("s3").create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": REGION})
        return made

    def keys(self, bucket: str) -> list[str]:
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def disturb(
        self, service: str, action: str, *, times: int = 1, code: str = "SlowDown", lost: bool = False
    ) -> Fault:
        """Disturb the next calls whose action fits the pattern."""
        pattern = re.compile(action)
        fault = Fault(
            lambda call: call.service == service and bool(pattern.fullmatch(call.action)), times, code, lost
        )
        self.faults.append(fault)
        return fault


class _Front:
    """WSGI in front of moto."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = _call(environ)
        with self._lock:
            self._aws.calls.append(call)
            fault = next((each for each in self._aws.faults if each.times and each.matches(call)), None)
            if fault is not None:
                fault.times -= 1
        if fault is None:
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        if fault.lost:
            b"".join(self._moto(environ, lambda *_: None))
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if call.service == "s3":
            body = f"<Error><Code>{fault.code}</Code><Message>wait</Message></Error>".encode()
            kind = "application/xml"
        else:
            body, kind = f'{{"__type": "{fault.code}", "message": "wait"}}'.encode(), "application/x-amz-json-1.1"
        status = "503 Slow Down" if fault.code in ("SlowDown", "ServiceUnavailable") else "400 Bad Request"
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Nothing."""


def _call(environ: dict[str, Any]) -> Call:
    found = re.search(r"Credential=([^/]+)/[^/]*/[^/]*/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    who, service = found.groups() if found else ("", "")
    body = b""
    if environ["REQUEST_METHOD"] == "POST" and "CONTENT_LENGTH" in environ:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
        environ["wsgi.input"] = io.BytesIO(body)
    if target := environ.get("HTTP_X_AMZ_TARGET", ""):
        return Call(who, service, target.rpartition(".")[2], body=body)
    return Call(
        who, service, f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", environ.get("QUERY_STRING", ""), body
    )


@contextmanager
def aws() -> Iterator[Aws]:
    """Serve until the block ends."""
    running = Aws("", {})
    server = make_server("127.0.0.1", 0, _Front(running), threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, name="aws", daemon=True).start()
    running.endpoint = f"http://127.0.0.1:{server.port}"
    running.environment = {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    plain = GlueResponse.update_table
    GlueResponse.update_table = _update_table(plain)  # type: ignore[assignment, method-assign]
    try:
        yield running
    finally:
        GlueResponse.update_table = plain  # type: ignore[method-assign]
        server.shutdown()


def _update_table(plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Glue's own rule, which moto leaves out: a version that is not the current one is refused (AWS Glue API,
    `UpdateTable`)."""

    def update_table(self: Any) -> Any:
        asked = self.parameters.get("VersionId")
        name = self.parameters["TableInput"]["Name"]
        table = self.glue_backend.get_table(self.parameters["DatabaseName"], name)
        if asked is not None and asked != table.as_dict()["VersionId"]:
            raise JsonRESTError(
                "ConcurrentModificationException", "Update table failed due to concurrent modifications."
            )
        return plain(self)

    return update_table
