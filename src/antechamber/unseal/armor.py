"""ASCII armor around a PGP message: that there is one message and nothing after it.

GnuPG passes over whatever follows the armor's end line, and a missing end line; here both are errors.
Source: RFC 9580, section 6.2.
"""

from __future__ import annotations

from antechamber.errors import UnsealError

_BEGIN = b"-----BEGIN PGP MESSAGE-----"
_END = b"-----END PGP MESSAGE-----"
_BLANK = b" \t\r\n\xef\xbb\xbf"


class Armor:
    """Watches a message go by; a binary message is let through unseen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._armored: bool | None = None
        self._ended = False
        self._tail = b""

    def take(self, piece: bytes) -> None:
        """The next bytes. Raises UnsealError when something follows the armor's end line."""
        if self._armored is None:
            start = (self._tail + piece).lstrip(_BLANK)
            if len(start) < len(_BEGIN) and _BEGIN.startswith(start):
                self._tail += piece
                return
            self._armored = start.startswith(_BEGIN)
            piece, self._tail = start, b""
        if not self._armored:
            return
        joined = self._tail + piece
        if not self._ended:
            _, end, after = joined.partition(_END)
            if not end:
                self._tail = joined[-len(_END) :]
                return
            self._ended = True
            joined = after
        self._tail = b""
        if joined.strip(_BLANK):
            raise UnsealError(
                "the message is followed by something else",
                where=self._name,
                remedy="ask the sender to upload one message a file",
            )

    def end(self) -> None:
        """There are no more bytes. Raises UnsealError when the armor's end line did not come."""
        if self._armored and not self._ended:
            raise UnsealError(
                "the message is truncated: its end line is missing",
                where=self._name,
                remedy="ask the sender to upload it again",
            )
