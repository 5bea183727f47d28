"""A run is announced where its owner asked; what cannot be reached is reported and changes nothing."""

from __future__ import annotations

import datetime
import ipaddress
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.servers.smtp import smtp_server

from antechamber.publish import RunMessage, notify

MESSAGE = RunMessage(
    "20261124t000000z-abcdef", "acme", "loyalty", "members", "partial", seconds=1.5,
    read=10, published=6, quarantined=2, replaced=1, dropped={"adults only": 1},
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(sys.modules["antechamber.publish.notify"], "PAUSES", (0.0, 0.0))


@dataclass
class Webhook:
    """url; bodies: what was posted; answers: status codes, first to last, then 200."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    asked: int = 0


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    state = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = state.answers.pop(0) if state.answers else 200
            if status == 200:
                assert self.headers["Content-Type"] == "application/json"
                state.bodies.append(json.loads(body))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", state.url)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}/hook/secret-token"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield state
        server.shutdown()


def test_the_log_gets_the_balance(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="antechamber"):
        assert notify(["log:"], MESSAGE) == []
    assert "acme/loyalty: partial" in caplog.text
    assert "read 10 = published 6 + quarantined 2 + dropped 1 + replaced 1" in caplog.text


def test_a_webhook_gets_json(webhook: Webhook) -> None:
    assert notify([webhook.url], MESSAGE) == []
    (body,) = webhook.bodies
    assert (body["run"], body["status"], body["published"]) == (MESSAGE.run, "partial", 6)
    assert body["text"].startswith("acme/loyalty: partial")


@pytest.mark.parametrize("answers", [[503], [500, 429]])
def test_a_webhook_that_is_busy_is_asked_again(webhook: Webhook, answers: list[int]) -> None:
    webhook.answers = list(answers)
    assert notify([webhook.url], MESSAGE) == []
    assert len(webhook.bodies) == 1


def test_a_webhook_that_stays_down_is_asked_three_times_and_reported_without_its_path(webhook: Webhook) -> None:
    webhook.answers = [503] * 9
    (failure,) = notify([webhook.url], MESSAGE)
    assert webhook.asked == 3
    assert "503" in str(failure)
    assert "secret-token" not in str(failure)


@pytest.mark.parametrize("status", [400, 404, 302])
def test_a_webhook_that_refuses_is_asked_once(webhook: Webhook, status: int) -> None:
    webhook.answers = [status]
    (failure,) = notify([webhook.url], MESSAGE)
    assert webhook.asked == 1
    assert str(status) in failure.reason


def test_http_is_not_spoken_to_another_machine() -> None:
    (failure,) = notify(["http://192.0.2.1/hook"], MESSAGE)
    assert "use https" in failure.reason


def test_a_failure_does_not_keep_the_others_from_being_told(webhook: Webhook) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        targets = [
            f"http://127.0.0.1:{port}/x",
            f"smtp://127.0.0.1:{port}/a@b.example",
            "ftp://x/y",
            "http://[",
            "",
            webhook.url,
        ]
        failures = notify(targets, MESSAGE)
    assert len(failures) == 5
    assert len(webhook.bodies) == 1


def test_a_mail_is_delivered() -> None:
    with smtp_server() as server:
        assert notify([f"smtp://127.0.0.1:{server.port}/ops%2Bruns@acme.example"], MESSAGE) == []
    ((recipient, text, _),) = server.mails
    assert recipient == "ops+runs@acme.example"
    assert "Subject: Antechamber acme/loyalty: partial" in text
    assert "published 6" in text


def test_a_mail_that_is_put_off_is_sent_again_and_one_that_is_refused_is_not() -> None:
    with smtp_server() as server:
        server.answers = [b"451 later"]
        assert notify([f"smtp://127.0.0.1:{server.port}/a@b.example"], MESSAGE) == []
        server.answers = [b"550 nobody here"]
        (failure,) = notify([f"smtp://127.0.0.1:{server.port}/nobody@b.example"], MESSAGE)
    assert len(server.mails) == 1
    assert "nobody" not in str(failure)


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example%0d%0aBcc:x@y.example", "a@b.example,c@d.example"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with smtp_server() as server:
        assert len(notify([f"smtp://127.0.0.1:{server.port}/{address}"], MESSAGE)) == 1
    assert server.mails == []


def test_mail_to_another_machine_goes_over_tls_when_it_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.modules["antechamber.publish.notify"], "_is_loopback", lambda host: False)
    certificate = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with smtp_server(context) as server:
        target = f"smtp://127.0.0.1:{server.port}/a@b.example"
        assert len(notify([target], MESSAGE)) == 1  # nobody vouches for the certificate yet
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert notify([target], MESSAGE) == []
    assert [secured for *_, secured in server.mails] == [True]


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_notice_says_which_quality_rules_warned_or_held_records_back(webhook: Webhook) -> None:
    def came(outcome: str, **more: Any) -> dict[str, Any]:
        said = {"rule": "range", "columns": ["ltv"], "outcome": outcome, "checked": 1000, "failed": 12, "found": ""}
        return {**said, **more}

    quality = [
        came("passed"),
        came("quarantined"),
        came("warned", rule="row_count", columns=[], found="7 records, of at least 10"),
    ]
    message = replace(MESSAGE, quality=quality)
    assert notify([webhook.url], message) == []
    (body,) = webhook.bodies
    assert body["quality"] == quality
    assert body["text"].splitlines()[2:] == [
        "quality, quarantined: ltv, range: 12 of 1,000 records",
        "quality, warned: row_count: 7 records, of at least 10",
    ]
