"""Secret references: where a secret is kept, never the secret itself.

`env:NAME` an environment variable; `file:path` a file (relative to the workspace). `aws-secretsmanager:` and
`aws-ssm:` are known by name and resolved where the AWS extra is installed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from antechamber.errors import SecretError

SCHEMES = ("env", "file", "aws-secretsmanager", "aws-ssm")


@dataclass(frozen=True)
class Secrets:
    """Resolves references; `file:` paths are relative to `root`, the workspace's folder."""

    root: Path

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
        """The secret's bytes, as kept. Raises SecretError."""
        scheme, _, rest = reference.partition(":")
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
            raise SecretError(
                f"'{scheme}:' references are resolved only on AWS",
                where=reference,
                remedy="on one machine, use env:NAME or file:path",
            )
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
