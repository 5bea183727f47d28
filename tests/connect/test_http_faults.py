"""The http source: whatever the service does, the whole result or a clean failure; and no secret is told."""

from __future__ import annotations

import datetime as dt
import gzip
import logging
import os
import random
import ssl
import time
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.connect.http_service import paged, people, run, source, texts
from tests.servers.rest import Asked, Reply, rest

from antechamber.errors import AntechamberError, SecretError, SourceError
from antechamber.records import Progress

LINKS: dict[str, Any] = {"records": "data.items", "pages": {"type": "link"}}
SECRET = "hunter2-5f4dcc3b"


def soon(seconds: int) -> str:
    return format_datetime(
        dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=seconds), usegmt=True
    )


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(400 if os.environ.get("ANTECHAMBER_SOAK") else 40))
def test_every_schedule_of_faults_gives_the_whole_result_or_a_clean_failure(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    body = {"data": {"items": people(10)}}
    faults: list[Reply | None] = [
        Reply(status=429, headers={"Retry-After": "0"}),
        Reply(status=503, headers={"Retry-After": soon(0)}),
        Reply({"error": "jane@example.com"}, status=chance.choice([500, 502, 504, 408])),
        Reply(body, cut=chance.randint(0, 200)),
        Reply(body, cut=0),
        Reply(b'{"data": {"items": [', headers={"Content-Type": "application/json"}),
        Reply(gzip.compress(b"{}")[:-9], headers={"Content-Encoding": "gzip"}),
        None,
        None,
    ]
    with rest(paged(people(95))) as service:
        service.faults = [chance.choice(faults) for _ in range(chance.randint(0, 25))]
        try:
            _, found = run(service.url, tmp_path, retries=chance.choice([0, 2, 8]), **LINKS)
        except SourceError as error:
            assert "jane" not in str(error) and error.where
        else:
            assert found == texts(people(95))


@pytest.mark.parametrize("asked", ["1", "date"])
def test_the_wait_that_the_service_asks_for_is_kept(asked: str, tmp_path: Path) -> None:
    with rest(paged(people(15))) as service:
        began = time.monotonic()
        service.faults = [
            Reply(status=429, headers={"Retry-After": "1" if asked == "1" else soon(1), "Date": soon(0)})
        ]
        _, found = run(service.url, tmp_path, **LINKS)
        assert found == texts(people(15)) and time.monotonic() - began >= 0.9


def test_a_wait_that_is_too_long_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    with rest(paged(people(5))) as service, pytest.raises(SourceError, match="asks to wait 3,600 seconds"):
        service.faults = [Reply(status=503, headers={"Retry-After": "3600"})]
        run(service.url, tmp_path, **LINKS)


def test_no_more_requests_are_sent_than_the_declared_rate(tmp_path: Path) -> None:
    with rest(paged(people(60))) as service:
        began = time.monotonic()
        run(service.url, tmp_path, rate=20.0, **LINKS)
        assert len(service.asked) == 6 and time.monotonic() - began >= 5 / 20


def test_an_answer_that_is_too_large_is_refused_also_when_it_is_packed(tmp_path: Path) -> None:
    bomb = Reply(gzip.compress(b" " * (3 << 20)), headers={"Content-Encoding": "gzip"})
    with rest(lambda _: bomb) as service, pytest.raises(SourceError, match="more than 1 MB"):
        run(service.url, tmp_path, max_page_mb=1)


def test_a_service_that_is_silent_or_gone_is_an_error(tmp_path: Path) -> None:
    def silent(_: Asked) -> Reply:
        time.sleep(0.3)
        return Reply([])

    with rest(silent) as service, pytest.raises(SourceError, match="did not answer in time, 2 times"):
        run(service.url, tmp_path, timeout=0.05, retries=1)
    with pytest.raises(SourceError, match="cannot be reached, 2 times"):
        run(service.url, tmp_path, retries=1)


def test_a_source_that_is_closed_stops_waiting(tmp_path: Path) -> None:
    with rest(lambda _: Reply(status=503, headers={"Retry-After": "60"})) as service:
        opened = source(service.url, tmp_path)
        (part,) = opened.list(Progress()).partitions
        opened.close()
        with pytest.raises(SourceError, match="closed"):
            list(opened.read(part))


AUTHS: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "bearer", "token": "file:s"}, "Authorization", f"Bearer {SECRET}"),
    ({"type": "basic", "user": "file:s", "password": "file:s"}, "Authorization",
     "Basic aHVudGVyMi01ZjRkY2MzYjpodW50ZXIyLTVmNGRjYzNi"),
    ({"type": "api-key", "headers": {"X-Api-Key": "file:s"}}, "X-Api-Key", SECRET),
    ({"type": "api-key", "params": {"api_key": "file:s"}}, "?api_key", SECRET),
]  # fmt: skip


@pytest.mark.parametrize(("auth", "place", "carried"), AUTHS)
def test_credentials_are_carried_on_every_page_and_never_told(
    auth: dict[str, Any], place: str, carried: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "s").write_text(SECRET + "\n")
    caplog.set_level(logging.DEBUG)
    with rest(paged(people(25))) as service:
        opened = source(service.url, tmp_path, auth=auth, **LINKS)
        listing = opened.list(Progress())
        assert len([row for batch in opened.read(listing.partitions[0]) for row in batch.to_pylist()]) == 25
        for asked in service.asked:
            assert (asked.params.get(place[1:]) if place[0] == "?" else asked.headers.get(place)) == carried
        service.faults = [Reply({"error": SECRET}, status=403)]
        with pytest.raises(SourceError, match="403") as error:
            list(opened.read(listing.partitions[0]))
    told = f"{error.value!r}{error.value}{opened!r}{vars(opened)!r}{listing!r}{caplog.text}"
    assert SECRET not in told and carried not in told


