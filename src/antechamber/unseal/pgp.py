"""PGP messages, decrypted by GnuPG as a child process while they are read."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from typing import IO, BinaryIO, cast

from antechamber.errors import UnsealError
from antechamber.unseal.armor import Armor
from antechamber.unseal.keyring import Keyring
from antechamber.unseal.opened import Opened
from antechamber.unseal.verdict import Verdict

PIECE = 1 << 20
"""Bytes that are read from the source and held by a pipe at a time."""


class Decrypted(Opened):
    """The content of a PGP message; `fill` raises UnsealError, and whatever reading `stream` raises.

    A thread feeds gpg from `stream`, another takes its status lines; both have ended when `close` returns,
    and so has gpg. The content is believed only after gpg has verified all of it: what is read before the
    end is provisional.
    """

    def __init__(self, stream: BinaryIO, name: str, keyring: Keyring) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._signers = keyring.signers
        self._verdict = Verdict()
        self._armor = Armor(name)
        self._feeding: BaseException | None = None
        self._unread = False
        self._process, status = _start(keyring)
        self._output = cast(IO[bytes], self._process.stdout)
        self._threads = [
            threading.Thread(target=self._feed, name="pgp-feed", daemon=True),
            threading.Thread(target=self._take_status, args=(status,), name="pgp-status", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def fill(self, buffer: memoryview) -> int:
        size = os.readv(self._output.fileno(), [buffer])
        if size == 0:
            self._finish()
        return size

    def close(self) -> None:
        if not self.closed:
            if self._process.poll() is None:
                self._process.kill()
            self._join()
        super().close()

    def _finish(self) -> None:
        self._join()
        if self._feeding is not None:
            raise self._feeding
        self._verdict.judge(self._process.returncode, self._name, self._signers)
        if self._unread:
            raise UnsealError(
                "the message is followed by something else",
                where=self._name,
                remedy="ask the sender to upload it again",
            )

    def _join(self) -> None:
        # gpg is done or killed: the feeding thread meets a closed pipe, the other one an end.
        self._process.wait()
        for thread in self._threads:
            thread.join()
        self._output.close()

    def _feed(self) -> None:
        source = cast(IO[bytes], self._process.stdin)
        try:
            while piece := self._stream.read(PIECE):
                self._armor.take(piece)
                try:
                    _write(source.fileno(), piece)
                except BrokenPipeError:
                    self._unread = True
                    return
            self._armor.end()
        except BaseException as failure:
            self._feeding = failure
            self._process.kill()
        finally:
            source.close()

    def _take_status(self, status: int) -> None:
        with os.fdopen(status, "rb") as lines:
            while line := lines.readline(4096):
                self._verdict.line(line.decode("utf-8", "replace").rstrip("\n"))


def _start(keyring: Keyring) -> tuple[subprocess.Popen[bytes], int]:
    """gpg, decrypting its standard input, and the reading end of its status lines."""
    status, status_end = os.pipe()
    try:
        with keyring.passphrase() as passphrase:
            process = subprocess.Popen(
                keyring.command(
                    f"--status-fd={status_end}",
                    f"--passphrase-fd={passphrase}",
                    *(() if keyring.signers else ("--skip-verify",)),
                    "--decrypt",
                ),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it may name users
                pass_fds=(status_end, passphrase),
                env=keyring.environment,
            )
    except BaseException:
        os.close(status)
        raise
    finally:
        os.close(status_end)
    for end in (process.stdin, process.stdout):
        _widen(cast(IO[bytes], end))
    return process, status


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, where the system can (Linux): fewer switches between the processes."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIECE)
        except OSError:
            return  # the user's share of pipe memory is used up


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
