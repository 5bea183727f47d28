"""One column that feeds several match keys: `keys:` expanded to plain columns, where the one column stood.

| what a column says | what it becomes |
|---|---|
| `email: {type: email, protect: sha256, keys: {a: uid2}}` | `a: {type: email, protect: sha256, source: email, standard: uid2}` |
| `keys: {a: {standard: uid2, encoding: hex}}` | the same, with the keys of the mapping in place of the column's |

The column itself is not published, unless a key has its name.
"""  # noqa: E501 -- a table's row is one line

from __future__ import annotations

from typing import Any

OF_THE_COLUMN = ("type", "source", "keys", "format", "region_from", "country_from")
"""What a key cannot say: it is the column's, for all of its keys."""


def expanded_columns(columns: Any) -> Any:
    """`columns:` with each column that has `keys` as the columns that they are; all else as it is."""
    if not isinstance(columns, dict) or not any(expands(column) for column in columns.values()):
        return columns
    return {
        key: each
        for name, column in columns.items()
        for key, each in (_columns_of(name, column) if expands(column) else {name: column}).items()
    }


def expands(column: Any) -> bool:
    """Whether the keys are written as keys are; if not, what is wrong is told of them as they stand."""
    keys = column.get("keys") if isinstance(column, dict) else None
    return isinstance(keys, dict) and bool(keys) and all(isinstance(each, str | dict) for each in keys.values())


def _columns_of(name: str, column: dict[str, Any]) -> dict[str, dict[str, Any]]:
    shared = {key: value for key, value in column.items() if key != "keys"}
    shared["source"] = column.get("source", name)
    found = {}
    for key, own in column["keys"].items():
        own = {"standard": own} if isinstance(own, str) else own
        found[key] = {**shared, **{each: value for each, value in own.items() if each not in OF_THE_COLUMN}}
        if found[key].get("protect") != "hmac-sha256" and shared.get("protect") == "hmac-sha256":
            # What only the column's own protection needs does not pass to a key with another one.
            found[key] = _without(found[key], {"secret"} - set(own))
        if found[key].get("protect") != "sha256" and shared.get("protect") == "sha256":
            found[key] = _without(found[key], {"salt", "salt_at"} - set(own))
    return found


def _without(column: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in column.items() if key not in keys}
