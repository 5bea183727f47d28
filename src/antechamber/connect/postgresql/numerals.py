"""Numbers of any length, which the driver hands over as text: spelt as the server spells them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SPELT = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
"""What the driver writes, and PostgreSQL. Of numbers both write the same digits."""


def plain(values: pa.Array[Any]) -> pa.Array[Any]:
    """A column as the driver gives it, as one of Arrow's own types: of a numeric, the text that the server has."""
    return _spelt(values.storage) if isinstance(values, pa.ExtensionArray) else values


def _spelt(texts: pa.Array[Any]) -> pa.Array[Any]:
    if not _has_letters(texts):
        return texts
    for driver, server in SPELT.items():
        texts = pc.if_else(pc.equal(texts, pa.scalar(driver)), server, texts)
    return texts


def _has_letters(texts: pa.Array[Any]) -> bool:
    """Whether there is a byte behind the digits, as of no finite number."""
    data = texts.buffers()[2]
    return data is not None and data.size > 0 and bool(np.frombuffer(memoryview(data), np.uint8).max() > ord("9"))
