"""Random queries over tables with thresholds, evaluated a second time in plain Python with what every row rests on.

A query is built and evaluated in one go: each part is its SQL text and its rows, and each row carries, for every
mention of a table, the set of that table's identities that it was made of. Nothing here knows how the room does it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Values = tuple[Any, ...]
Rest = Mapping[str, tuple[frozenset[str], ...]]
"""Table → for each mention of it, the identities that a row rests on."""
Rows = list[tuple[Values, Rest]]

MOST_PAIRS = 4_000
"""Pairs of rows that a join of a random query compares."""


@dataclass(frozen=True)
class Table:
    """A table: its columns as (name, kind), its records, the column that tells people apart, or ""."""

    name: str
    columns: tuple[tuple[str, str], ...]
    records: Sequence[Mapping[str, Any]]
    identity: str


@dataclass
class Part:
    """A query, or what FROM holds: its text, its columns as (text, kind), its rows, how often each table is in it.

    counts: whether it is a count of the records of one table and nothing else, which no threshold is for.
    """

    sql: str
    columns: list[tuple[str, str]]
    rows: Rows
    mentions: dict[str, int]
    counts: bool = False


class Queries:
    """Makes queries over tables. Kinds of columns: id (compared with columns only), text, int."""

    def __init__(self, seed: int, tables: Sequence[Table]) -> None:
        self._random = random.Random(seed)
        self._tables = tables
        self._aliases = 0

    def statement(self, least: Mapping[str, int], depth: int = 2) -> tuple[str, list[Values]]:
        """A statement, and the rows that may be told. least: table → how many identities a row must rest on."""
        if self._random.random() < 0.15 and len(sides := self._sides(depth)) == 2:
            return " UNION ALL ".join(side.sql for side in sides), [
                row for side in sides for row in told(side, least)
            ]
        part = self._select(depth, final=True)
        return part.sql, told(part, least)

    def _select(self, depth: int, *, final: bool = False) -> Part:
        source = self._where(self._source(depth))
        kind = self._random.random()
        if kind < (0.65 if final else 0.5):
            return self._grouped(source)
        if kind < 0.8:
            return self._distinct(source)
        return self._plain(source)

    def _source(self, depth: int) -> Part:
        left = self._item(depth)
        if self._random.random() < 0.45:
            return self._join(left, self._item(depth))
        return left

    def _item(self, depth: int) -> Part:
        if depth and self._random.random() < 0.45:
            inner = self._union(depth - 1) if self._random.random() < 0.25 else self._select(depth - 1)
            alias = self._alias()
            columns = [(f"{alias}.{text}", kind) for text, kind in inner.columns]
            return Part(f"({inner.sql}) {alias}", columns, inner.rows, inner.mentions)
        table, alias = self._random.choice(self._tables), self._alias()
        rows: Rows = []
        for record in table.records:
            own = record.get(table.identity) if table.identity else None
            rest = {table.name: (frozenset() if own is None else frozenset({own}),)} if table.identity else {}
            rows.append((tuple(record[name] for name, _ in table.columns), rest))
        columns = [(f"{alias}.{name}", kind) for name, kind in table.columns]
        return Part(f"{table.name} {alias}", columns, rows, {table.name: 1} if table.identity else {})

    def _join(self, left: Part, right: Part) -> Part:
        pairs = [
            (place, other)
            for place, (_, kind) in enumerate(left.columns)
            for other, (_, kind_) in enumerate(right.columns)
            if kind == kind_ != "int"
        ]
        kind = self._random.choice(["JOIN", "JOIN", "LEFT JOIN", "CROSS JOIN"]) if pairs else "CROSS JOIN"
        place, other = self._random.choice(pairs) if pairs else (0, 0)
        if len(left.rows) * len(right.rows) > MOST_PAIRS:
            return left
        none: Rest = {table: (frozenset(),) * number for table, number in right.mentions.items()}
        rows: Rows = []
        for values, rest in left.rows:
            met = [
                (own, its)
                for own, its in right.rows
                if kind == "CROSS JOIN" or (values[place] is not None and values[place] == own[other])
            ]
            if not met and kind == "LEFT JOIN":
                met = [((None,) * len(right.columns), none)]
            rows += [(values + own, _beside(rest, its)) for own, its in met]
        on = "" if kind == "CROSS JOIN" else f" ON {left.columns[place][0]} = {right.columns[other][0]}"
        mentions = {
            t: left.mentions.get(t, 0) + right.mentions.get(t, 0) for t in {**left.mentions, **right.mentions}
        }
        return Part(f"{left.sql} {kind} {right.sql}{on}", left.columns + right.columns, rows, mentions)

    def _where(self, part: Part) -> Part:
        if self._random.random() < 0.5:
            return part
        place = self._random.randrange(len(part.columns))
        text, kind = part.columns[place]
        if kind == "int":
            bound = self._random.randrange(4)
            test: Callable[[Any], bool] = lambda value: value is not None and value > bound  # noqa: E731
            condition = f"{text} > {bound}"
        elif kind == "text":
            word = self._random.choice("abc")
            test, condition = (lambda value: value == word), f"{text} = '{word}'"
        else:
            test, condition = (lambda value: value is not None), f"{text} IS NOT NULL"
        rows = [row for row in part.rows if test(row[0][place])]
        return Part(f"{part.sql} WHERE {condition}", part.columns, rows, part.mentions)

    def _grouped(self, source: Part) -> Part:
        keys = self._random.sample(
            range(len(source.columns)), self._random.randrange(min(3, len(source.columns) + 1))
        )
        names = [f"k{number}" for number in range(len(keys))]
        texts = [f"{source.columns[key][0]} AS {name}" for key, name in zip(keys, names, strict=True)]
        columns = [(name, source.columns[key][1]) for key, name in zip(keys, names, strict=True)]
        measures: list[Callable[[Rows], Any]] = [len]
        texts.append("COUNT(*) AS n")
        columns.append(("n", "int"))
        numbers = [place for place, (_, kind) in enumerate(source.columns) if kind == "int"]
        if numbers and self._random.random() < 0.6:
            number = self._random.choice(numbers)
            texts.append(f"SUM({source.columns[number][0]}) AS s")
            columns.append(("s", "int"))
            measures.append(lambda rows: _sum([values[number] for values, _ in rows]))
        if self._random.random() < 0.4:
            counted = self._random.randrange(len(source.columns))
            texts.append(f"COUNT(DISTINCT {source.columns[counted][0]}) AS d")
            columns.append(("d", "int"))
            measures.append(lambda rows: len({values[counted] for values, _ in rows} - {None}))
        groups: dict[Values, Rows] = {} if keys else {(): []}
        for values, rest in source.rows:
            groups.setdefault(tuple(values[key] for key in keys), []).append((values, rest))
        sql = f"SELECT {', '.join(texts)} FROM {source.sql}"
        if keys:
            sql += f" GROUP BY {', '.join(source.columns[key][0] for key in keys)}"
        found = [
            (key + tuple(measure(rows) for measure in measures), _together(rows, source.mentions))
            for key, rows in groups.items()
        ]
        if self._random.random() < 0.25:
            sql += " HAVING COUNT(*) > 2"
            found = [row for row in found if row[0][len(keys)] > 2]
        counts = not keys and "SUM" not in sql and "HAVING" not in sql and re.fullmatch(r"\w+ x\d+", source.sql)
        return Part(sql, columns, found, source.mentions, counts=bool(counts))

    def _chosen(self, source: Part) -> tuple[list[int], list[tuple[str, str]], str]:
        places = self._random.sample(
            range(len(source.columns)), self._random.randrange(1, min(3, len(source.columns)) + 1)
        )
        columns = [(f"c{number}", source.columns[place][1]) for number, place in enumerate(places)]
        texts = [f"{source.columns[place][0]} AS {columns[number][0]}" for number, place in enumerate(places)]
        return places, columns, ", ".join(texts)

    def _distinct(self, source: Part) -> Part:
        places, columns, texts = self._chosen(source)
        groups: dict[Values, Rows] = {}
        for values, rest in source.rows:
            groups.setdefault(tuple(values[place] for place in places), []).append((values, rest))
        rows = [(key, _together(each, source.mentions)) for key, each in groups.items()]
        return Part(f"SELECT DISTINCT {texts} FROM {source.sql}", columns, rows, source.mentions)

    def _plain(self, source: Part) -> Part:
        places, columns, texts = self._chosen(source)
        rows = [(tuple(values[place] for place in places), rest) for values, rest in source.rows]
        return Part(f"SELECT {texts} FROM {source.sql}", columns, rows, source.mentions)

    def _union(self, depth: int) -> Part:
        """UNION ALL of two queries with one column of the same kind each."""
        sides = self._sides(depth)
        if len(sides) < 2:
            return self._select(depth)
        left, right = sides
        mentions = {
            table: max(left.mentions.get(table, 0), right.mentions.get(table, 0))
            for table in {**left.mentions, **right.mentions}
        }
        both = [(values, _moved(rest, mentions)) for side in sides for values, rest in side.rows]
        return Part(f"{left.sql} UNION ALL {right.sql}", [("c0", "text")], both, mentions)

    def _sides(self, depth: int) -> list[Part]:
        """Two queries that give one text each, or fewer where FROM happens to hold none."""
        sides = []
        for _ in range(2):
            source = self._where(self._source(depth))
            texts = [place for place, (_, kind) in enumerate(source.columns) if kind == "text"]
            if texts:
                place = self._random.choice(texts)
                rows: Rows = [((values[place],), rest) for values, rest in source.rows]
                one = Part(source.sql, [source.columns[place]], rows, source.mentions)
                sides.append(self._random.choice([self._distinct, self._plain])(one))
        return sides

    def _alias(self) -> str:
        self._aliases += 1
        return f"x{self._aliases}"


def told(part: Part, least: Mapping[str, int]) -> list[Values]:
    """The rows that rest on enough identities at every mention of every table."""
    return [
        values
        for values, rest in part.rows
        if part.counts
        or all(
            len(rest[table]) == number and min(map(len, rest[table])) >= least[table]
            for table, number in part.mentions.items()
        )
    ]


def _beside(left: Rest, right: Rest) -> Rest:
    return {table: (*left.get(table, ()), *right.get(table, ())) for table in {**left, **right}}


def _together(rows: Rows, mentions: Mapping[str, int]) -> Rest:
    return {
        table: tuple(
            frozenset[str]().union(*(rest[table][place] for _, rest in rows if table in rest))
            for place in range(number)
        )
        for table, number in mentions.items()
    }


def _moved(rest: Rest, mentions: Mapping[str, int]) -> Rest:
    """A row's marks within a UNION: its side's, the last again where it has fewer, none where it has none."""
    return {
        table: tuple(
            rest[table][min(place, len(rest[table]) - 1)] if rest.get(table) else frozenset()
            for place in range(number)
        )
        for table, number in mentions.items()
    }


def _sum(values: Sequence[Any]) -> Any:
    filled = [value for value in values if value is not None]
    return sum(filled) if filled else None
