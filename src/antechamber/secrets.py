"""Secret references: where a secret is kept, never the secret itself.

`env:NAME` an environment variable; `file:path` a file (relative to the workspace); `aws-secretsmanager:name#key` a
secret of AWS Secrets Manager, whole or one key of its JSON; `aws-ssm:name` a parameter of AWS Systems Manager.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from antechamber.errors import MissingExtra, SecretError

SCHEMES = ("env", "file", "aws-secretsmanager", "aws-ssm")


@dataclass(frozen=True)
class Secrets:
    """Resolves references.

    root: what `file:` paths are relative to: the workspace's folder. moved: for a workspace that runs where it has no
    files and variables of its own: the reference to which an `env:` or `file:` reference was moved.
    """

    root: Path
    moved: Callable[[str], str] | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def path(self, reference: str) -> Path:
        """The file behind a `file:` reference. Raises SecretError when it is another kind or not there."""
        scheme, _, rest = reference.partition(":")
        if scheme != "file":
            raise SecretError(f"'{scheme}:' does not name a file", where=reference, remedy="use file:path")
        found = self.root / Path(rest).expanduser()
        if not found.is_file():
            raise SecretError("there is no such file", where=reference, remedy=f"put the secret at {found}")
        return found

    def read(self, reference: str) -> bytes:
        """The secret's bytes, as kept. Raises SecretError, MissingExtra."""
        scheme, _, rest = reference.partition(":")
        if self.moved is not None and scheme in ("env", "file"):
            return self._of_aws(self.moved(reference), told=reference)
        if scheme == "env":
            value = os.environ.get(rest)
            if value is None:
                raise SecretError("the environment variable is not set", where=reference, remedy=f"export {rest}=…")
            return value.encode()
        if scheme == "file":
            try:
                return self.path(reference).read_bytes()
            except OSError as error:
                raise SecretError(
                    f"the file cannot be read ({error.strerror})",
                    where=reference,
                    remedy="check its permissions",
                ) from None
        if scheme in SCHEMES:
            return self._of_aws(reference, told=reference)
        raise SecretError(
            "not a secret reference",
            where=f"{scheme}:…",
            remedy=f"use one of {', '.join(f'{s}:' for s in SCHEMES)}",
        )

    def text(self, reference: str) -> str:
        """The secret as UTF-8 text without surrounding white space. Raises SecretError."""
        try:
            return self.read(reference).decode().strip()
        except UnicodeDecodeError:
            raise SecretError("the secret is not UTF-8 text", where=reference) from None

    def _of_aws(self, reference: str, *, told: str) -> bytes:
        """A secret that AWS keeps. told: the reference as the user wrote it."""
        scheme, _, rest = reference.partition(":")
        where = told if told == reference else f"{told} (on AWS: {reference})"
        name, _, key = rest.partition("#")
        try:
            if scheme == "aws-ssm":
                answer = self._client("ssm", told).get_parameter(Name=rest, WithDecryption=True)
                return str(answer["Parameter"]["Value"]).encode()
            answer = self._client("secretsmanager", told).get_secret_value(SecretId=name)
        except (MissingExtra, SecretError):
            raise
        except Exception as error:
            raise _refused(error, where) from None
        kept: bytes = answer["SecretString"].encode() if "SecretString" in answer else answer["SecretBinary"]
        return _key_of(kept, key, where) if key else kept

    def _client(self, service: str, reference: str) -> Any:
        if service not in self._clients:
            try:
                import boto3
            except ImportError:
                raise MissingExtra("aws", needed_for=f"the secret {reference}") from None
            self._clients[service] = boto3.client(service)
        return self._clients[service]


def _key_of(kept: bytes, key: str, where: str) -> bytes:
    try:
        values = json.loads(kept)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise SecretError("the secret is not JSON, so it has no keys", where=where, remedy="leave #key out")
    if key not in values:
        raise SecretError("the secret has no such key", where=where, remedy="name one that it has after #")
    found = values[key]
    return (found if isinstance(found, str) else json.dumps(found)).encode()


_REMEDIES = {
    "ResourceNotFoundException": ("there is no such secret", "make it, in this account and region"),
    "ParameterNotFound": ("there is no such parameter", "make it, in this account and region"),
    "AccessDeniedException": ("AWS does not let us read the secret", "allow this role to read it and to use its key"),
    "InvalidRequestException": ("the secret cannot be read now", "see whether it is to be deleted, and restore it"),
}


def _refused(error: Exception, where: str) -> SecretError:
    """AWS's error in our words: its own text is not passed on, nor is its cause."""
    response = getattr(error, "response", None)
    code = str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
    what, remedy = _REMEDIES.get(code, (f"AWS cannot be asked for the secret ({code or type(error).__name__})", ""))
    return SecretError(what, where=where, remedy=remedy or "check credentials, region and network, and run again")
