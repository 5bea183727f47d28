"""Files that are something else than the text that they are said to be, told by how they begin."""

from __future__ import annotations

from antechamber.errors import FormatError

HEAD = 24
"""Bytes that tell."""

_SEALS = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"-----BEGIN PGP MESSAGE", "pgp"),
)
_OTHERS = (
    (b"PK\x03\x04", "a zip archive", "set unseal: [zip]; or, for an Excel workbook, format: {type: xlsx}"),
    (b"PAR1", "a Parquet file", "set format: {type: parquet}, or name it .parquet"),
    (b"Obj\x01", "an Avro file", "set format: {type: avro}, or name it .avro"),
    (b"%PDF-", "a PDF document", "ask the sender for the export itself"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel 97-2003", "ask the sender for .xlsx or CSV"),
)


def refuse_mistaken(head: bytes, name: str) -> None:
    """Refuse a file that begins as no text does. head: its first HEAD bytes. Raises FormatError."""
    for magic, seal in _SEALS:
        if head.startswith(magic):
            remedy = f"set unseal: [{seal}], or have its name end as such files' names do"
            raise FormatError(f"this is {seal} data, not text", where=name, remedy=remedy)
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        raise FormatError("this is bzip2 data, not text", where=name, remedy="set unseal: [bzip2]")
    for magic, what, remedy in _OTHERS:
        if head.startswith(magic):
            raise FormatError(f"this is {what}, not text", where=name, remedy=remedy)
