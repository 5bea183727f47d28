"""How a database writes names, constants and limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from antechamber.connect.relational.relation import Column


class Dialect:
    """The SQL of one kind of database; a subclass says where it differs from the standard.

    product: the database's name in messages. quotes: what stands before and after a name.
    """

    product = "the database"
    quotes = ('"', '"')

    def identifier(self, name: str) -> str:
        """A quoted name, whatever is in it."""
        before, after = self.quotes
        return before + name.replace(after, after * 2) + after

    def text(self, value: str) -> str:
        """A string constant, whatever is in it."""
        return "'" + value.replace("'", "''") + "'"

    def constant(self, value: str, column: Column) -> str:
        """A constant to compare a column with. value: digits, an ISO date, `2026-11-24 01:02:03.000004`, or text.

        Moments of columns with a zone are given in UTC.
        """
        if column.moment == "number" or column.numeric:
            return value
        if column.moment == "date":
            return f"DATE {self.text(value)}"
        if column.moment == "clock":
            return f"TIMESTAMP {self.text(value)}"
        if column.moment == "instant":
            return f"TIMESTAMP {self.text(value + '+00:00')}"
        return self.text(value)

    def shown(self, value: str, column: Column) -> str:
        """The SQL of a column's value, or its largest, so that `recorded` understands it."""
        return value

    def largest(self, name: str, column: Column) -> str:
        """The SQL of a column's largest value."""
        return self.shown(f"MAX({name})", column)

    def recorded(self, value: Any) -> str:
        """A watermark's value that the driver gave, as `constant` takes it."""
        if isinstance(value, datetime):
            in_utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return in_utc.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")
        text = str(value)
        return text.replace("T", " ").removesuffix("Z") if len(text) > 10 else text

    def first(self, select: str, where: str, count: int) -> str:
        """The first `count` rows of `select` (up to and with its FROM), in no order."""
        return f"{select} WHERE {where} LIMIT {count}"

    def select(self, column: Column, alias: str = "t") -> str:
        """One column of the SELECT list, under its own name."""
        name = f"{alias}.{self.identifier(column.name)}"
        expression = column.select.replace("{}", name)
        plain = expression == name and column.output == column.name
        return name if plain else f"{expression} AS {self.identifier(column.output)}"

    def nothing(self, source: str) -> str:
        """A query that returns the columns of `source` and no row."""
        return f"SELECT * FROM {source} t WHERE 1 = 0"  # noqa: S608
