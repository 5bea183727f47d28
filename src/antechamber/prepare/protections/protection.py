"""What a protection is."""

from __future__ import annotations

from typing import Protocol

import polars as pl


class Protection(Protocol):
    """Makes of a value's canonical text what may leave: text for text, null for null.

    sentence: what happens, for people.
    """

    @property
    def sentence(self) -> str: ...

    def protect(self, text: pl.Expr) -> pl.Expr: ...
