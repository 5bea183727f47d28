"""Nobody speaks for an account without its key, and nothing of a request is changed on its way."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.collaborate.api.premises import TENANTS, Premises, serving

from antechamber.declare import Declarations

Change = Callable[[AWSRequest], None]


def nothing(_: AWSRequest) -> None:
    pass


def ask(
    premises: Premises,
    *,
    before: Change = nothing,
    after: Change = nothing,
    key: str | None = None,
    secret: str | None = None,
    region: str = "us-east-1",
    service: str = "cleanrooms",
    path: str = "/collaborations",
    method: str = "GET",
    body: bytes = b"",
    signer: Any = SigV4Auth,
) -> tuple[int, str]:
    """The status and error type of a request that botocore signed and that was changed before or after it."""
    own = next(key for key in premises.server.accounts.keys.values() if key.account == TENANTS["acme"])
    request = AWSRequest(method, premises.server.endpoint + path, data=body)
    before(request)
    signer(Credentials(key or own.identifier, secret or own.secret), service, region).add_auth(request)
    after(request)
    prepared = request.prepare()
    host, port = premises.server.http.bind_addr[:2]
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request(
        request.method,
        prepared.url.removeprefix(premises.server.endpoint),
        body=request.data or None,
        headers={name: str(value) for name, value in request.headers.items()},
    )
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status in (200, 204) or json.loads(content)["message"]
    return response.status, response.headers.get("x-amzn-errortype", "")


def test_a_request_with_the_right_signature_is_answered(premises: Premises) -> None:
    assert ask(premises) == (200, "")
    assert ask(premises, path="/collaborations?maxResults=3&memberStatus=ACTIVE") == (200, "")


def test_a_wrong_secret_is_refused(premises: Premises) -> None:
    assert ask(premises, secret="x" * 40) == (403, "InvalidSignatureException")


def test_an_unknown_key_is_refused(premises: Premises) -> None:
    assert ask(premises, key="AKIAAAAAAAAAAAAAAAAA") == (403, "UnrecognizedClientException")


def test_an_unsigned_request_is_refused(premises: Premises) -> None:
    def unsign(request: AWSRequest) -> None:
        del request.headers["Authorization"]

    assert ask(premises, after=unsign) == (403, "MissingAuthenticationTokenException")


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_clock_that_is_off_by_more_than_five_minutes_is_refused(premises: Premises, minutes: int) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    with patch("botocore.auth.get_current_datetime", lambda *_, **__: moment.replace(tzinfo=None)):
        assert ask(premises) == (403, "InvalidSignatureException")


def test_the_servers_clock_decides(declared: Declarations) -> None:
    later = datetime.now(UTC).timestamp() + 3600
    with serving(declared, clock=lambda: later) as premises:
        assert ask(premises) == (403, "InvalidSignatureException")


def test_another_region_or_service_is_refused(premises: Premises) -> None:
    assert ask(premises, region="eu-west-1") == (403, "InvalidSignatureException")
    assert ask(premises, service="s3") == (403, "InvalidSignatureException")


@pytest.mark.parametrize("field", ["path", "query", "body", "method", "date"])
def test_what_is_changed_after_signing_is_refused(premises: Premises, field: str) -> None:
    def change(request: AWSRequest) -> None:
        if field == "path":
            request.url = request.url.replace("/collaborations", "/memberships")
        elif field == "query":
            request.url += "?maxResults=1"
        elif field == "body":
            request.data = b'{"name": "other"}'
        elif field == "method":
            request.method = "POST"
        else:
            stamp = request.headers["X-Amz-Date"]
            del request.headers["X-Amz-Date"]
            request.headers["X-Amz-Date"] = stamp[:-2] + ("1Z" if stamp[-2] == "0" else "0Z")

    body = b'{"name": "one"}' if field == "body" else b""
    method = "POST" if field == "body" else "GET"
    assert ask(premises, after=change, body=body, method=method) == (403, "InvalidSignatureException")


def test_a_header_of_aws_that_is_not_signed_is_refused(premises: Premises) -> None:
    def add(request: AWSRequest) -> None:
        request.headers["X-Amz-Target"] = "elsewhere"

    assert ask(premises, after=add) == (403, "InvalidSignatureException")


class HalfSigned(SigV4Auth):  # type: ignore[misc]
    """Signs what it must not leave out, but for one header."""

    def headers_to_sign(self, request: Any) -> Any:
        headers = super().headers_to_sign(request)
        del headers["host"]
        return headers


def test_a_host_that_is_not_signed_is_refused(premises: Premises) -> None:
    assert ask(premises, signer=HalfSigned) == (403, "InvalidSignatureException")


def test_a_body_beyond_all_bounds_is_not_read(premises: Premises) -> None:
    host, port = premises.server.http.bind_addr[:2]
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.putrequest("POST", "/collaborations")
    connection.putheader("content-length", str(10**10))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_presigned_request_is_refused(premises: Premises) -> None:
    assert ask(premises, signer=SigV4QueryAuth) == (403, "AccessDeniedException")


def test_a_session_token_is_of_nobody(premises: Premises) -> None:
    def add(request: AWSRequest) -> None:
        request.headers["X-Amz-Security-Token"] = "token"

    assert ask(premises, before=add) == (403, "UnrecognizedClientException")


def test_an_authorization_that_cannot_be_read_is_refused(premises: Premises) -> None:
    for text in ("", "Basic YWJj", "AWS4-HMAC-SHA256 Credential=a", "AWS4-HMAC-SHA512 Credential=a, SignedHeaders=h"):

        def change(request: AWSRequest, text: str = text) -> None:
            del request.headers["Authorization"]
            request.headers["Authorization"] = text

        assert ask(premises, after=change) == (403, "IncompleteSignatureException")


def test_a_path_that_is_no_operation_is_told_so(premises: Premises) -> None:
    assert ask(premises, path="/nowhere/at/all") == (404, "UnknownOperationException")


def test_the_credentials_are_for_their_owner_only_and_stay_the_same(declared: Declarations) -> None:
    with serving(declared) as premises:
        before = premises.server.credentials.read_text()
        assert premises.server.credentials.stat().st_mode & 0o777 == 0o600
        assert (premises.server.credentials.parent / "state.db").stat().st_mode & 0o777 == 0o600
    with serving(declared) as premises:
        assert premises.server.credentials.read_text() == before


def test_accounts_see_nothing_of_each_other(premises: Premises) -> None:
    acme, shopwell = premises.client("acme"), premises.client("shopwell")
    table = acme.create_configured_table(
        name="members",
        tableReference={"glue": {"databaseName": "acme", "tableName": "members"}},
        allowedColumns=["email"],
        analysisMethod="DIRECT_QUERY",
    )["configuredTable"]["id"]
    with pytest.raises(shopwell.exceptions.ResourceNotFoundException) as missing:
        shopwell.get_configured_table(configuredTableIdentifier=table)
    assert missing.value.response["resourceId"] == table
    assert missing.value.response["resourceType"] == "CONFIGURED_TABLE"
    assert shopwell.list_configured_tables()["configuredTableSummaries"] == []
    with pytest.raises(shopwell.exceptions.ValidationException):
        shopwell.create_configured_table(
            name="theirs",
            tableReference={"glue": {"databaseName": "acme", "tableName": "members"}},
            allowedColumns=["email"],
            analysisMethod="DIRECT_QUERY",
        )
