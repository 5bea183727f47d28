"""How a database writes names, constants and limits."""

from __future__ import annotations

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

    def first(self, select: str, where: str, count: int) -> str:
        """The first `count` rows of `select` (up to and with its FROM), in no order."""
        return f"{select} WHERE {where} LIMIT {count}"

    def select(self, column: Column, alias: str = "t") -> str:
        """One column of the SELECT list, under its own name."""
        name = f"{alias}.{self.identifier(column.name)}"
        expression = column.select.replace("{}", name)
        return name if expression == name else f"{expression} AS {self.identifier(column.name)}"

    def nothing(self, source: str) -> str:
        """A query that returns the columns of `source` and no row."""
        return f"SELECT * FROM {source} t WHERE 1 = 0"  # noqa: S608
