"""Tables and rooms for the tests: acme's members, streamly's viewers and the plans that viewers are on."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from antechamber.collaborate import SCALAR_FUNCTIONS, Limits, Room, SharedTable
from antechamber.collaborate.opened import opened
from antechamber.collaborate.sandbox import connect
from antechamber.declare.collaboration import Collaboration
from antechamber.declare.share import AggregationRule, CollaborationRule, IdMappingRule, Rule

Rows = Sequence[Mapping[str, Any]]

Columns = dict[str, pa.DataType]

_MEMBERS: Columns = {
    "email": pa.string(),
    "phone": pa.string(),
    "tier": pa.string(),
    "zip": pa.string(),
    "age": pa.int32(),
    "ltv": pa.decimal128(12, 2),
    "visits": pa.int64(),
    "signup": pa.date32(),
    "seen": pa.timestamp("us"),
    "active": pa.bool_(),
    "score": pa.float64(),
    "secret": pa.string(),
    "unnamed": pa.string(),
}
_VIEWERS: Columns = {"email": pa.string(), "phone": pa.string(), "plan": pa.string(), "minutes": pa.int64()}
_PLANS: Columns = {"plan_id": pa.string(), "family": pa.string(), "price": pa.int64()}
MEMBERS, VIEWERS, PLANS = pa.schema(_MEMBERS), pa.schema(_VIEWERS), pa.schema(_PLANS)

ALL_FUNCTIONS = tuple(SCALAR_FUNCTIONS)


def members_rule(**changes: Any) -> dict[str, Any]:
    """The rule of acme's members, as a declaration, with some fields changed."""
    return {
        "aggregate": [
            {"columns": ["email"], "function": "COUNT DISTINCT"},
            {"columns": ["email", "visits"], "function": "COUNT"},
            {"columns": ["ltv", "visits"], "function": "SUM"},
            {"columns": ["visits"], "function": "SUM DISTINCT"},
            {"columns": ["ltv", "visits"], "function": "AVG"},
        ],
        "join": ["email", "phone"],
        "dimensions": ["tier", "zip", "age", "signup", "seen", "active", "score"],
        "scalar_functions": ALL_FUNCTIONS,
        "minimum": {"column": "email", "count": 3},
        "join_operators": ["AND", "OR"],
        **changes,
    }


def viewers_rule(**changes: Any) -> dict[str, Any]:
    """The rule of streamly's viewers."""
    return {
        "aggregate": [
            {"columns": ["email", "phone"], "function": "COUNT DISTINCT"},
            {"columns": ["minutes"], "function": "SUM"},
        ],
        "join": ["email", "phone"],
        "dimensions": ["plan"],
        "minimum": {"column": "email", "count": 2},
        "join_operators": ["AND", "OR"],
        **changes,
    }


