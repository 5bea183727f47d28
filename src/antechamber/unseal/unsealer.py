"""The layers of a file, opened one inside the other."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, cast

from antechamber.declare.seal import ARCHIVES
from antechamber.declare.source import Decrypt
from antechamber.errors import UnsealError
from antechamber.secrets import Secrets
from antechamber.unseal.compressed import decompressed
from antechamber.unseal.keyring import Keyring
from antechamber.unseal.kms import Envelope, KmsKeys
from antechamber.unseal.layers import Layer, layers_of
from antechamber.unseal.opened import BUFFER, Chunks, Opened
from antechamber.unseal.pgp import Decrypted
from antechamber.unseal.tarred import files_of

DEEPEST = 8
"""Layers that a file may have: an archive that holds itself must end somewhere."""


@dataclass(frozen=True)
class Member:
    """One file that was found inside.

    name: its name in the archive it came from, without the endings of the layers that it was wrapped in
        there (`folder/a.csv` for `folder/a.csv.gz`, `inner/a.csv` for a file of `inner.zip`), or "" when there
        was no archive.
    stream: its bytes. Reading to the end without an exception means that the content is whole and good.
    """

    name: str
    stream: BinaryIO


class Unsealer:
    """Opens files that are sealed under one declaration; one serves all files and threads of a run.

    decrypt: how encrypted files are opened, or None when there are none.
    """

    def __init__(self, decrypt: Decrypt | None, secrets: Secrets) -> None:
        self._decrypt = decrypt or Decrypt()
        self._secrets = secrets
        self._opening = threading.Lock()
        self._keyring: Keyring | None = None
        self._kms: KmsKeys | None = None

    @contextmanager
    def unsealed(self, stream: BinaryIO, name: str, layers: Sequence[Layer]) -> Iterator[Iterator[Member]]:
        """The files inside `stream`, in the order in which they come.

        stream: the sealed bytes from the first; read forward only, and not closed.
        name: what messages call the file. layers: outermost first, as `layers_of` tells them.

        Members come one at a time: asking for the next reads the last one to its end. What an archive's
        member is wrapped in follows from its own name, unless `layers` goes on after the archive. Raises
        UnsealError (a layer is damaged, truncated, foreign or wrongly keyed) and SecretError from the members'
        streams or from the iterator: what was read is good only when all of it was read without one.
        """
        with closing(self._members(stream, name, tuple(layers), "", DEEPEST)) as members:
            yield members

    def check(self) -> None:
        """Try the keys and their passphrase, without a message; KMS itself is asked only with one.

        Raises SecretError, UnsealError or MissingExtra.
        """
        if self._decrypt.pgp is not None:
            self._open_keyring()
        if self._decrypt.kms is not None:
            self._open_kms()

    def close(self) -> None:
        """Forget the keys. Safe to call twice."""
        with self._opening:
            if self._keyring is not None:
                self._keyring.close()
                self._keyring = None

    def __enter__(self) -> Unsealer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _members(
        self, stream: BinaryIO, name: str, layers: tuple[Layer, ...], inside: str, depth: int
    ) -> Generator[Member, None, None]:
        if len(layers) > depth:
            raise UnsealError(
                f"the file is wrapped in more than {DEEPEST} layers",
                where=name,
                remedy="ask the sender to wrap it once",
            )
        with ExitStack() as open_layers:
            for position, layer in enumerate(layers):
                if layer in ARCHIVES:
                    yield from self._archived(
                        stream, name, layer, layers[position + 1 :], inside, depth - position - 1
                    )
                    _read_out(stream)  # the layers around the archive are verified at their ends
                    return
                opened = self._opened(stream, layer, name)
                stream = cast(BinaryIO, open_layers.enter_context(closing(opened.buffered())))
            yield Member(inside, stream)
            if layers:
                _read_out(stream)

    def _archived(
        self, stream: BinaryIO, name: str, layer: Layer, layers: tuple[Layer, ...], inside: str, depth: int
    ) -> Generator[Member, None, None]:
        with closing(_zipped(stream, name) if layer == "zip" else files_of(stream, name)) as files:
            for file, content in files:
                wrapped_in, plain = layers_of(file)
                full = f"{inside}/{plain}" if inside else plain
                with closing(content.buffered()) as inner:
                    yield from self._members(
                        cast(BinaryIO, inner), f"{name}/{file}", layers or wrapped_in, full, depth
                    )
                    _read_out(cast(BinaryIO, inner))

    def _opened(self, stream: BinaryIO, layer: Layer, name: str) -> Opened:
        match layer:
            case "pgp":
                return self._decrypted(stream, name)
            case "kms":
                return self._opened_by_kms(stream, name)
            case "zip" | "tar":
                raise AssertionError("archives have members")
            case _:
                return decompressed(stream, layer, name)

    def _decrypted(self, stream: BinaryIO, name: str) -> Decrypted:
        if self._decrypt.pgp is None:
            raise UnsealError(
                "the file is a PGP message and no key is given",
                where=name,
                remedy='name the private key under the source: decrypt: {pgp: "file:keys/….asc"}',
            )
        return Decrypted(stream, name, self._open_keyring())

    def _opened_by_kms(self, stream: BinaryIO, name: str) -> Envelope:
        if self._decrypt.kms is None:
            raise UnsealError(
                "the file is sealed with a KMS key and none is given",
                where=name,
                remedy="name the key under the source: decrypt: {kms: arn:aws:kms:…}",
            )
        return Envelope(stream, name, self._open_kms())

    def _open_kms(self) -> KmsKeys:
        with self._opening:
            if self._kms is None:
                self._kms = KmsKeys(self._decrypt.kms_keys, self._decrypt.context or {})
            return self._kms

    def _open_keyring(self) -> Keyring:
        with self._opening:
            if self._keyring is None:
                self._keyring = Keyring(self._decrypt, self._secrets)
            return self._keyring


@contextmanager
def unsealed(
    stream: BinaryIO, name: str, *, layers: Sequence[Layer], decrypt: Decrypt | None, secrets: Secrets
) -> Iterator[Iterator[Member]]:
    """`Unsealer.unsealed` for one file; use an Unsealer for several, as opening the keys takes a moment."""
    with Unsealer(decrypt, secrets) as unsealer, unsealer.unsealed(stream, name, layers) as members:
        yield members


def _read_out(stream: BinaryIO) -> None:
    while stream.read(BUFFER):
        pass


def _zipped(stream: BinaryIO, name: str) -> Generator[tuple[str, Chunks], None, None]:
    from antechamber.unseal.zipped import members_of  # loads its library's ciphers: only for those who have archives

    return members_of(stream, name)
