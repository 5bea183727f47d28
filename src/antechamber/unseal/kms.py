"""Messages of the AWS Encryption SDK whose data key a KMS key opens: versions 1 and 2, decrypted as they are read.

Source of the format: AWS Encryption SDK Developer Guide, 'AWS Encryption SDK message format reference'. The SDK
checks each frame before it gives it, and the signature, where there is one, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from antechamber.errors import MissingExtra, SecretError, UnsealError
from antechamber.unseal.opened import BUFFER, Opened

LARGEST_FRAME = 64 << 20
"""Bytes of one frame, or of a message without frames: it must be held whole before any of it may be believed."""

_DATA_KEYS = 16
_AGAIN = "ask the sender to upload it again"


class KmsKeys:
    """The KMS keys of one run. Safe to use from several threads. Raises MissingExtra.

    arns: any of them may open a message; none is asked that is not named here. context: what the encryption context
    of a message must say. Where KMS is and who asks follow from the standard settings of AWS tools
    (AWS_PROFILE, AWS_ENDPOINT_URL_KMS, …).
    """

    def __init__(self, arns: Sequence[str], context: Mapping[str, str]) -> None:
        try:
            import aws_encryption_sdk as sdk
        except ImportError:
            raise MissingExtra("kms", needed_for="opening files that are sealed with a KMS key") from None
        self.context = context
        self._client = sdk.EncryptionSDKClient(
            commitment_policy=sdk.CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT,
            max_encrypted_data_keys=_DATA_KEYS,
        )
        self._keys = sdk.StrictAwsKmsMasterKeyProvider(key_ids=list(arns))

    def decryptor(self, source: Any) -> Any:
        """The SDK's stream over a message."""
        return self._client.stream(
            mode="decrypt", source=source, key_provider=self._keys, max_body_length=LARGEST_FRAME
        )


class Envelope(Opened):
    """The content of one message, or UnsealError."""

    def __init__(self, stream: BinaryIO, name: str, keys: KmsKeys) -> None:
        super().__init__()
        self._source = _Watched(stream)
        self._name, self._keys = name, keys
        self._decryptor: Any = None

    def fill(self, buffer: memoryview) -> int:
        try:
            if self._decryptor is None:
                self._decryptor = self._keys.decryptor(self._source)
                self._check_context(self._decryptor.header.encryption_context)
            piece: bytes = self._decryptor.read(min(len(buffer), BUFFER))
        except UnsealError:
            raise
        except Exception as error:
            if self._source.failure is not None:
                raise self._source.failure from None
            raise self._judged(error) from None
        if not piece and self._source.read(1):
            raise UnsealError("the message is followed by something else", where=self._name, remedy=_AGAIN)
        buffer[: len(piece)] = piece
        return len(piece)

    def _check_context(self, context: Mapping[str, str]) -> None:
        for key, value in self._keys.context.items():
            if context.get(key) != value:
                raise UnsealError(
                    f"the message was not made for this: its encryption context does not say what '{key}' should be",
                    where=self._name,
                    remedy="check decrypt.context, and ask the sender for whom the file is",
                )

    def _judged(self, error: Exception) -> Exception:
        # The library's own text is not passed on: what it may quote is not ours to show.
        from aws_encryption_sdk import exceptions as said
        from botocore import exceptions as aws

        if isinstance(error, aws.NoCredentialsError | aws.PartialCredentialsError):
            return SecretError(
                "there are no AWS credentials to ask KMS with",
                where=self._name,
                remedy="set AWS_PROFILE, or the variables that AWS tools read",
            )
        if isinstance(error, aws.BotoCoreError):
            return UnsealError(
                f"KMS cannot be asked ({type(error).__name__})",
                where=self._name,
                remedy="check the network and run again",
            )
        if isinstance(error, said.MasterKeyProviderError | said.DecryptKeyError):
            return UnsealError(
                "none of the given KMS keys opens the message, or KMS does not let us use them",
                where=self._name,
                remedy="name the key's ARN under decrypt.kms; who runs this needs kms:Decrypt for it",
            )
        if isinstance(error, said.CustomMaximumValueExceeded):
            return UnsealError(
                f"the message has a frame of more than {LARGEST_FRAME:,} bytes, or more than {_DATA_KEYS} keys",
                where=self._name,
                remedy="ask the sender to write frames (the SDK's default is 4 KiB)",
            )
        if self._source.begun and not self._source.looks_right:
            return UnsealError("this is not a message of the AWS Encryption SDK", where=self._name, remedy=_AGAIN)
        return UnsealError("the message is truncated, or was changed on its way", where=self._name, remedy=_AGAIN)


class _Watched:
    """The stream, all bytes at a time that are asked for, remembering its begin and what it raised."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._first = b""
        self.failure: Exception | None = None

    @property
    def begun(self) -> bool:
        """Whether there was any byte."""
        return bool(self._first)

    @property
    def looks_right(self) -> bool:
        """Whether the first bytes are those of version 2, or of version 1 and its only type."""
        return self._first[:1] == b"\x02" or self._first[:2] == b"\x01\x80"

    def read(self, size: int = -1) -> bytes:
        pieces: list[bytes] = []
        try:
            while size and (piece := self._stream.read(size if size > 0 else BUFFER)):
                pieces.append(piece)
                size -= len(piece) if size > 0 else 0
        except Exception as error:
            self.failure = error
            raise
        found = b"".join(pieces)
        if len(self._first) < 2:
            self._first = (self._first + found[:2])[:2]
        return found
