"""What a file is wrapped in, told from its name."""

from __future__ import annotations

from typing import Literal

Layer = Literal["pgp", "gzip", "zip", "zstd", "bzip2"]

ENDINGS: dict[str, Layer] = {
    ".pgp": "pgp",
    ".gpg": "pgp",
    ".asc": "pgp",
    ".gz": "gzip",
    ".zip": "zip",
    ".zst": "zstd",
    ".bz2": "bzip2",
}


def layers_of(name: str) -> tuple[tuple[Layer, ...], str]:
    """The layers that a file's endings name, outermost first, and the name that is left.

    `members.CSV.gz.PGP` → `(("pgp", "gzip"), "members.CSV")`. A name that is nothing but an ending
    (`.gz`) is a name, not an ending.
    """
    layers: list[Layer] = []
    while True:
        stem, dot, ending = name.rpartition(".")
        layer = ENDINGS.get((dot + ending).lower())
        if layer is None or not stem or stem.endswith("/"):
            return tuple(layers), name
        layers.append(layer)
        name = stem
