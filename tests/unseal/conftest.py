"""A sender who makes PGP messages with GnuPG, and the readers' keys in a workspace."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unseal.reading import homes

from antechamber.declare.source import Decrypt
from antechamber.secrets import Secrets

PASSPHRASE = "correct horse batterie è"
KEYS = {
    "rsa": ("rsa2048", "sign,encrypt", ""),
    "curve": ("future-default", "default", PASSPHRASE),
    "signer": ("ed25519", "sign", ""),
    "stranger": ("ed25519", "sign", ""),
}


class Sender:
    """Someone with a GnuPG home of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name, (algorithm, usage, passphrase) in KEYS.items():
            self.gpg(
                f"--passphrase={passphrase}", "--quick-gen-key", f"{name}@example.org", algorithm, usage, "never"
            )
        self.gpg("--quick-add-key", self.fingerprint("rsa"), "rsa2048", "encrypt", "never", "--passphrase=")

    def gpg(self, *arguments: str, data: bytes = b"") -> bytes:
        command = ["gpg", f"--homedir={self.home}", "--batch", "--yes", "--pinentry-mode=loopback"]
        options = [a for a in arguments if a.startswith("--passphrase=")]
        rest = [a for a in arguments if a not in options]
        done = subprocess.run([*command, *options, *rest], input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def fingerprint(self, name: str) -> str:
        listed = self.gpg("--with-colons", "--list-keys", f"{name}@example.org").decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))

    def private(self, name: str, *options: str) -> bytes:
        passphrase = f"--passphrase={KEYS[name][2]}"
        return self.gpg(passphrase, *options, "--export-secret-keys", f"{name}@example.org")

    def public(self, name: str) -> bytes:
        return self.gpg("--armor", "--export", f"{name}@example.org")

    def message(self, data: bytes, *options: str, to: str = "rsa", signed: str = "") -> bytes:
        sign = ["--local-user", f"{signed}@example.org", "--sign"] if signed else []
        receiver = f"{to}@example.org"
        return self.gpg("--trust-model=always", *options, *sign, "--recipient", receiver, "--encrypt", data=data)


@pytest.fixture(scope="session")
def sender() -> Iterator[Sender]:
    home = Path(tempfile.mkdtemp(prefix="sender-", dir="/tmp"))
    try:
        yield Sender(home)
    finally:
        subprocess.run(["gpgconf", f"--homedir={home}", "--kill", "all"], check=False)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def keys(sender: Sender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace's folder with the readers' keys in it."""
    folder = tmp_path_factory.mktemp("workspace")
    for name in KEYS:
        (folder / f"{name}.asc").write_bytes(sender.private(name, "--armor"))
        (folder / f"{name}.pub").write_bytes(sender.public(name))
    (folder / "rsa.bin").write_bytes(sender.private("rsa"))
    (folder / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (folder / "wrong").write_text("something else\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def secrets(keys: Path) -> Secrets:
    return Secrets(keys)


@pytest.fixture
def pgp() -> Decrypt:
    return Decrypt(pgp="file:rsa.asc")


@pytest.fixture(scope="session")
def content() -> bytes:
    """Two and a half megabytes of CSV."""
    dice = random.Random(20261123)
    lines = [f"{n},member{dice.randrange(10**9)}@example.com,{dice.random()}" for n in range(55_000)]
    return ("id,email,ltv\n" + "\n".join(lines) + "\n").encode()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for temporary files, checked to be empty again at the end, as is the memory folder."""
    before = homes()
    folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert list(folder.iterdir()) == []
    folder.rmdir()
    assert homes() == before
