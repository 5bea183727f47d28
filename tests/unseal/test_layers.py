"""What a file's name says about what it is wrapped in."""

from __future__ import annotations

import pytest

from antechamber.unseal import layers_of


@pytest.mark.parametrize(
    ("name", "layers", "left"),
    [
        ("x.csv", (), "x.csv"),
        ("x.csv.gz.pgp", ("pgp", "gzip"), "x.csv"),
        ("in/2026-11-22.CSV.PGP", ("pgp",), "in/2026-11-22.CSV"),
        ("x.csv.gpg", ("pgp",), "x.csv"),
        ("x.csv.asc.zip", ("zip", "pgp"), "x.csv"),
        ("x.jsonl.zst", ("zstd",), "x.jsonl"),
        ("x.tsv.bz2.bz2", ("bzip2", "bzip2"), "x.tsv"),
        ("export.zip", ("zip",), "export"),
        ("x.csv.lz4.pgp", ("pgp", "lz4"), "x.csv"),
        ("x.tar.gz.gpg", ("pgp", "gzip", "tar"), "x"),
        ("x.TGZ", ("gzip", "tar"), "x"),
        ("x.csv.xz.encrypted", ("kms", "xz"), "x.csv"),
        ("x.txz.kms", ("kms", "xz", "tar"), "x"),
        ("x.gz.parquet", (), "x.gz.parquet"),
        ("members", (), "members"),
        (".gz", (), ".gz"),
        ("in/.pgp", (), "in/.pgp"),
        ("x.gz/y", (), "x.gz/y"),
        ("", (), ""),
    ],
)
def test_endings_name_the_layers_outermost_first(name: str, layers: tuple[str, ...], left: str) -> None:
    assert layers_of(name) == (layers, left)
