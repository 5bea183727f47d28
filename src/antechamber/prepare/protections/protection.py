"""What a protection is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from antechamber.declare import Column
from antechamber.prepare.standards.standard import Encoding
from antechamber.prepare.types import Kind
from antechamber.secrets import Secrets


@dataclass(frozen=True)
class Asked:
    """What a protection is made for: the output column's name, its declaration, its tenant, where secrets are.

    sha256_encoding: what its standard writes a hash in.
    """

    name: str
    column: Column
    tenant: str
    secrets: Secrets
    sha256_encoding: Encoding = "hex"


class Protection(ABC):
    """Makes of a value what may leave: null for null.

    sentence: what happens, for people.
    per_record: whether two records with one value may get different results: then equals are not shared.
    """

    sentence: str
    per_record: bool = False

    def arrow(self, kind: Kind) -> pa.DataType:
        """The output column's type."""
        return pa.large_string()

    def apply(self, value: pl.Expr, kind: Kind) -> pl.Expr:
        """What may leave of a valid value of the type's own output."""
        return self.protect(kind.text(value))

    @abstractmethod
    def protect(self, text: pl.Expr) -> pl.Expr:
        """What may leave of a value's canonical text."""


class ByValue(Protection):
    """A protection that needs the value itself, not its text."""

    @abstractmethod
    def apply(self, value: pl.Expr, kind: Kind) -> pl.Expr: ...

    def protect(self, text: pl.Expr) -> pl.Expr:
        """Never asked for."""
        raise NotImplementedError
