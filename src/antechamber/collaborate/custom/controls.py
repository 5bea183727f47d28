"""Controls: what the custom rules of a query's tables forbid, asked while the query is read.

Sources: AWS Clean Rooms user guide, *Minimum aggregation thresholds*, *Comparison controls*, *Disallowed output
columns*, *Considerations and limitations*. Where a query reads several tables, the controls of all of them hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from antechamber.collaborate.custom.relation import Mark
from antechamber.collaborate.custom.term import Term
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.values import Column
from antechamber.declare.share import CustomRule, IdMappingRule

_NONE = CustomRule(analyses=())


@dataclass(frozen=True)
class Controls:
    """The custom rules of the tables that a query names.

    rules: table name → its rule.
    """

    rules: dict[str, CustomRule]

    @classmethod
    def of(cls, tables: Sequence[SharedTable]) -> Controls:
        """The controls of tables whose rules are custom; an ID mapping table has none of its own."""
        rules = {table.name: table.rule for table in tables if isinstance(table.rule, CustomRule)}
        return cls({**rules, **{table.name: _NONE for table in tables if isinstance(table.rule, IdMappingRule)}})

    @property
    def thresholds(self) -> bool:
        """Whether some table has a threshold."""
        return any(rule.threshold is not None for rule in self.rules.values())

    @property
    def strict(self) -> bool:
        """Whether only the constructs that AWS lists beside thresholds and comparison controls are allowed."""
        return self.thresholds or any(rule.comparisons is not None for rule in self.rules.values())

    @property
    def private(self) -> bool:
        """Whether some table is differentially private."""
        return any(rule.differential_privacy is not None for rule in self.rules.values())

    def marks(self, table: str) -> str:
        """The column by which rows of a table are marked with who they rest on, "" for none."""
        rule = self.rules[table]
        if rule.differential_privacy is not None:
            return rule.differential_privacy.user
        return "" if rule.threshold is None else rule.threshold.identity

    @property
    def columns_only(self) -> str:
        """The table, if any, whose threshold allows an aggregate of a column only."""
        for name, rule in self.rules.items():
            if rule.threshold is not None and rule.threshold.expressions == "COLUMNS_ONLY":
                return name
        return ""

    def compared(self, clause: str, *terms: Term) -> None:
        """Refuse a comparison between these terms, of whatever operator or function, that a table does not allow.

        With a literal in any of them, every column in them is compared with a literal; with two columns in them,
        or one on two sides, each is compared with a column.
        """
        columns = frozenset[Column]().union(*(term.shows for term in terms))
        with_literal = any(term.constant or not term.shows for term in terms)
        with_column = len(columns) > 1 or sum(bool(term.shows) for term in terms) > 1
        for column in sorted(columns):
            if with_literal:
                self._with_literal(column, clause)
            if with_column:
                self._with_column(column, clause)

    def output(self, term: Term) -> None:
        """Refuse a column of the answer that is made of a disallowed one."""
        for column in sorted(term.origins):
            rule = self.rules[column.table]
            if column.name in rule.disallowed_output:
                raise refusal(
                    "SELECT list",
                    f"{column} reaches the answer, through whatever expression",
                    f"use it in JOIN or WHERE only (disallowed_output of {column.table})",
                )

    def required(self, mark: Mark, outputs: Iterable[Term]) -> int:
        """How many distinct identities of a mark a row of the answer must rest on; 0 for any number.

        Of the table's columns whose values the answer shows, the one that needs most; a count shows none.
        """
        shown = frozenset[Column]().union(*(term.shows for term in outputs))
        most = 0
        for table in mark.tables:
            threshold = self.rules[table.name].threshold
            if threshold is None:
                continue
            overrides = {each.column: each.count for each in threshold.outputs}
            counts = [overrides.get(column.name, threshold.count) for column in shown if column.table == table.name]
            most = max(most, *counts) if counts else max(most, threshold.count)
        return most

    def _with_literal(self, column: Column, clause: str) -> None:
        rule = self.rules[column.table]
        if rule.threshold is not None and rule.threshold.identity == column.name:
            raise refusal(
                clause,
                f"{column} tells people apart and is compared with a literal",
                f"compare it with a column (threshold.identity of {column.table})",
            )
        allowed = None if rule.comparisons is None else rule.comparisons.literal
        if allowed is not None and column.name not in allowed:
            raise refusal(
                clause,
                f"{column} is compared with a literal",
                f"allowed: {', '.join(allowed) or 'no column'} (comparisons.literal of {column.table})",
            )

    def _with_column(self, column: Column, clause: str) -> None:
        rule = self.rules[column.table]
        allowed = None if rule.comparisons is None else rule.comparisons.column
        if allowed is not None and column.name not in allowed:
            raise refusal(
                clause,
                f"{column} is compared with a column",
                f"allowed: {', '.join(allowed) or 'no column'} (comparisons.column of {column.table})",
            )
