"""DataBrew recipes and connectors that have them, made for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import pyarrow as pa

from antechamber.declare import Connector
from antechamber.declare.connector import Identity
from antechamber.prepare.databrew import Compiled, compile_steps
from antechamber.records import LINE

Record = Mapping[str, Any]
Json = dict[str, Any]

SECRETS = {"arn:aws:secretsmanager:us-east-1:012345678901:secret:mysecret": "file:key"}

AS_IT_IS = {"type": "string", "may_hold": get_args(Identity), "because": "examples have identities of nobody"}
"""A column that comes out as it is, whatever its values look like."""


def compiled(steps: Sequence[Any], secrets: Mapping[str, str] = SECRETS) -> Compiled:
    return compile_steps(json.dumps(steps, indent=1).encode(), secrets)


def step(operation: str, *conditions: Json, **parameters: Any) -> Json:
    """A recipe's step as its JSON file has it."""
    made: Json = {"Action": {"Operation": operation, "Parameters": parameters}}
    return {**made, "ConditionExpressions": list(conditions)} if conditions else made


def condition(name: str, value: str | None = None, column: str = "a") -> Json:
    """A condition as a recipe's JSON file has it."""
    made = {"Condition": name, "TargetColumn": column}
    return made if value is None else {**made, "Value": value}


def connector(columns: Sequence[str], steps: Any = ()) -> Connector:
    """A connector whose columns come out as they are, after steps."""
    return Connector.model_validate(
        {
            "connector": "members",
            "tenant": "acme",
            "source": {"type": "landing", "path": "landing/*.csv"},
            "steps": steps,
            "columns": {f"c{place}": {"source": name, **AS_IT_IS} for place, name in enumerate(columns)},
            "table": {"name": "members"},
        }
    )


def batch_of(records: Sequence[Record]) -> pa.RecordBatch:
    """Records as a text file gives them: every value is text, or null."""
    names = dict.fromkeys(name for record in records for name in record)
    arrays = {name: pa.array([record.get(name) for record in records], pa.string()) for name in names}
    return pa.RecordBatch.from_pydict({**arrays, LINE: pa.array(range(2, len(records) + 2), pa.int64())})
