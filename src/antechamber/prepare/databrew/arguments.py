"""Values of parameters: DataBrew writes them all as text, and JSON's own numbers, booleans and lists will do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from antechamber.declare.mistake import choose
from antechamber.declare.model import show
from antechamber.prepare.databrew.java_regex import NotRegular, translate
from antechamber.prepare.databrew.operation import WRITTEN, Kind, Parameter, Refused


def read_argument(parameter: Parameter, value: Any) -> Any:
    """A value as its parameter's kind. Raises Refused. DataBrew writes all values as text; JSON's own will do."""
    read = _READ[parameter.kind](value)
    if read is None:
        raise Refused(
            f"{show(value)} is not {WRITTEN[parameter.kind]}", f"write {WRITTEN[parameter.kind]}", parameter.name
        )
    if parameter.options:
        for each in read if isinstance(read, list) else [read]:
            if each not in parameter.options:
                raise Refused(
                    f"{show(each)} is not a value of {parameter.name}",
                    choose(each, parameter.options),
                    parameter.name,
                )
    if parameter.kind == "pattern":
        try:
            return translate(read)
        except NotRegular as error:
            raise Refused(
                f"the pattern cannot be used: {error.what}", "write it in another way", parameter.name
            ) from None
    return read


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _names(value: Any) -> list[str] | None:
    names = _texts(value)
    return names if names and all(names) else None


def _texts(value: Any) -> list[str] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if not isinstance(value, list):
        return None
    texts = [_text(each) for each in value]
    return [each for each in texts if each is not None] if None not in texts else None


def _number(value: Any) -> float | None:
    try:
        read = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None
    return read if read is not None and abs(read) < float("inf") else None


def _whole(value: Any) -> int | None:
    read = _number(value)
    return int(read) if read is not None and read == int(read) else None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def _map(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _objects(value: Any) -> list[dict[str, Any]] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, list) and all(isinstance(each, dict) for each in value) else None


_READ: Mapping[Kind, Callable[[Any], Any]] = {
    "column": _name,
    "columns": _names,
    "new": _name,
    "text": _text,
    "texts": _texts,
    "pattern": _name,
    "number": _number,
    "whole": _whole,
    "flag": _flag,
    "map": _map,
    "objects": _objects,
}
