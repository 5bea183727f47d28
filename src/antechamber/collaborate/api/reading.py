"""From an HTTP request to an operation's input: path, query string and JSON body, checked against the shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.contract import Operation
from antechamber.collaborate.api.shapes import incoming
from antechamber.collaborate.api.signature import Request


def read(operation: Operation, labels: Mapping[str, str], request: Request) -> dict[str, Any]:
    """The input of an operation. Raises Fault with every member that is wrong."""
    if operation.input is None:
        return {}
    query = parse_qs(request.query, keep_blank_values=True)
    body = _body(request.body)
    given: dict[str, Any] = {}
    for name, shape in operation.input.members.items():
        place = shape.serialization.get("location")
        called = shape.serialization.get("name", name)
        if place == "uri":
            given[name] = labels.get(called)
        elif place == "querystring":
            given[name] = _queried(query.get(called), shape)
        elif place is None:
            given[name] = body.get(called)
    value, problems = incoming(given, operation.input)
    if problems:
        raise faults.malformed(problems)
    checked: dict[str, Any] = value
    return checked


def _body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise faults.invalid("the body is not JSON", ("body", "must be JSON")) from None
    if not isinstance(value, dict):
        raise faults.invalid("the body is not a JSON object", ("body", "must be an object"))
    return value


def _no_constant(_: str) -> float:
    raise ValueError("JSON has neither NaN nor Infinity")


def _queried(values: list[str] | None, shape: Any) -> Any:
    if values is None:
        return None
    if shape.type_name == "list":
        return values
    text = values[0]
    if shape.type_name in ("integer", "long") and text.lstrip("-").isdecimal() and len(text) < 20:
        return int(text)
    if shape.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