@dataclass
class Workshop:
    """Makes tables and rooms in a folder of its own."""

    catalog: Catalog
    root: Path
    made: dict[str, SharedTable] = field(default_factory=dict)

    def table(
        self,
        name: str,
        owner: str,
        schema: pa.Schema,
        rows: Rows,
        rule: Mapping[str, Any],
        columns: Sequence[str] = (),
    ) -> SharedTable:
        """An Iceberg table with these rows, in as many data files as there are thirds of it."""
        self.catalog.create_namespace_if_not_exists(owner)
        table = self.catalog.create_table(f"{owner}.{name}", schema=schema)
        third = max(1, -(-len(rows) // 3))
        for start in range(0, len(rows), third):
            table.append(pa.Table.from_pylist([dict(row) for row in rows[start : start + third]], schema=schema))
        shared = SharedTable(
            name, owner, tuple(columns or schema.names), AggregationRule.model_validate(dict(rule)), table
        )
        self.made[name] = shared
        return shared

    def mapping(self, name: str, pairs: Sequence[tuple[str, str]]) -> SharedTable:
        """An ID mapping table of acme: ids of its own and ids of streamly."""
        self.catalog.create_namespace_if_not_exists("acme")
        rows = pa.table({"source_id": [each for each, _ in pairs], "target_id": [each for _, each in pairs]})
        table = self.catalog.create_table(f"acme.{name}", schema=rows.schema)
        table.append(rows)
        return mapped(SharedTable(name, "acme", tuple(rows.column_names), mapping_rule(), table))

    def room(self, *tables: SharedTable, limits: Limits | None = None, **abilities: Sequence[str]) -> Room:
        """A room of acme and streamly; both query and receive unless told otherwise."""
        said = {"acme": ("query", "receive"), "streamly": ("query", "receive"), **abilities}
        collaboration = Collaboration.model_validate(
            {"collaboration": "spring", "members": {name: {"abilities": list(each)} for name, each in said.items()}}
        )
        return Room(
            collaboration,
            {table.name: table for table in (tables or tuple(self.made.values()))},
            limits or Limits(seconds=60, memory=512 * 2**20, threads=2),
        )

    def ruled(self, name: str, rule: Mapping[str, Any]) -> SharedTable:
        """A table that was made, under another aggregation rule."""
        return replace(self.made[name], rule=AggregationRule.model_validate(dict(rule)))

    def under(self, name: str, rule: Mapping[str, Any], **said: Any) -> SharedTable:
        """A table that was made, under a rule of any kind: {kind: fields}; said: its collaboration rule."""
        declared = CollaborationRule.model_validate(said) if said else None
        return replace(self.made[name], rule=Rule.model_validate(dict(rule)).only, collaboration_rule=declared)


def iceberg(shared: SharedTable) -> Table:
    """The Iceberg table that a shared one is."""
    assert isinstance(shared.table, Table)
    return shared.table


def mapping_rule(dimensions: Sequence[str] = ()) -> IdMappingRule:
    """The rule that AWS Clean Rooms sets on every ID mapping table."""
    ids = ("source_id", "target_id")
    return IdMappingRule(join=ids, require_overlap=ids, dimensions=tuple(dimensions))


def mapped(table: SharedTable, dimensions: Sequence[str] = ()) -> SharedTable:
    """A mapping table of acme's ids and streamly's, with other dimensions."""
    return replace(table, rule=mapping_rule(dimensions), sides={"source_id": "acme", "target_id": "streamly"})


def some_members(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Members with duplicates and NULLs in every column."""
    generator = random.Random(seed)
    pick = generator.choice
    return [
        {
            "email": pick([None, *(f"e{n}" for n in range(count // 2 + 1))]),
            "phone": pick([None, *(f"p{n}" for n in range(count // 2 + 1))]),
            "tier": pick(["gold", "silver", "Bronze ", None]),
            "zip": pick(["10115", "20095", " 80331", "x"]),
            "age": pick([None, *range(18, 24)]),
            "ltv": pick([None, Decimal("10.50"), Decimal("-3.25"), Decimal("0.01")]),
            "visits": pick([None, 0, 1, 2, 7]),
            "signup": date(2026, 1, 1) + timedelta(days=generator.randrange(60)),
            "seen": datetime(2026, 1, 1) + timedelta(hours=generator.randrange(999)),
            "active": pick([True, False, None]),
            "score": pick([None, 0.5, -1.5, 2.5, 0.0]),
            "secret": f"s{generator.randrange(9)}",
            "unnamed": "u",
        }
        for _ in range(count)
    ]


def some_viewers(count: int, seed: int = 2) -> list[dict[str, Any]]:
    """Viewers, many of whom are members too."""
    generator = random.Random(seed)
    pick = generator.choice
    return [
        {
            "email": pick([None, *(f"e{n}" for n in range(count // 2 + 1))]),
            "phone": pick([None, *(f"p{n}" for n in range(count // 2 + 1))]),
            "plan": pick(["basic", "max", None]),
            "minutes": pick([None, 5, 60, 600]),
        }
        for _ in range(count)
    ]


SHARED_MEMBERS = tuple(column for column in MEMBERS.names if column != "secret")


def ask_here(room: Room, sql: str, *, member: str = "acme") -> list[tuple[Any, ...]]:
    """The rows of a query, by the room's own statement and connection, without the cost of a process."""
    explained = room.explain(sql, member=member)
    wanted = [(name, room.tables[name].table, columns) for name, columns in explained.tables.items()]
    with (
        opened(wanted, room.limits) as views,
        connect([file for each in views for file in each.files], memory=512 * 2**20, threads=1) as connection,
    ):
        for each in views:
            connection.execute(each.sql)
        return connection.execute(explained.sql).fetchall()
