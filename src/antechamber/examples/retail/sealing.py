"""Sealing: acme's key pair, and files encrypted to it as the sender of an export would do it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from antechamber.errors import UnsealError

REMEDY = "install GnuPG 2.2 or later (Debian: apt install gnupg; macOS: brew install gnupg)"


def make_key_pair(identity: str, private: Path, public: Path) -> None:
    """Make an OpenPGP key pair without a passphrase, for signing and encryption, armored.

    private: written with mode 0600. Raises UnsealError when GnuPG is missing or fails.
    """
    with _home() as home:
        unlocked = ["--passphrase", "", "--pinentry-mode", "loopback"]
        _gpg(home, *unlocked, "--quick-generate-key", identity, "rsa3072", "sign,cert", "never")
        fingerprint = _fingerprint(_gpg(home, "--list-keys", "--with-colons", identity))
        _gpg(home, *unlocked, "--quick-add-key", fingerprint, "rsa3072", "encrypt", "never")
        write_secret(private, _gpg(home, *unlocked, "--armor", "--export-secret-keys", fingerprint))
        public.write_bytes(_gpg(home, "--armor", "--export", fingerprint))


def seal(pieces: Iterable[bytes], recipient: Path, to: Path) -> None:
    """Encrypt a stream of bytes to the public key in `recipient`; the plain text goes through a pipe only.

    to: the file, replaced when it exists and removed when this fails. Raises UnsealError.
    """
    with _home() as home:
        command = _command(
            home, "--trust-model", "always", "--compress-level", "1", "--recipient-file", str(recipient),
            "--output", str(to), "--yes", "--encrypt",
        )  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None and process.stderr is not None  # noqa: S101 - both are pipes
            with suppress(BrokenPipeError):  # gpg says why on its standard error
                process.stdin.writelines(pieces)
                process.stdin.close()
            message = process.stderr.read().decode(errors="replace").strip()
        if process.returncode:
            to.unlink(missing_ok=True)
            raise UnsealError(f"GnuPG could not encrypt ({message})", where=to.name, remedy=REMEDY)


def write_secret(path: Path, secret: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)


@contextmanager
def _home() -> Iterator[Path]:
    # Below the system's temporary folder, because a socket's path may have no more than about 100 characters.
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        try:
            yield Path(home)
        finally:
            if shutil.which("gpgconf"):
                subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, check=False)


def _gpg(home: Path, *arguments: str) -> bytes:
    done = subprocess.run(_command(home, *arguments), capture_output=True, check=False)
    if done.returncode:
        raise UnsealError(f"GnuPG failed ({done.stderr.decode(errors='replace').strip()})", remedy=REMEDY)
    return done.stdout


def _command(home: Path, *arguments: str) -> list[str]:
    program = shutil.which("gpg")
    if program is None:
        raise UnsealError("GnuPG is not installed", remedy=REMEDY)
    return [program, "--homedir", str(home), "--batch", "--no-tty", "--quiet", *arguments]


def _fingerprint(colons: bytes) -> str:
    for line in colons.decode().splitlines():
        if line.startswith("fpr:"):
            return line.split(":")[9]
    raise UnsealError("GnuPG made no key", remedy=REMEDY)
