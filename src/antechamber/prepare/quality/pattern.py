"""pattern: a whole text has a form."""

from __future__ import annotations

from antechamber.declare import Pattern
from antechamber.prepare.quality.rule import RowRule, Setting, by_expression


def compile_rule(setting: Setting) -> RowRule:
    """The expression describes all of the text, not a part of it."""
    (column,), body = setting.asked.columns, setting.asked.body
    assert isinstance(body, Pattern)  # noqa: S101 - the registry's line says so
    whole = body.whole
    fails = by_expression(column, lambda value: ~value.str.contains(whole))
    return RowRule(setting.asked, "has the form of the pattern", False, fails)
