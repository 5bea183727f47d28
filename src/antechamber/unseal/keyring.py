"""The keys of one run in a GnuPG home of their own, which is gone when the run is, however it ends."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn, cast

from antechamber.declare.source import Decrypt
from antechamber.errors import SecretError, UnsealError
from antechamber.secrets import Secrets

PREFIX = "antechamber-keys-"
ABANDONED_AFTER = 60.0
"""Seconds that a home without an owner is left alone: its owner may be about to lock it."""

# The agent that holds the keys runs only as long as this shell, and the shell only as long as the pipe to it
# is open. The kernel closes the pipe however we end, so neither keys nor processes stay behind.
_GUARD = """
echo ready
cat >/dev/null
gpgconf --homedir "$1" --kill gpg-agent
gpgconf --homedir "$1" --remove-socketdir
rm -rf -- "$1"
"""

_PASSPHRASE_ERRORS = (11, 31, 177)
"""libgpg-error: bad passphrase, invalid passphrase, no passphrase given."""

GPG_OPTIONS = (
    "--no-options",
    "--batch",
    "--no-tty",
    "--no-autostart",
    "--disable-dirmngr",
    "--pinentry-mode=loopback",
    "--trust-model=always",
    "--no-auto-key-locate",
)


class Keyring:
    """A private GnuPG home with keys imported; `close` removes it. Safe to use from several threads.

    Raises SecretError when a key is not what it should be or the passphrase does not fit it, UnsealError when
    GnuPG is missing.
    """

    def __init__(self, pgp: Decrypt, secrets: Secrets) -> None:
        keys = [secrets.read(reference) for reference in pgp.keys]
        publics = [secrets.read(reference) for reference in pgp.signers]
        self._passphrase = b"" if pgp.passphrase is None else secrets.read(pgp.passphrase).rstrip(b"\r\n")
        self.gpg = _program("gpg")
        _remove_abandoned()
        self.home = _new_home()
        self._lock = os.open(self.home, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            self._guard = self._start_agent()
            for reference, key in zip(pgp.keys, keys, strict=True):
                fingerprints = self._import(key, secret=True)
                if not fingerprints:
                    _refuse_key(key, reference)
                self._unlock(fingerprints, reference)
            self.signers: frozenset[str] = frozenset(
                fingerprint
                for reference, key in zip(pgp.signers, publics, strict=True)
                for fingerprint in self._import(key, secret=False) or _refuse_key(key, reference)
            )
        except BaseException:
            self.close()
            raise

    def command(self, *arguments: str) -> list[str]:
        """A gpg command on this home."""
        return [self.gpg, f"--homedir={self.home}", *GPG_OPTIONS, *arguments]

    @contextmanager
    def passphrase(self) -> Iterator[int]:
        """The reading end of a pipe that holds the keys' passphrase (an empty one when there is none)."""
        reading, writing = os.pipe()
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(self._passphrase + b"\n")
            yield reading
        finally:
            os.close(reading)

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs of ours: not the variables in which secrets are kept."""
        return _environment()

    def close(self) -> None:
        """End the agent and remove the home. Safe to call twice."""
        guard, self._guard = self._guard, None
        if guard is not None:
            cast(IO[bytes], guard.stdin).close()
            try:
                guard.wait(timeout=10)
            except subprocess.TimeoutExpired:
                guard.kill()
                guard.wait()
        shutil.rmtree(self.home, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _start_agent(self) -> subprocess.Popen[bytes]:
        guard = subprocess.Popen(
            [
                _program("gpg-agent"),
                f"--homedir={self.home}",
                "--no-options",
                "--quiet",
                "--disable-scdaemon",
                "--s2k-count=65536",
                "--daemon",
                "--",
                "sh",
                "-c",
                _GUARD,
                "sh",
                str(self.home),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,  # Ctrl-C must not end it before it has cleaned up
        )
        with cast(IO[bytes], guard.stdout) as said:
            if said.readline() != b"ready\n":
                guard.kill()
                guard.wait()
                raise UnsealError(
                    "GnuPG's agent does not start", where=str(self.home), remedy="check the installation of GnuPG"
                )
        return guard

    def _import(self, key: bytes, *, secret: bool) -> set[str]:
        """Fingerprints of the keys in `key` that were imported as a private or a public key."""
        done = subprocess.run(
            self.command("--status-fd=1", "--import"),
            input=key,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            check=False,
        )
        imported = (line.split() for line in done.stdout.decode("ascii", "replace").splitlines())
        return {
            fields[3]
            for fields in imported
            if fields[1:2] == ["IMPORT_OK"] and len(fields) >= 4 and (not secret or int(fields[2]) & 16)
        }

    def _unlock(self, fingerprints: set[str], reference: str) -> None:
        """Have the agent unlock private keys once.

        This tries the passphrase before any message comes, and the agent then keeps the keys under a cheap
        derivation (see _start_agent): unlocking with the sender's costs up to a second, for every message.
        """
        with self.passphrase() as passphrase:
            done = subprocess.run(
                self.command("--status-fd=2", f"--passphrase-fd={passphrase}", "--export-secret-keys", *fingerprints),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(passphrase,),
                env=_environment(),
                check=False,
            )
        for line in done.stderr.decode("ascii", "replace").splitlines():
            said = re.fullmatch(r"\[GNUPG:\] ERROR export_keys\.secret (\d+)", line.strip())
            if said and int(said[1]) & 0xFFFF in _PASSPHRASE_ERRORS:
                raise SecretError(
                    "the passphrase does not open this key" if self._passphrase else "the key has a passphrase",
                    where=reference,
                    remedy="give the right one under the source: decrypt: {passphrase: …}",
                )


def _refuse_key(key: bytes, reference: str) -> NoReturn:
    if b"BEGIN PGP PUBLIC KEY" in key:
        raise SecretError(
            "this is a public key; opening messages needs the private one",
            where=reference,
            remedy="export it with: gpg --armor --export-secret-keys KEY",
        )
    raise SecretError(
        "no PGP key of the kind needed is found here",
        where=reference,
        remedy="private keys: gpg --armor --export-secret-keys KEY; signers: gpg --armor --export KEY",
    )


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UnsealError(
            f"opening PGP messages needs GnuPG, and {name} is not found",
            remedy="install GnuPG 2.2 or later (Debian: apt install gnupg; macOS: brew install gnupg)",
        )
    return found


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _places() -> list[Path]:
    """Folders for a home, best first: keys stay in memory where the system has a folder for that."""
    wanted = [Path("/dev/shm"), Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108
    return [place for place in wanted if place.is_dir() and os.access(place, os.W_OK | os.X_OK)]


def _new_home() -> Path:
    for place in _places():
        home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))  # mode 0700
        if len(str(home / "S.gpg-agent.browser")) < 104:  # the shortest sockaddr_un (macOS) holds 104 bytes
            return home
        home.rmdir()
    raise UnsealError(
        "no folder for temporary keys can be used", remedy="make /tmp or the folder that TMPDIR names writable"
    )


def _remove_abandoned() -> None:
    """Remove homes whose owner and guard were both killed: nobody holds their lock."""
    for place in _places():
        for home in place.glob(f"{PREFIX}*"):
            try:
                if home.stat().st_uid != os.getuid() or time.time() - home.stat().st_ctime < ABANDONED_AFTER:
                    continue
                handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            except OSError:
                continue
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
            except OSError:
                continue
            finally:
                os.close(handle)