def test_a_secret_that_a_header_cannot_hold_is_refused_unseen(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(f"{SECRET}\r\nX-Other: 1")
    with pytest.raises(SecretError) as error:
        source("https://api.example.test", tmp_path, auth={"type": "bearer", "token": "file:s"})
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_a_token_is_got_once_renewed_before_it_expires_and_once_when_it_is_refused(
    grant: str, tmp_path: Path
) -> None:
    (tmp_path / "s").write_text(SECRET)
    pages, given, valid = paged(people(95)), [], 4

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            assert f"grant_type={grant}".encode() in asked.body
            given.append(0)
            return Reply({"access_token": f"t{len(given)}", "token_type": "Bearer", "expires_in": 3600})
        if asked.headers.get("Authorization") != f"Bearer t{len(given)}" or given[-1] >= valid:
            return Reply(status=401)
        given[-1] += 1
        return pages(asked)

    with rest(answer) as service:
        auth = {
            "type": "oauth2",
            "token_url": f"{service.url}/token",
            "client_id": "file:s",
            "client_secret": "file:s",
        }
        if grant == "refresh_token":
            auth |= {"refresh_token": "file:s", "send": "body"}
        _, found = run(service.url, tmp_path, auth=auth, **LINKS)
        assert found == texts(people(95)) and given == [4, 4, 2]
        valid = 0
        with pytest.raises(SourceError, match="401"):
            run(service.url, tmp_path, auth=auth, **LINKS)
    with (
        rest(lambda _: Reply({"error": "invalid_client", "error_description": SECRET}, status=400)) as service,
        pytest.raises(SourceError, match="invalid_client") as error,
    ):
        run(service.url, tmp_path, auth={**auth, "token_url": f"{service.url}/token"})
    assert SECRET not in str(error.value)


def test_an_expiring_token_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SECRET)
    pages = paged(people(25))
    tokens = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            tokens.append(asked)
            return Reply({"access_token": "t", "token_type": "bearer", "expires_in": 0})
        return pages(asked)

    with rest(answer) as service:
        auth = {
            "type": "oauth2",
            "token_url": f"{service.url}/token",
            "client_id": "file:s",
            "client_secret": "file:s",
        }
        run(service.url, tmp_path, auth=auth, **LINKS)
    assert len(tokens) == 3


def test_next_pages_and_redirects_to_other_hosts_are_refused_or_without_credentials(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SECRET)
    auth = {"type": "api-key", "headers": {"X-Api-Key": "file:s"}, "params": {"k": "file:s"}}
    with rest(paged(people(5))) as other, rest(lambda asked: Reply(status=302, headers=jump(asked))) as service:
        host = other.url.removeprefix("http://")

        def jump(asked: Asked) -> dict[str, str]:
            return {"Location": f"{other.url}/x?k={asked.params.get('k', '')}"}

        with pytest.raises(SourceError, match="redirects to another host"):
            run(service.url, tmp_path, auth=auth, records="data.items")
        assert other.asked == [] and service.asked[0].params == {"k": SECRET}
        _, found = run(service.url, tmp_path, auth=auth, records="data.items", hosts=[host])
        assert found == texts(people(5))
        assert SECRET not in f"{other.asked}"
        service.answer = lambda _: Reply({"items": [], "next": f"{other.url}/y"})
        with pytest.raises(SourceError, match="next page is at another host"):
            run(service.url, tmp_path, records="items", pages={"type": "next", "path": "next"})
        service.answer = lambda _: Reply({"items": [], "next": "http://169.254.169.254/latest"})
        with pytest.raises(SourceError, match="may not be asked"):
            run(
                service.url,
                tmp_path,
                records="items",
                pages={"type": "next", "path": "next"},
                hosts=["169.254.169.254"],
            )


def test_a_redirect_on_the_same_host_keeps_the_credentials_and_ends(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SECRET)
    auth = {"type": "bearer", "token": "file:s"}
    pages = paged(people(5))
    moved = lambda asked: pages(asked) if asked.path == "/new" else Reply(status=308, headers={"Location": "/new"})  # noqa: E731
    with rest(moved) as service:
        assert run(f"{service.url}/old", tmp_path, auth=auth, records="data.items")[1] == texts(people(5))
        assert all(asked.headers["Authorization"] == f"Bearer {SECRET}" for asked in service.asked)
        service.answer = lambda asked: Reply(status=302, headers={"Location": asked.path + "a"})
        with pytest.raises(SourceError, match="more than 5 times"):
            run(service.url, tmp_path)


def test_a_proxy_of_the_environment_is_used_but_for_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rest(lambda _: Reply(status=502)) as service, rest(paged(people(5))) as own:
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, service.url.replace("http://", f"http://user:{SECRET}@"))
        monkeypatch.setenv("no_proxy", "direct.invalid")
        assert len(run(own.url, tmp_path, records="data.items")[1]) == 5
        with pytest.raises(AntechamberError, match="connection failed") as error:
            run("https://api.example.test/x", tmp_path, retries=0)
        assert SECRET not in str(error.value)
    assert [asked.method for asked in service.asked] == ["CONNECT"]
    assert "proxy-authorization" in service.asked[0].headers


def test_a_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, context = self_signed(tmp_path), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with rest(lambda _: Reply([{"id": 1, "email": "a"}]), tls=context) as service:
        with pytest.raises(SourceError, match="certificate is not trusted") as error:
            run(service.url, tmp_path)
        assert "SSL_CERT_FILE" in error.value.remedy
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert len(run(service.url, tmp_path)[1]) == 1


def self_signed(folder: Path) -> Path:
    """A key and a certificate for localhost, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "own.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return path
