"""Quality rules of single records: one file a rule, one line a rule here. Rules of a run are in `gate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from antechamber.declare import Connector, References, asked
from antechamber.declare.mistake import dotted
from antechamber.errors import RecipeError
from antechamber.prepare.quality import length, not_null, one_of, pattern, range, references
from antechamber.prepare.quality.look import NOTHING, Judged, Quality, reason_of
from antechamber.prepare.quality.rule import Missing, RowRule, Setting
from antechamber.prepare.types import Kind

__all__ = ["NOTHING", "RULES", "Judged", "Missing", "Quality", "RowRule", "Setting", "quality_of", "reason_of"]

RULES: dict[str, Callable[[Setting], RowRule]] = {
    "not_null": not_null.compile_rule,
    "range": range.compile_rule,
    "one_of": one_of.compile_rule,
    "pattern": pattern.compile_rule,
    "length": length.compile_rule,
    "references": references.compile_rule,
}
"""Rule → how it is made."""


def quality_of(
    connector: Connector,
    kinds: Mapping[str, Kind],
    root: Path,
    tables: Callable[[References], Missing] | None = None,
) -> Quality:
    """The rules of a connector's single records. kinds: of its columns. root, tables: as in Setting.

    Raises RecipeError for a reference file that cannot be read.
    """
    rules = []
    for rule in asked(connector):
        if rule.name not in RULES:
            continue
        try:
            rules.append(RULES[rule.name](Setting(rule, kinds, root, tables)))
        except RecipeError as error:
            where = f"{connector.connector}: {dotted(rule.path)}: {error.where}"
            raise RecipeError(error.what, where=where, remedy=error.remedy) from None
    return Quality(rules)
