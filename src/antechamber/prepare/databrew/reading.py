"""A DataBrew recipe file as JSON text → its steps, each with its position and line, or what is wrong with them.

The shapes and limits are those of the DataBrew API (RecipeStep, RecipeAction, ConditionExpression, version
2017-07-25): a list of steps, or an object that holds it under `Steps`, as the service itself answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from antechamber.declare.mistake import choose
from antechamber.declare.model import show

MOST_STEPS = 100
"""Steps that DataBrew allows in a recipe."""

MOST_BYTES = 4_000_000
"""Size of a recipe file above which it is not read: a hundred steps of the longest parameters that people write."""

ACTIONS = ("Action", "RecipeAction")
"""The step's action. The guide's own examples write the second."""


@dataclass(frozen=True)
class Condition:
    """One of a step's conditions. name: IS, LESS_THAN, …; value: as it is written, None when it is not there."""

    column: str
    name: str
    value: str | None


@dataclass(frozen=True)
class RecipeStep:
    """One step. position: from 1. line: where it begins in the file, from 1."""

    position: int
    line: int
    operation: str
    parameters: Mapping[str, Any]
    conditions: tuple[Condition, ...] = ()

    @property
    def place(self) -> str:
        """`step 7 (UPPER_CASE)`."""
        return f"step {self.position} ({self.operation})"


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a recipe. place: `step 7 (UPPER_CASE).sourceColumn`, or "" for the file as a whole."""

    line: int
    place: str
    what: str
    remedy: str


def read_steps(raw: bytes) -> tuple[list[RecipeStep], list[Flaw]]:
    """The steps that are well formed, and every flaw. Raises nothing."""
    flaws: list[Flaw] = []
    text = _text(raw, flaws)
    if text is None:
        return [], flaws
    items = _items(text, flaws)
    steps = []
    for position, (line, item) in enumerate(items, 1):
        step = _step(position, line, item, flaws)
        if step is not None:
            steps.append(step)
    if len(items) > MOST_STEPS:
        flaws.append(
            Flaw(
                items[MOST_STEPS][0],
                "",
                f"the recipe has {len(items)} steps, and DataBrew allows {MOST_STEPS}",
                "split it into two recipes",
            )
        )
    return steps, flaws


def _text(raw: bytes, flaws: list[Flaw]) -> str | None:
    if len(raw) > MOST_BYTES:
        flaws.append(Flaw(1, "", f"the file is larger than {MOST_BYTES:,} bytes", "is this a recipe?"))
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        flaws.append(Flaw(1, "", "the file is not UTF-8", "download the recipe again as JSON"))
        return None


class _Twice(ValueError):
    """A key that an object has twice."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs)
_SPACE = re.compile(r"[ \t\r\n]*")


def _items(text: str, flaws: list[Flaw]) -> list[tuple[int, Any]]:
    """The list's items, each with the line where it begins."""
    try:
        whole = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        flaws.append(Flaw(error.lineno, "", f"this is not JSON: {_said(error)}", "download the recipe again as JSON"))
        return []
    except _Twice as error:
        flaws.append(
            Flaw(
                _line(text, text.find(json.dumps(str(error)))),
                "",
                f"the key {show(str(error))} is there twice in one object",
                "keep one of them",
            )
        )
        return []
    except RecursionError:
        flaws.append(Flaw(1, "", "the JSON is nested too deeply", "is this a recipe?"))
        return []
    start = 0
    if isinstance(whole, dict) and isinstance(whole.get("Steps"), list):
        start, whole = text.index('"Steps"') + len('"Steps"'), whole["Steps"]
    if not isinstance(whole, list):
        flaws.append(
            Flaw(
                1,
                "",
                "a recipe is a list of steps, or an object with that list under 'Steps'",
                "download the recipe as JSON from its page in DataBrew",
            )
        )
        return []
    return list(zip(_lines(text, text.index("[", start) + 1, len(whole)), whole, strict=True))


