"""Checked values: a scalar expression that the rules allow, as the DuckDB text that will be executed.

Nothing of the text that a member wrote is carried over: names are those of the shared tables and columns,
literals are written anew, functions come from our own table. Two values are equal when their text is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyiceberg import types as iceberg

Kind = Literal[
    "text", "integer", "decimal", "float", "boolean", "date", "timestamp", "binary", "list", "null", "other"
]

NUMBERS: frozenset[Kind] = frozenset({"integer", "decimal", "float"})


@dataclass(frozen=True)
class Type:
    """A column's or an expression's type: its kind, and its name in DuckDB."""

    kind: Kind
    sql: str


TEXT = Type("text", "VARCHAR")
INTEGER = Type("integer", "BIGINT")
FLOAT = Type("float", "DOUBLE")
BOOLEAN = Type("boolean", "BOOLEAN")
DATE = Type("date", "DATE")
TIMESTAMP = Type("timestamp", "TIMESTAMP")

_TYPES: dict[type[iceberg.IcebergType], Type] = {
    iceberg.BooleanType: BOOLEAN,
    iceberg.IntegerType: Type("integer", "INTEGER"),
    iceberg.LongType: INTEGER,
    iceberg.FloatType: Type("float", "FLOAT"),
    iceberg.DoubleType: FLOAT,
    iceberg.DateType: DATE,
    iceberg.TimestampType: TIMESTAMP,
    # A view shows it as the same instant in UTC, without a zone.
    iceberg.TimestamptzType: TIMESTAMP,
    iceberg.StringType: TEXT,
    iceberg.BinaryType: Type("binary", "BLOB"),
    iceberg.FixedType: Type("binary", "BLOB"),
    iceberg.UUIDType: Type("other", "UUID"),
    iceberg.TimeType: Type("other", "TIME"),
}


def type_of(column: iceberg.IcebergType) -> Type:
    """The type of an Iceberg column. A nested or unknown one is of the kind `other`, which nothing accepts."""
    if isinstance(column, iceberg.DecimalType):
        return Type("decimal", f"DECIMAL({column.precision},{column.scale})")
    return _TYPES.get(type(column), Type("other", ""))


@dataclass(frozen=True, order=True)
class Column:
    """A column of a shared table, by the names that the owner gave them."""

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def sql(self) -> str:
        """The column's qualified name for DuckDB."""
        return f"{quoted(self.table)}.{quoted(self.name)}"


@dataclass(frozen=True)
class Value:
    """A scalar expression that passed the rules.

    sql: its DuckDB text.
    columns: every column that it reads.
    loose: those of them that stand outside every expression of GROUP BY.
    literal: its content when it is a literal, else None.
    """

    sql: str
    type: Type
    columns: frozenset[Column] = frozenset()
    loose: frozenset[Column] = frozenset()
    literal: str | None = None


def quoted(name: str) -> str:
    """A name as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as a DuckDB literal."""
    return "'" + text.replace("'", "''") + "'"


def comparable(left: Type, right: Type) -> bool:
    """Whether Spark and DuckDB compare the two alike without converting text to or from anything."""
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return fit_one_decimal(left, right)
    if {left.kind, right.kind} == {"date", "timestamp"}:
        return True
    return left.kind == right.kind and left.kind not in ("other", "list")


def fit_one_decimal(left: Type, right: Type) -> bool:
    """Whether a decimal holds both; else DuckDB fails on the values that it does not hold, which tells of them."""
    if "decimal" not in (left.kind, right.kind) or "float" in (left.kind, right.kind):
        return True
    (whole, fraction), (other_whole, other_fraction) = _digits(left), _digits(right)
    return max(whole, other_whole) + max(fraction, other_fraction) <= 38


def _digits(type_: Type) -> tuple[int, int]:
    """How many digits a number has before and behind its point."""
    if type_.kind != "decimal":
        return (19, 0) if type_.sql == "BIGINT" else (10, 0)
    precision, _, scale = type_.sql.removeprefix("DECIMAL(").removesuffix(")").partition(",")
    return int(precision) - int(scale or 0), int(scale or 0)


def common(types: list[Type]) -> Type | None:
    """The type of a choice between values of these types, or None when they do not go together."""
    first = types[0]
    if any(not comparable(first, other) for other in types[1:]):
        return None
    kinds = {type_.kind for type_ in types}
    if "float" in kinds:
        return FLOAT
    if kinds == {"date", "timestamp"}:
        return TIMESTAMP
    if kinds == {"integer", "decimal"}:
        return next(type_ for type_ in types if type_.kind == "decimal")
    return first
