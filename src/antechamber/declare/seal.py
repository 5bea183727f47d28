"""What files are wrapped in: the seals, and the endings that tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Seal = Literal["pgp", "kms", "gzip", "zip", "zstd", "bzip2", "lz4", "xz", "tar"]
"""One layer around a file."""

ARCHIVES: frozenset[Seal] = frozenset(("zip", "tar"))
"""Seals with several files in them."""

ENDINGS: Mapping[str, tuple[Seal, ...]] = {
    ".pgp": ("pgp",),
    ".gpg": ("pgp",),
    ".asc": ("pgp",),
    ".kms": ("kms",),
    ".encrypted": ("kms",),
    ".gz": ("gzip",),
    ".zip": ("zip",),
    ".zst": ("zstd",),
    ".bz2": ("bzip2",),
    ".lz4": ("lz4",),
    ".xz": ("xz",),
    ".tar": ("tar",),
    ".tgz": ("gzip", "tar"),
    ".tbz2": ("bzip2", "tar"),
    ".txz": ("xz", "tar"),
    ".tzst": ("zstd", "tar"),
}
"""What a file's ending tells, outermost first. `.encrypted` is what the AWS Encryption CLI adds to a name."""
