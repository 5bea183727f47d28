"""What SQL Server's types become, and how its SQL writes their values."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow as pa

from antechamber.connect.relational import Column, Dialect
from antechamber.connect.relational.remote import column_of

ROWVERSION = "rowversion"

EXACT = {
    "bigint": pa.int64(),
    "bit": pa.bool_(),
    "char": pa.string(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "datetime2": pa.timestamp("us"),
    "datetimeoffset": pa.timestamp("us", "UTC"),
    "float": pa.float64(),
    "int": pa.int32(),
    "money": pa.decimal128(19, 4),
    "nchar": pa.string(),
    "nvarchar": pa.string(),
    "real": pa.float32(),
    "smalldatetime": pa.timestamp("us"),
    "smallint": pa.int16(),
    "smallmoney": pa.decimal128(10, 4),
    "tinyint": pa.uint8(),
    "varchar": pa.string(),
}
AS_TEXT = {
    "binary": "{}",
    "image": "CONVERT(varbinary(max), {})",
    "sql_variant": "CONVERT(nvarchar(4000), {})",
    "varbinary": "{}",
    "geography": "{}.ToString()",
    "geometry": "{}.ToString()",
    "hierarchyid": "{}.ToString()",
}


class SqlserverDialect(Dialect):
    """Transact-SQL."""

    product = "SQL Server"
    quotes = ("[", "]")

    def text(self, value: str) -> str:
        return "N" + super().text(value)

    def constant(self, value: str, column: Column) -> str:
        if column.moment == "date":
            return f"CAST({self.text(value)} AS date)"
        if column.moment == "clock":
            return f"CAST({self.text(value)} AS datetime2)"
        if column.moment == "instant":
            return f"CAST({self.text(value + ' +00:00')} AS datetimeoffset)"
        if column.declared == ROWVERSION:
            return f"CONVERT(binary(8), CONVERT(bigint, {value}))"
        return super().constant(value, column)

    def shown(self, value: str, column: Column) -> str:
        if column.declared == ROWVERSION:
            return f"CONVERT(bigint, {value})"
        if column.moment == "clock":
            return f"LEFT(CONVERT(varchar(33), {value}, 121), 26)"
        if column.moment == "instant":
            return f"LEFT(CONVERT(varchar(33), SWITCHOFFSET({value}, 0), 121), 26)"
        return value

    def first(self, select: str, where: str, count: int) -> str:
        return f"{select.replace('SELECT ', f'SELECT TOP ({count}) ', 1)} WHERE {where}"


def column(name: str, declared: str, *, required: bool, drawn: bool) -> Column:
    """A result's column by its type in the database's words, such as `decimal(12,2)`."""
    found = re.fullmatch(r"(\w+)(?:\((\w+)(?:,(\d+))?\))?", declared)
    word = found[1] if found else ""
    if found and word in ("decimal", "numeric"):
        kind = pa.decimal128(int(found[2]), int(found[3] or 0))
        return replace(column_of(pa.field(name, kind), declared=declared, required=required), drawn=drawn)
    if word in ("timestamp", ROWVERSION):
        select = "CONVERT(bigint, {})"
        return Column(name, ROWVERSION, pa.int64(), select, "number", numeric=True, required=required, drawn=True)
    if word == "uniqueidentifier":
        return Column(name, declared, pa.string(), "LOWER(CONVERT(char(36), {}))", cut=True, required=required)
    if word in EXACT:
        return replace(column_of(pa.field(name, EXACT[word]), declared=declared, required=required), drawn=drawn)
    return Column(name, declared, pa.string(), AS_TEXT.get(word, "CONVERT(nvarchar(max), {})"), required=required)
