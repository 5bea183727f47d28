"""KMS envelopes: messages of the AWS Encryption SDK, whole and by the right key, or an error."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_encryption_sdk as sdk
import pytest
from aws_encryption_sdk.identifiers import Algorithm
from tests.servers.kms import Kms, kms
from tests.unseal.reading import read

from antechamber.declare import Decrypt
from antechamber.errors import SecretError, SourceError, UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer

UNSEALERS: dict[tuple[Any, ...], Unsealer] = {}
SUITES = {
    "2 signed": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    "2": Algorithm.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
    "1 signed": Algorithm.AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384,
    "1": Algorithm.AES_128_GCM_IV12_TAG16_HKDF_SHA256,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Kms]:
    with kms() as running:
        yield running


@pytest.fixture(autouse=True)
def environment(server: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture(scope="module")
def key(server: Kms) -> str:
    return server.key()


def sealed(data: bytes, *keys: str, suite: str = "2 signed", **more: Any) -> bytes:
    client = sdk.EncryptionSDKClient(commitment_policy=sdk.CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
    if suite.startswith("2"):
        client = sdk.EncryptionSDKClient()
    message, _ = client.encrypt(
        source=data,
        key_provider=sdk.StrictAwsKmsMasterKeyProvider(key_ids=list(keys)),
        algorithm=SUITES[suite],
        **{"frame_length": 1024, **more},
    )
    return bytes(message)


def opened(data: bytes, *keys: str, context: dict[str, str] | None = None, stream: Any = None) -> bytes:
    # One unsealer for equal declarations, as in a run: making its clients takes longer than opening a message.
    made = (keys, repr(context), os.environ["AWS_ENDPOINT_URL_KMS"], os.environ.get("AWS_ACCESS_KEY_ID"))
    unsealer = UNSEALERS.setdefault(made, Unsealer(Decrypt(kms=keys, context=context), Secrets(Path())))
    with unsealer.unsealed(stream or io.BytesIO(data), "in/x.csv.kms", ["kms"]) as members:
        return read(members)[""]


def refused(data: bytes, *keys: str, context: dict[str, str] | None = None) -> str:
    with pytest.raises(UnsealError) as said:
        opened(data, *keys, context=context)
    assert (said.value.where, bool(said.value.remedy)) == ("in/x.csv.kms", True)
    return said.value.what


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("frame", [0, 512, 4096])
def test_messages_of_both_versions_are_opened(suite: str, frame: int, key: str, content: bytes) -> None:
    for data in (content[:50_000], b""):
        assert opened(sealed(data, key, suite=suite, frame_length=frame), key) == data


def test_any_of_the_named_keys_may_open_a_message(key: str, server: Kms) -> None:
    other = server.key()
    message = sealed(b"plain", other, key)
    assert opened(message, key) == opened(message, other) == opened(message, server.key(), key) == b"plain"


@pytest.mark.parametrize("suite", SUITES)
def test_a_message_cut_anywhere_is_refused(suite: str, key: str) -> None:
    message = sealed(b"id,email\n" * 300, key, suite=suite)
    cuts = {*range(0, len(message), 401), *range(len(message) - 8, len(message))}
    for cut in sorted(cuts):
        assert "truncated" in refused(message[:cut], key)


def test_a_flipped_bit_is_refused(key: str) -> None:
    message = sealed(b"id,email\n" * 300, key)
    dice = random.Random(20261124)
    for _ in range(60):
        damaged = bytearray(message)
        damaged[dice.randrange(len(message))] ^= 1 << dice.randrange(8)
        refused(bytes(damaged), key)


def test_another_key_opens_nothing(key: str, server: Kms) -> None:
    assert refused(sealed(b"plain", key), server.key()).startswith("none of the given KMS keys opens the message")


def test_what_follows_a_message_is_refused(key: str) -> None:
    message = sealed(b"plain", key, suite="2")
    assert (
        refused(message + b"x", key) == refused(message + message, key) == "the message is followed by something else"
    )


def test_a_message_for_another_purpose_is_refused(key: str) -> None:
    message = sealed(b"plain", key, encryption_context={"tenant": "acme", "feed": "loyalty"})
    assert opened(message, key, context={"tenant": "acme"}) == b"plain"
    said = refused(message, key, context={"tenant": "other"})
    assert said == "the message was not made for this: its encryption context does not say what 'tenant' should be"
    assert refused(sealed(b"plain", key), key, context={"tenant": "acme"}) == said


def test_what_is_no_message_is_said_to_be_none(key: str) -> None:
    assert refused(b"id,email\n1,2\n", key) == "this is not a message of the AWS Encryption SDK"
    assert "truncated" in refused(b"", key)


def test_a_frame_too_large_to_hold_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antechamber.unseal.kms.LARGEST_FRAME", 4096)
    data = bytes(20_000)
    assert opened(sealed(data, key, frame_length=4096), key) == data
    for frame in (0, 8192):
        assert "a frame of more than" in refused(sealed(data, key, frame_length=frame), key)


def test_kms_that_cannot_be_asked_is_no_fault_of_the_file(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = sealed(b"plain", key)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert refused(message, key).startswith("KMS cannot be asked")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(SecretError, match="no AWS credentials"):
        opened(message, key)


READING = """
import sys
from pathlib import Path
from antechamber.declare import Decrypt
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

unsealer = Unsealer(Decrypt(kms=sys.argv[1]), Secrets(Path()))

def count(path):
    with open(path, "rb") as source, unsealer.unsealed(source, "x", ["kms"]) as members:
        return sum(len(piece) for member in members for piece in iter(lambda: member.stream.read(1 << 20), b""))

count(sys.argv[2])
before = peak()
print(count(sys.argv[3]), peak() - before)
"""


def test_a_large_message_takes_no_more_memory_than_a_small_one(key: str, tmp_path: Path) -> None:
    for name, size in (("small", 2_000_000), ("large", 60_000_000)):
        (tmp_path / name).write_bytes(sealed(bytes(size), key, frame_length=1 << 16))
    command = [sys.executable, "-c", READING, key, str(tmp_path / "small"), str(tmp_path / "large")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    total, grown = map(int, done.stdout.split())
    assert total == 60_000_000
    assert grown < 16 * 1024


def test_what_the_stream_raises_comes_through_unchanged(key: str) -> None:
    message = sealed(b"plain" * 1000, key)
    error = SourceError("reset")

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 2000:
                raise error
            return super().read(min(size or 0, 500) if size and size > 0 else size)

    with pytest.raises(SourceError) as said:
        opened(b"", key, stream=Failing(message))
    assert said.value is error
