"""not_null: the published column has a value."""

from __future__ import annotations

from antechamber.prepare.quality.rule import RowRule, Setting


def compile_rule(setting: Setting) -> RowRule:
    """Looks at what is published: a value that arrived hashed is one."""
    (column,) = setting.asked.columns
    return RowRule(setting.asked, "has a value", True, lambda columns: columns[column].is_null())
