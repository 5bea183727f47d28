"""Ids are mapped as a rule-based ID mapping workflow says: by plain Python too."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML
from tests.collaborate.workshop import Workshop, iceberg

from antechamber.collaborate import Limits
from antechamber.collaborate.matching import Namespace, mapped, matching, without_gone
from antechamber.declare import Connector
from antechamber.errors import DeclarationError

LIMITS = Limits(seconds=60, memory=256 * 2**20, threads=1)

Record = dict[str, str | None]


def connector(name: str, columns: dict[str, Any], space: dict[str, Any], **keys: Any) -> Connector:
    return Connector.model_validate(
        {
            "connector": name,
            "tenant": "acme",
            "source": {"type": "landing", "path": f"landing/{name}.csv"},
            "columns": columns,
            "table": {"name": name},
            "id_namespace": space,
            **keys,
        }
    )


HASHED = {"protect": "sha256"}
COLUMNS = {
    "id": {"type": "id"},
    "email": {"type": "email", **HASHED},
    "email2": {"type": "email", **HASHED},
    "phone": {"type": "phone", **HASHED},
    "last": {"type": "last_name", **HASHED},
}
RULES = [{"keys": ["email", "last_name"]}, {"keys": ["email"]}, {"keys": ["phone", "last_name"]}]


def some(prefix: str, count: int, seed: int) -> list[Record]:
    generator = random.Random(seed)

    def pick(letter: str, many: int) -> str | None:
        return generator.choice([None, *(f"{letter}{n}" for n in range(many))])

    return [
        {
            "id": generator.choice([None, *(f"{prefix}{n:02}" for n in range(count))]),
            "email": pick("e", 20),
            "email2": pick("e", 20),
            "phone": pick("p", 12),
            "last": pick("l", 4),
        }
        for _ in range(count)
    ]


def expected(sources: list[Record], targets: list[Record], *, by_name: bool, one: bool) -> set[tuple[str, str]]:
    columns = {"email": ["email", "email2"], "phone": ["phone"], "last_name": ["last"]}

    def agree(source: Record, target: Record, key: str) -> bool:
        return any(
            source[mine] is not None and source[mine] == target[theirs]
            for mine in columns[key]
            for theirs in columns[key]
            if mine == theirs or not by_name
        )

    places: dict[tuple[str, str], int] = {}
    for place, rule in reversed(list(enumerate(RULES))):
        for source, target in product(sources, targets):
            mine, theirs = source["id"], target["id"]
            if mine and theirs and all(agree(source, target, key) for key in rule["keys"]):
                places[mine, theirs] = place
    found: dict[str, tuple[int, str]] = {}
    for (source_id, target_id), place in places.items():
        found[source_id] = min(found.get(source_id, (9, "")), (place, target_id))
    if not one:
        return {(source_id, target_id) for source_id, (_, target_id) in found.items()}
    best: dict[str, tuple[int, str]] = {}
    for source_id, (place, target_id) in found.items():
        best[target_id] = min(best.get(target_id, (9, "")), (place, source_id))
    return {(source_id, target_id) for target_id, (_, source_id) in best.items()}


@pytest.fixture(scope="module")
def tables(standing_of: Callable[[str], Workshop]) -> Workshop:
    workshop = standing_of("matching")
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    rule = {"aggregate": [{"columns": ["id"], "function": "COUNT"}], "minimum": {"column": "id", "count": 2}}
    workshop.table("ours", "acme", schema, some("s", 60, 1), rule)
    workshop.table("theirs", "streamly", schema, some("t", 50, 2), rule)
    return workshop


def spaces(tables: Workshop, **keys: Any) -> tuple[Namespace, Namespace]:
    found = []
    for name, kind in (("ours", "source"), ("theirs", "target")):
        declared = connector(name, COLUMNS, {"type": kind, "id": "id", **keys})
        assert declared.id_namespace is not None
        found.append(Namespace(declared, declared.id_namespace, tables.made[name].table))
    return found[0], found[1]


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("one", [True, False])
def test_ids_are_mapped_as_the_rules_say(tables: Workshop, by_name: bool, one: bool) -> None:
    ours, theirs = spaces(
        tables,
        rules=RULES,
        attributes="one-to-one" if by_name else "many-to-many",
        records="one-source-to-one-target" if one else "many-sources-to-one-target",
    )
    rows = mapped(ours, theirs, LIMITS)
    found = {(row["source_id"], row["target_id"]) for row in rows.to_pylist()}
    sources, targets = (iceberg(tables.made[name]).scan().to_arrow().to_pylist() for name in ("ours", "theirs"))
    assert found == expected(sources, targets, by_name=by_name, one=one)
    assert len(found) == rows.num_rows > 10


def test_without_rules_each_key_in_common_is_one(tables: Workshop) -> None:
    ours, theirs = spaces(tables)
    how = matching(ours, theirs)
    assert how.source == ("id", "email", "email2", "phone", "last")


def test_a_job_that_only_deletes_keeps_the_pairs_whose_ids_are_there(tables: Workshop) -> None:
    pairs = tables.mapping("old", [("s01", "t01"), ("gone", "t02"), ("s03", "gone"), ("s04", "t09")]).table
    ids = {
        name: {each["id"] for each in iceberg(tables.made[name]).scan().to_arrow().to_pylist()}
        for name in ("ours", "theirs")
    }
    rows = without_gone(pairs, *spaces(tables), LIMITS).to_pylist()
    kept = {(row["source_id"], row["target_id"]) for row in rows}
    assert kept == {
        pair for pair in [("s01", "t01"), ("s04", "t09")] if pair[0] in ids["ours"] and pair[1] in ids["theirs"]
    }


def test_columns_that_are_prepared_otherwise_are_not_compared(tables: Workshop) -> None:
    ours, _ = spaces(tables, rules=[{"keys": ["email"]}])
    other = connector(
        "theirs",
        {"id": {"type": "id"}, "email": {"type": "email", "protect": "sha256", "standard": "uid2"}},
        {"type": "target", "id": "id"},
    )
    assert other.id_namespace is not None
    with pytest.raises(DeclarationError, match="no column of the type email is prepared as one of theirs is"):
        matching(ours, Namespace(other, other.id_namespace, tables.made["theirs"].table))


def test_the_reference_declares_a_namespace_that_is_valid() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/id-mapping.md").read_text()
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    space = YAML(typ="safe").load(text)["id_namespace"]
    assert connector("crm", {**COLUMNS, "customer_id": {"type": "id"}}, space).id_namespace is not None
