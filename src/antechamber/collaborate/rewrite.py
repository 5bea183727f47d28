"""The statement that is executed: the question, with the minimum of every table on every row of the answer.

Each row of the answer stands for a group of joined rows. It appears only where, for every output constraint of every
table in the query, the constraint's column has enough distinct values (NULL is none) within the group. The
constraints are conditions of HAVING beside the query's own, so that they also hold for a query without GROUP BY,
whose only row goes when there is nothing, or too little, to aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from antechamber.collaborate.question import Question
from antechamber.collaborate.values import Column, quoted


@dataclass(frozen=True)
class Constraint:
    """At least `count` distinct values of the column in every group."""

    column: Column
    count: int

    @property
    def sql(self) -> str:
        """Its DuckDB text."""
        return f"COUNT(DISTINCT {self.column.sql}) >= {self.count}"


@dataclass(frozen=True)
class Statement:
    """What the engine is given.

    sql: DuckDB text over one view a table; the view has the table's name. Output columns are named `1`, `2`, ….
    names: the answer's column names, in order.
    reads: table → the columns that its view must have.
    """

    sql: str
    names: tuple[str, ...]
    constraints: tuple[Constraint, ...]
    reads: dict[str, tuple[str, ...]]


def rewrite(question: Question) -> Statement:
    """The statement for a question."""
    constraints = _constraints(question)
    used = {*question.used, *(constraint.column for constraint in constraints)}
    reads = {
        table.name: tuple(sorted(column.name for column in used if column.table == table.name))
        for table in question.tables
    }
    outputs = ", ".join(f"{output.sql} AS {quoted(str(n))}" for n, output in enumerate(question.outputs, 1))
    clauses = [f"SELECT {'DISTINCT ' if question.distinct else ''}{outputs}", f"FROM {_source(question, reads)}"]
    if question.where:
        clauses.append(f"WHERE {question.where}")
    if question.group:
        clauses.append(f"GROUP BY {', '.join(question.group)}")
    conditions = [*([question.having] if question.having else []), *(each.sql for each in constraints)]
    if conditions:
        clauses.append(f"HAVING {' AND '.join(conditions)}")
    if question.order:
        # Spark's order of NULL, which is not DuckDB's.
        terms = (
            f"{term.sql} {'DESC NULLS LAST' if term.descending else 'ASC NULLS FIRST'}" for term in question.order
        )
        clauses.append(f"ORDER BY {', '.join(terms)}")
    if question.limit is not None:
        clauses.append(f"LIMIT {question.limit}")
    return Statement("\n".join(clauses), tuple(output.name for output in question.outputs), constraints, reads)


def _constraints(question: Question) -> tuple[Constraint, ...]:
    """Every table's constraints; of columns that every joined row holds equal, one with the largest minimum.

    Such columns have the same number of distinct values, and each count costs a hash table.
    """
    equal: dict[Column, Column] = {}

    def representative(column: Column) -> Column:
        while column in equal:
            column = equal[column]
        return column

    types = {table.name: table.types() for table in question.tables}
    for joined in question.joins:
        if len(joined.matches) == 1:
            for pair in joined.matches[0]:
                left, right = representative(pair.left), representative(pair.right)
                same_type = types[left.table][left.name] == types[right.table][right.name]
                if left != right and same_type:
                    equal[right] = left
    largest: dict[Column, int] = {}
    for table in question.tables:
        for minimum in table.minimums:
            column = representative(table.column(minimum.column))
            largest[column] = max(largest.get(column, 0), minimum.count)
    return tuple(Constraint(column, count) for column, count in largest.items())


def _source(question: Question, reads: dict[str, tuple[str, ...]]) -> str:
    """FROM. Alternatives of a join become disjoint unions: DuckDB would compare every row with every other for an OR.

    Each pair of rows must count once, however many alternatives it satisfies, so that each branch leaves out what an
    earlier one took.
    """
    branches = []
    for choice in product(*(range(len(joined.matches)) for joined in question.joins)):
        branch = quoted(question.first.name)
        for joined, chosen in zip(question.joins, choice, strict=True):
            conditions = [pair.sql for pair in joined.matches[chosen]]
            conditions += [
                f"({' AND '.join(pair.sql for pair in earlier)}) IS NOT TRUE" for earlier in joined.matches[:chosen]
            ]
            branch += f"\n  JOIN {quoted(joined.table.name)} ON {' AND '.join(conditions)}"
        branches.append(branch)
    if len(branches) == 1:
        return branches[0]
    rows = ", ".join(
        "struct_pack("
        + ", ".join(f"{quoted(name)} := {Column(table, name).sql}" for name in names)
        + f") AS {quoted(table)}"
        for table, names in reads.items()
    )
    union = "\n  UNION ALL ".join(f"SELECT {rows} FROM {branch}" for branch in branches)  # noqa: S608
    return f"({union}\n) AS joined_rows"
