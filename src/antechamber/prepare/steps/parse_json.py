"""Parse JSON: values by their paths out of a JSON text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import polars as pl
from pydantic import Field

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Text, show
from antechamber.declare.path import Match, path_of
from antechamber.declare.step import Example, StepModel
from antechamber.prepare.steps.step import Report, Setting, Step, named, text

NO_JSON = "the text is not JSON"


class ParseJson(StepModel):
    """Takes values out of a column of JSON text, each by its path, as text: numbers as they are written, true and
    false, an object or a list as JSON. A path that leads nowhere, or to null, gives no value."""

    NAME: ClassVar[str] = "parse_json"
    NOUNS: ClassVar[dict[str, str]] = {"on_error": "something that becomes of a text that is not JSON"}
    EXAMPLE: ClassVar[Example] = Example(
        step='parse_json: {column: profile, take: {city: address.city, tag: "tags[0]", score: score}}',
        before=(
            {"profile": '{"address": {"city": "Austin"}, "tags": ["a", "b"], "score": 1.50}'},
            {"profile": "oops"},
        ),
        after=({"city": "Austin", "tag": "a", "score": "1.50"}, {"city": None, "tag": None, "score": None}),
    )

    column: Text
    """The column."""
    take: Annotated[dict[Text, Text], Field(min_length=1)]
    """Each new column → the path of its value: keys with dots between them, `"…"` around a key that holds a dot,
    `[0]` for the first item of a list, `[key=value]` for the first that has this value there."""
    on_error: Literal["null", "quarantine"] | None = None
    """What becomes of a text that is not JSON: no value (also when this is absent), or the record goes to
    quarantine."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def makes(self) -> tuple[str, ...]:
        return tuple(self.take)

    @property
    def selects(self) -> bool:
        return self.on_error == "quarantine"

    def mistakes(self) -> Iterator[Mistake]:
        for name, path in self.take.items():
            if path_of(path) is None and re.search(r'[].["=]', path):
                yield Mistake(("take", name), f"{show(path)} is not a path of keys", "write it like address.city")

    def compile(self, setting: Setting) -> Step:
        paths = {name: _keys(path) for name, path in self.take.items()}

        def apply(frame: pl.DataFrame, report: Report) -> pl.DataFrame:
            value = frame.select(text(frame, self.column).alias("v")).to_series()
            made: dict[str, list[str | None]] = {name: [] for name in paths}
            bad: list[bool] = []
            for each in value.to_list():
                document = _BAD if each is None else _parsed(each)
                bad.append(document is _BAD and each is not None)
                for name, path in paths.items():
                    made[name].append(None if document is _BAD else _at(document, path))
            columns = [pl.Series(name, values, dtype=pl.String) for name, values in made.items()]
            bad_rows = pl.Series(bad, dtype=pl.Boolean)
            return report.amiss(frame.with_columns(columns), bad_rows, self.column, NO_JSON, self.on_error or "null")

        return Step(f"{named(self.makes)} are taken out of the JSON in {named([self.column])}", apply)


_BAD: Any = object()


class _Digits(str):
    """A number as it is written."""


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _parsed(document: str) -> Any:
    try:
        return json.loads(document, parse_float=_Digits, parse_int=_Digits, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _BAD


def _keys(path: str) -> tuple[str | int | Match, ...]:
    found = path_of(path)
    return (path,) if found is None else (found.root, *found.steps)


def _at(document: Any, path: tuple[str | int | Match, ...]) -> str | None:
    for key in path:
        if isinstance(key, str):
            document = document.get(key) if isinstance(document, dict) else None
        elif isinstance(key, int):
            there = isinstance(document, list) and key < len(document)
            document = document[key] if there else None
        else:
            items = document if isinstance(document, list) else []
            document = next((each for each in items if _has(each, key)), None)
    return _text(document)


def _has(item: Any, match: Match) -> bool:
    return isinstance(item, dict) and item.get(match.key) is not None and _text(item[match.key]) == match.value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # Half a surrogate pair, which JSON can write, is no text.
        return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _written(value)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each) for each in value) + "]"
    return str(value) if isinstance(value, _Digits) else json.dumps(value)
