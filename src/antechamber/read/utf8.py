"""Where a text is not UTF-8."""

from __future__ import annotations

import codecs
import struct
import threading

import numpy as np
import pyarrow as pa

from antechamber.read.bits import Positions

_NOTE = "antechamber.note"
_noted = threading.local()


def invalid_positions(text: bytes, size: int) -> Positions:
    """The offsets in text[:size] at which a sequence begins that is not UTF-8. A sound text costs one fast pass."""
    offsets = pa.py_buffer(struct.pack("=2q", 0, size))
    one_string = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        one_string.validate(full=True)
    except pa.ArrowInvalid:
        _noted.offsets = []
        codecs.decode(memoryview(text)[:size], "utf-8", _NOTE)
        return np.array(_noted.offsets, np.int64)
    return np.empty(0, np.int64)


def _note(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _noted.offsets.append(error.start)
    return "", error.end


codecs.register_error(_NOTE, _note)
