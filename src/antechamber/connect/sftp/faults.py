"""What goes wrong with an SFTP server: what passes by itself, what is a file's own, and what must be said."""

from __future__ import annotations

import asyncssh

from antechamber.errors import SourceError

LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.ConnectionLost, asyncssh.ChannelOpenError)
ABSENT = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
FOR_GOOD = (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed, asyncssh.PermissionDenied)


def is_passing(error: BaseException) -> bool:
    """Whether the same may work on a new connection."""
    if isinstance(error, FOR_GOOD):
        return False
    if isinstance(error, asyncssh.SFTPError):
        return isinstance(error, LOST)
    return isinstance(error, (*LOST, asyncssh.DisconnectError, OSError, TimeoutError))


def said_by(error: BaseException | None) -> str:
    """A word on an error that can be shown: its kind, and what the system says of it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__


def refusal(error: BaseException, where: str) -> SourceError:
    """The error for what a server refuses."""
    if isinstance(error, ABSENT):
        return SourceError("it is not there", where=where, remedy="correct source.path, or ask the server's owner")
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return SourceError(
            "the server refuses access",
            where=where,
            remedy="ask the server's owner that our account may list, read, rename and delete there",
        )
    return SourceError(
        f"the server does not do what it is asked ({said_by(error)})",
        where=where,
        remedy="run again; if it stays so, ask the server's owner",
    )
