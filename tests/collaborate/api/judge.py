"""An independent judge of what the server sends: the service's model, as JSON Schema.

botocore's own parser passes over what it does not know and its validator over most limits; nothing of the product is
used here.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from jsonschema import Draft202012Validator

Schema = dict[str, Any]

AUTHENTICATION = {
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
    "UnknownOperationException",
}
"""Errors that an operation need not declare."""


@cache
def model() -> dict[str, Any]:
    """The model's own file."""
    file = next((Path(botocore.__file__).parent / "data" / "cleanrooms").rglob("service-2.json.gz"))
    loaded: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
    return loaded


def shape_of(name: str) -> Schema:
    """A shape of the model as JSON Schema."""
    shape = model()["shapes"][name]
    kind: str = shape["type"]
    if shape.get("document"):
        return {}
    if kind == "structure":
        bounds = {"minProperties": 1, "maxProperties": 1} if shape.get("union") else {}
        return {
            "type": "object",
            "properties": {member: {"$ref": f"#/$defs/{each['shape']}"} for member, each in shape["members"].items()},
            "required": shape.get("required", []),
            "additionalProperties": False,
            **bounds,
        }
    if kind == "list":
        return {
            "type": "array",
            "items": {"$ref": f"#/$defs/{shape['member']['shape']}"},
            **_bounds(shape, "minItems", "maxItems"),
        }
    if kind == "map":
        return {
            "type": "object",
            "propertyNames": {"$ref": f"#/$defs/{shape['key']['shape']}"},
            "additionalProperties": {"$ref": f"#/$defs/{shape['value']['shape']}"},
            **_bounds(shape, "minProperties", "maxProperties"),
        }
    if kind == "string":
        pattern = {} if "pattern" not in shape else {"pattern": f"^(?:{_plain(shape['pattern'])})$"}
        enum = {"enum": shape["enum"]} if "enum" in shape else {}
        return {"type": "string", **pattern, **enum, **_bounds(shape, "minLength", "maxLength")}
    if kind in ("integer", "long"):
        return {"type": "integer", **_bounds(shape, "minimum", "maximum")}
    if kind in ("float", "double", "timestamp"):
        return {"type": "number", **_bounds(shape, "minimum", "maximum")}
    return {"boolean": {"type": "boolean"}}[kind]


@cache
def validator(name: str) -> Draft202012Validator:
    """The judge of one shape."""
    definitions = {each: shape_of(each) for each in model()["shapes"]}
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})


def judge(operation: str, status: int, headers: dict[str, str], content: bytes) -> None:
    """Raises AssertionError unless the response is one that the model allows for the operation."""
    described = model()["operations"][operation]
    body = json.loads(content) if content else {}
    assert headers.get("x-amzn-requestid"), f"{operation}: no request id"
    code = headers.get("x-amzn-errortype")
    if code is None:
        assert status == described["http"].get("responseCode", 200), f"{operation}: {status}"
        assert content or status == 204
        shape = described["output"]["shape"]
    else:
        declared = {each["shape"] for each in described["errors"]}
        assert code in declared | AUTHENTICATION, f"{operation} does not declare {code}"
        if code not in declared:
            return
        shape = code
        expected = model()["shapes"][code].get("error", {}).get("httpStatusCode", 500)
        assert status == expected, f"{code} came with {status}"
    problems = [f"{each.json_path}: {each.message}" for each in validator(shape).iter_errors(body)]
    assert not problems, f"{operation}: {problems}"


def _bounds(shape: dict[str, Any], low: str, high: str) -> Schema:
    return {
        **({low: shape["min"]} if "min" in shape else {}),
        **({high: shape["max"]} if "max" in shape else {}),
    }


def _plain(pattern: str) -> str:
    """Python has no Unicode categories in patterns: letters and digits are enough for what tests name."""
    for category in ("L", "M", "N", "Pc", "Pd", "Zs"):
        pattern = pattern.replace(f"\\p{{{category}}}", {"L": r"\w", "Pd": r"\-", "Zs": " "}.get(category, ""))
    return pattern