def _lines(text: str, at: int, count: int) -> Iterator[int]:
    """Where each item of a list begins that is known to be sound."""
    line, counted = 1, 0
    for _ in range(count):
        at = _SPACE.match(text, at).end()  # type: ignore[union-attr] # the pattern matches everywhere
        line += text.count("\n", counted, at)
        counted = at
        yield line
        _, at = _DECODER.raw_decode(text, at)
        at = _SPACE.match(text, at).end() + 1  # type: ignore[union-attr] # behind the comma


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, max(at, 0)) + 1


def _said(error: json.JSONDecodeError) -> str:
    known = {
        "Expecting value": "a value is missing",
        "Expecting property name": "a name in double quotes is missing; there may be a comma too many",
        "Expecting ',' delimiter": "a comma is missing",
        "Expecting ':' delimiter": "a colon is missing",
        "Extra data": "something stands behind its end",
        "Unterminated string": "a quote is not closed",
        "Invalid control character": "a line break or tab stands in quotes",
        "Invalid \\": "a backslash that JSON does not know",
        "Illegal trailing comma": "there is a comma too many",
    }
    return next((words for start, words in known.items() if error.msg.startswith(start)), "the syntax is broken")


def _step(position: int, line: int, item: Any, flaws: list[Flaw]) -> RecipeStep | None:
    place = f"step {position}"

    def flaw(what: str, remedy: str) -> None:
        flaws.append(Flaw(line, place, what, remedy))

    if isinstance(item, dict) and set(item) == {"RecipeStep"}:
        item = item["RecipeStep"]
    if not isinstance(item, dict):
        flaw("a step is an object with an Action", 'write {"Action": {"Operation": …, "Parameters": {…}}}')
        return None
    action = next((item[name] for name in ACTIONS if name in item), None)
    if not isinstance(action, dict) or not isinstance(action.get("Operation"), str):
        flaw("the step has no Action with an Operation", 'write {"Action": {"Operation": …, "Parameters": {…}}}')
        return None
    place = f"step {position} ({show(action['Operation'])[1:-1]})"
    before = len(flaws)
    for key in item.keys() - {*ACTIONS, "ConditionExpressions"}:
        flaw(f"{show(key)} is not a part of a step", choose(key, ["Action", "ConditionExpressions"]))
    for key in action.keys() - {"Operation", "Parameters"}:
        flaw(f"{show(key)} is not a part of an Action", choose(key, ["Operation", "Parameters"]))
    parameters = action.get("Parameters") or {}
    if not isinstance(parameters, dict):
        flaw("Parameters is not an object", 'write "Parameters": {"sourceColumn": "…"}')
        parameters = {}
    conditions = tuple(_conditions(item.get("ConditionExpressions"), flaw))
    if len(flaws) > before:
        return None
    return RecipeStep(position, line, action["Operation"], parameters, conditions)


def _conditions(listed: Any, flaw: Any) -> Iterator[Condition]:
    if listed is None:
        return
    if not isinstance(listed, list):
        flaw("ConditionExpressions is not a list", 'write [{"Condition": …, "Value": …, "TargetColumn": …}]')
        return
    for each in listed:
        if not isinstance(each, dict):
            flaw("a condition is not an object", 'write {"Condition": …, "Value": …, "TargetColumn": …}')
            continue
        lacking = [
            key for key in ("Condition", "TargetColumn") if not isinstance(each.get(key), str) or not each[key]
        ]
        for key in lacking:
            flaw(f"a condition lacks its {key}", 'write {"Condition": …, "Value": …, "TargetColumn": …}')
        for key in each.keys() - {"Condition", "Value", "TargetColumn"}:
            flaw(
                f"{show(key)} is not a part of a condition; all conditions of a step must be met, as DataBrew "
                f"documents",
                choose(key, ["Condition", "Value", "TargetColumn"]),
            )
        value = each.get("Value")
        if value is not None and not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False)
        if not lacking:
            yield Condition(each["TargetColumn"], each["Condition"], value)
