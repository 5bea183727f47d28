"""Addresses of Google's mail, of which many spellings reach one person: dots and plus tags mean nothing there.

Source: Gmail Help, "Dots don't matter in Gmail addresses", read on 2026-11-25. Which domains a destination counts
among them is its own rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from antechamber.prepare.text import change


def without_tag(address: pl.Series, domains: Sequence[str]) -> pl.Series:
    """The addresses, those of `domains` without dots in the local part and without all from its first '+' on.

    Only addresses with one '@' change. The local part may be left empty.
    """
    local = address.str.extract("(?s)^([^@]*)@[^@]*$")
    domain = address.str.extract("(?s)^[^@]*@([^@]*)$")
    theirs = domain.is_in(list(domains)).fill_null(False)
    return change(address, theirs, _plain, local, domain)


def _plain(local: pl.Series, domain: pl.Series) -> pl.Series:
    return local.str.replace(r"(?s)\+.*$", "").str.replace_all(".", "", literal=True) + "@" + domain
