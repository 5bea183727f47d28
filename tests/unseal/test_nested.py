"""Layers within layers, in any order."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import random
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from tests.unseal.conftest import Sender
from tests.unseal.reading import read
from tests.unseal.test_tar import archive as tar
from tests.unseal.test_zip import archive

from antechamber.declare.source import Decrypt
from antechamber.errors import UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import Layer, Unsealer, layers_of

pytestmark = pytest.mark.usefixtures("temporary")

ENDINGS: dict[Layer, str] = {
    "pgp": "pgp",
    "gzip": "gz",
    "zip": "zip",
    "zstd": "zst",
    "bzip2": "bz2",
    "lz4": "lz4",
    "xz": "xz",
    "tar": "tar",
}


@pytest.fixture
def packers(sender: Sender) -> dict[Layer, Callable[[bytes], bytes]]:
    return {
        "pgp": sender.message,
        "gzip": gzip.compress,
        "zip": lambda data: archive({"inside": data}),
        "zstd": zstandard.ZstdCompressor().compress,
        "bzip2": bz2.compress,
        "lz4": lz4.frame.compress,
        "xz": lzma.compress,
        "tar": lambda data: tar({"inside": data}),
    }


def test_layers_open_in_every_order(
    packers: dict[Layer, Callable[[bytes], bytes]], content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    data = content[:100_000]
    with Unsealer(pgp, secrets) as unsealer:
        for layers in random.Random(20261124).sample(list(itertools.permutations(ENDINGS, 3)), 60):
            packed = data
            for layer in reversed(layers):
                packed = packers[layer](packed)
            name = "x.csv" + "".join(f".{ENDINGS[layer]}" for layer in reversed(layers))
            assert layers_of(name) == (layers, "x.csv")
            with unsealer.unsealed(io.BytesIO(packed), name, layers) as members:
                assert read(members) == {
                    "inside" + "/inside" * (len({"zip", "tar"} & set(layers)) - 1)
                    if {"zip", "tar"} & set(layers)
                    else "": data
                }


def test_an_error_of_any_layer_comes_through_the_layers_inside_it(
    packers: dict[Layer, Callable[[bytes], bytes]], content: bytes, pgp: Decrypt, secrets: Secrets
) -> None:
    content = content[:20_000]
    with Unsealer(pgp, secrets) as unsealer:
        for outer, inner in random.Random(20261124).sample(list(itertools.permutations(ENDINGS, 2)), 30):
            whole = packers[outer](packers[inner](content))
            broken = packers[outer](packers[inner](content)[:-30])
            for packed in (whole[:-1], whole + b"more", broken):
                with (
                    pytest.raises(UnsealError),
                    unsealer.unsealed(io.BytesIO(packed), "x", [outer, inner]) as members,
                ):
                    read(members)


def test_members_of_an_archive_are_opened_by_their_own_names(sender: Sender, pgp: Decrypt, secrets: Secrets) -> None:
    packed = archive(
        {
            "plain.csv": b"1",
            "a.csv.gz": gzip.compress(b"2"),
            "b.csv.pgp": sender.message(b"3"),
            "c.zip": archive({"d.csv.zst": zstandard.ZstdCompressor().compress(b"4"), "e.csv": b"5"}),
        }
    )
    with Unsealer(pgp, secrets) as unsealer, unsealer.unsealed(io.BytesIO(packed), "x", ["zip"]) as members:
        assert read(members) == {
            "plain.csv": b"1",
            "a.csv": b"2",
            "b.csv": b"3",
            "c/d.csv": b"4",
            "c/e.csv": b"5",
        }


def test_an_error_inside_an_archive_names_the_member(pgp: Decrypt, secrets: Secrets) -> None:
    packed = archive({"folder/a.csv.gz": b"not gzip"})
    with Unsealer(pgp, secrets) as unsealer, unsealer.unsealed(io.BytesIO(packed), "in/x.zip", ["zip"]) as members:
        with pytest.raises(UnsealError) as said:
            read(members)
        assert said.value.where == "in/x.zip/folder/a.csv.gz"


def test_an_archive_that_never_ends_inside_is_refused(secrets: Secrets) -> None:
    packed = b"x"
    for _ in range(20):
        packed = archive({"again.zip": packed})
    with (
        Unsealer(None, secrets) as unsealer,
        unsealer.unsealed(io.BytesIO(packed), "x.zip", ["zip"]) as members,
        pytest.raises(UnsealError, match="more than 8 layers"),
    ):
        read(members)


def test_a_file_without_layers_is_given_as_it_is_and_may_be_read_here_and_there(secrets: Secrets) -> None:
    source = io.BytesIO(b"0123456789")
    with Unsealer(None, secrets) as unsealer, unsealer.unsealed(source, "x.parquet", []) as members:
        (member,) = members
        assert (member.name, member.stream) == ("", source)
    assert not source.closed
