"""Names of files inside archives."""

from __future__ import annotations

from antechamber.errors import UnsealError


def checked(inside: str, name: str) -> str:
    """A member's name as a plain relative path. name: what messages call the archive.

    Raises UnsealError for one that would leave the folder it is unpacked in: the archive was made to harm.
    """
    plain = inside.replace("\\", "/")
    harmful = plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/") or not plain
    if harmful or any(ord(character) < 32 for character in inside):
        raise UnsealError(
            "the archive has a member whose name is not a plain relative path",
            where=name,
            remedy="ask the sender how it was made; nothing of it was read as a path",
        )
    return "/".join(part for part in plain.split("/") if part not in ("", "."))


def is_hidden(inside: str) -> bool:
    """Whether a leading `_` or `.` of the file or a folder hides it (`__MACOSX/`, `.DS_Store`)."""
    return any(part.startswith(("_", ".")) for part in inside.split("/"))
