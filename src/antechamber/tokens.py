"""Tokens turned back into values, by who has the key; every time is told in the tenant's audit log."""

from __future__ import annotations

from collections.abc import Sequence

from antechamber.catalog import Layout
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError, RecipeError
from antechamber.job import connector_of
from antechamber.operate.audit import note
from antechamber.placed import secrets_of
from antechamber.prepare.protections import Asked, NotAToken, tokenizer


def detokenize(declared: Declarations, connector: str, column: str, tokens: Sequence[str]) -> list[str]:
    """The canonical texts of tokens of one column, in order.

    Raises RecipeError (the column has no tokens), SecretError (its key is not there), and AntechamberError for the
    first text that is no token of this column under this key: then no value is given.
    """
    found = connector_of(declared, connector)
    where = f"{connector}: columns.{column}"
    known = [name for name, each in found.columns.items() if each.protect == "tokenize"]
    if column not in known:
        raise RecipeError(
            "this column has no tokens" if column in found.columns else "there is no such column",
            where=where,
            remedy=f"use one of: {', '.join(known)}"
            if known
            else "no column of this connector says protect: tokenize",
        )
    asked = Asked(column, found.columns[column], found.tenant, secrets_of(declared, found.tenant))
    cipher = tokenizer(asked)
    audit = Layout.of(declared.workspace, declared.root).audit(found.tenant)
    note(audit, "detokenize", {"connector": connector, "column": column, "tokens": len(tokens)})
    values = []
    for number, token in enumerate(tokens, 1):
        try:
            values.append(cipher.value(token))
        except NotAToken:
            raise AntechamberError(
                f"the {number:,}. text is no token of this column under this key",
                where=where,
                remedy="give whole tokens, of this column and tenant, and the key that made them",
            ) from None
    return values
