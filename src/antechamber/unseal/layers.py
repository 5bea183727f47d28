"""What a file is wrapped in, told from its name."""

from __future__ import annotations

from antechamber.declare.seal import ENDINGS, Seal

Layer = Seal


def layers_of(name: str) -> tuple[tuple[Layer, ...], str]:
    """The layers that a file's endings name, outermost first, and the name that is left.

    `members.CSV.gz.PGP` → `(("pgp", "gzip"), "members.CSV")`. A name that is nothing but an ending
    (`.gz`) is a name, not an ending.
    """
    layers: list[Layer] = []
    while True:
        stem, dot, ending = name.rpartition(".")
        told = ENDINGS.get((dot + ending).lower())
        if told is None or not stem or stem.endswith("/"):
            return tuple(layers), name
        layers += told
        name = stem
