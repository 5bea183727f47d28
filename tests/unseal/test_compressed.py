"""gzip, zstd, lz4, bzip2 and xz: the whole content or an error."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from tests.unseal.reading import read

from antechamber.errors import SourceError, UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal import Layer, unsealed


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def _lz4(data: bytes) -> bytes:
    return bytes(lz4.frame.compress(data, content_checksum=True, block_checksum=True))


PACK: dict[Layer, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": _zstd,
    "bzip2": bz2.compress,
    "lz4": _lz4,
    "xz": lzma.compress,
}
LAYERS = pytest.mark.parametrize("layer", PACK)


def opened(data: bytes, *layers: Layer, piece: int = 1 << 16) -> bytes:
    with unsealed(io.BytesIO(data), "in/x.csv", layers=layers, decrypt=None, secrets=Secrets(Path())) as members:
        ((name, data),) = read(members, piece).items()
    assert name == ""
    return data


@LAYERS
@pytest.mark.parametrize("piece", [1, 7, 4096, 1 << 20])
def test_the_content_comes_whole_in_pieces_of_any_size(layer: Layer, piece: int, content: bytes) -> None:
    data = content if piece > 100 else content[:3000]
    assert opened(PACK[layer](data), layer, piece=piece) == data


@LAYERS
def test_an_empty_content_is_a_content(layer: Layer) -> None:
    assert opened(PACK[layer](b""), layer) == b""


@LAYERS
def test_members_after_each_other_are_one_content(layer: Layer, content: bytes) -> None:
    pack = PACK[layer]
    assert opened(pack(content) + pack(b"") + pack(b"more"), layer) == content + b"more"


@LAYERS
def test_a_file_cut_anywhere_is_an_error(layer: Layer, content: bytes) -> None:
    packed = PACK[layer](content[:20_000])
    cuts = {*range(40), *range(len(packed) - 40, len(packed)), *range(40, len(packed), 97)}
    for cut in sorted(cuts):
        with pytest.raises(UnsealError):
            opened(packed[:cut], layer)


@LAYERS
def test_a_second_member_cut_anywhere_is_an_error(layer: Layer, content: bytes) -> None:
    first = PACK[layer](content[:20_000])
    for cut in range(1, len(first), 211):
        with pytest.raises(UnsealError):
            opened(first + first[:cut], layer)


@LAYERS
def test_a_flipped_bit_is_an_error_or_changes_nothing(layer: Layer, content: bytes) -> None:
    data = content[:20_000]
    packed = PACK[layer](data)
    dice = random.Random(1)
    errors = 0
    for _ in range(300):
        damaged = bytearray(packed)
        damaged[dice.randrange(len(packed))] ^= 1 << dice.randrange(8)
        try:
            assert opened(bytes(damaged), layer) == data
        except UnsealError:
            errors += 1
    assert errors > 280


@LAYERS
@pytest.mark.parametrize("tail", [b"garbage", b"\0" * 512, b"\n"])
def test_something_after_the_content_is_an_error(layer: Layer, tail: bytes, content: bytes) -> None:
    with pytest.raises(UnsealError):
        opened(PACK[layer](content) + tail, layer)


@LAYERS
def test_a_file_of_another_kind_says_what_it_is_not(layer: Layer, content: bytes) -> None:
    with pytest.raises(UnsealError) as said:
        opened(content, layer)
    assert str(said.value) == f"in/x.csv: this is not {layer} data\n  ask the sender to upload it again"


@LAYERS
def test_an_empty_file_is_not_an_empty_content(layer: Layer) -> None:
    with pytest.raises(UnsealError, match="the file is empty"):
        opened(b"", layer)


def test_an_error_stays_an_error_for_those_who_read_on(content: bytes) -> None:
    packed = gzip.compress(content)[:-1]
    with unsealed(io.BytesIO(packed), "x", layers=["gzip"], decrypt=None, secrets=Secrets(Path())) as members:
        stream = next(members).stream
        for _ in range(3):
            with pytest.raises(UnsealError):
                while stream.read(1 << 16):
                    pass


def test_a_frame_that_needs_too_much_memory_says_so(tmp_path: Path) -> None:
    made = subprocess.run(
        ["zstd", "--ultra", "--long=30", "-1", "-c"], input=b"x" * 1000, capture_output=True, check=True
    ).stdout
    with pytest.raises(UnsealError, match="window"):
        opened(made, "zstd")


@LAYERS
def test_an_error_of_the_source_is_not_taken_for_damage(layer: Layer, content: bytes) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(1000)
            if not data:
                raise SourceError("the connection was lost")
            return data

    data = PACK[layer](content)
    with unsealed(Breaking(data[:-1]), "x", layers=[layer], decrypt=None, secrets=Secrets(Path())) as members:
        stream = next(members).stream
        with pytest.raises(SourceError, match="connection"):
            while stream.read(1 << 16):
                pass
