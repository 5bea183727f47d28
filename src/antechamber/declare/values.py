"""One value and one annotation of a model: what was expected there, and how to say that it is not so."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from antechamber.declare.model import SecretRef, Wrong, show
from antechamber.declare.words import kind_of

_SECRET_CHECK = get_args(SecretRef)[1]


def peel(annotation: Any) -> tuple[Any, list[Any]]:
    """The type without `Annotated`, and what was annotated."""
    metadata: list[Any] = []
    while get_origin(annotation) is Annotated:
        annotation, *said = get_args(annotation)
        for each in said:
            metadata += [*each.metadata, each] if isinstance(each, FieldInfo) else [each]
    return annotation, metadata


def bounds_of(metadata: list[Any]) -> str:
    """The bounds of a number in words: `2 to 100,000`; "" when it has none."""
    bounds = {
        bound: getattr(each, bound) for each in metadata for bound in ("ge", "gt", "le", "lt") if hasattr(each, bound)
    }
    low = f"{bounds['ge']:,}" if "ge" in bounds else f"more than {bounds['gt']:,}" if "gt" in bounds else ""
    high = f"{bounds['le']:,}" if "le" in bounds else f"less than {bounds['lt']:,}" if "lt" in bounds else ""
    if low and high:
        return f"{low} to {high}"
    return f"{low}{' or more' if 'ge' in bounds else ''}" if low else high


def shape_of(value: Any) -> type:
    """list, dict or (for any single value) str."""
    return type(value) if isinstance(value, list | dict) else str


def shape(bare: Any, metadata: list[Any]) -> type:
    """The `shape_of` the values that an annotation takes."""
    if get_origin(bare) is tuple:
        return list
    is_model = isinstance(bare, type) and issubclass(bare, BaseModel)
    is_tagged = any(isinstance(each, FieldInfo) and each.discriminator for each in metadata)
    return dict if get_origin(bare) is dict or is_model or is_tagged else str


def expected(bare: Any, metadata: list[Any]) -> str:
    """The kind of value that an annotation takes, in words."""
    if _SECRET_CHECK in metadata:
        return "a secret reference"
    names: dict[Any, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    return names.get(bare) or ("a list" if shape(bare, metadata) is list else "a mapping")


def found(expected: str, value: Any) -> str:
    """The kind of value that stands there instead, in words."""
    if expected == "a whole number" and isinstance(value, float):
        return "a number with a fraction"
    return kind_of(value)


def way_out(expected: str, value: Any) -> str:
    """The remedy for a value of the wrong kind."""
    if "text" in expected and isinstance(value, dict) and list(value.values()) == [None]:
        return "put a text that ends in ':' in quotes"
    if expected == "a secret reference":
        return "write env:NAME or file:path, without a space behind the ':'"
    if "text" in expected and value is None:
        return 'write a text; the word null itself stands in quotes: "null"'
    if "text" in expected and not isinstance(value, list | dict):
        return "put it in quotes"
    return {
        "text": "write one text",
        "a whole number": "write digits, without quotes",
        "a number": "write digits, without quotes",
        "true or false": "write true or false, without quotes",
        "a list": "write [one, two], or one line '- one' each",
        "a mapping": "write key: value on lines of their own, indented under this key",
    }.get(expected, f"write {expected}")


def how_to_add(name: str, field: FieldInfo) -> str:
    """The remedy for a missing key."""
    bare, metadata = peel(field.annotation)
    if get_origin(bare) is Literal:
        return f"add {name}: one of {', '.join(get_args(bare))}"
    return f"add {name}: {expected(bare, [*metadata, *field.metadata])}"


def words(error: Any, value: Any, metadata: list[Any]) -> tuple[str, str]:
    """What and remedy for a value of the right type that is not a good one."""
    said = error.get("ctx", {})
    match error["type"]:
        case "value_error" if isinstance(said.get("error"), Wrong):
            return said["error"].what, said["error"].remedy
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return (
                f"{show(value)[1:-1]} is too {'small' if error['type'][0] == 'g' else 'large'}",
                f"use {bounds_of(metadata) or 'a number'}",
            )
        case "finite_number":
            return "this is not a finite number", f"use {bounds_of(metadata) or 'a number'}"
        case "string_too_short":
            return "the text is empty", "write it, or remove the key"
        case "string_too_long":
            most = said.get("max_length")
            return (
                f"{show(value)} is longer than {'one character' if most == 1 else f'{most} characters'}",
                'a tab is "\\t" in double quotes' if value == "\\t" else "shorten it",
            )
    return "this value is not accepted here", "see the reference of this file"
