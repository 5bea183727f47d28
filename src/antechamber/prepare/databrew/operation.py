"""What an operation of DataBrew is here: its parameters, and the native steps that do the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.reading import RecipeStep

GUIDE = "https://docs.aws.amazon.com/databrew/latest/dg/"
"""The DataBrew developer guide, read on 2026-11-25."""

Native = dict[str, Any]
"""A native step as a connector file has it: its name → what stands behind it."""

Kind = Literal["column", "columns", "new", "text", "texts", "pattern", "number", "whole", "flag", "map", "objects"]

WRITTEN = {
    "column": "the name of a column",
    "columns": 'a list of columns: ["a", "b"]',
    "new": "a name for the new column",
    "text": "text",
    "texts": 'a list of texts: ["a", "b"]',
    "pattern": "a regular expression",
    "number": "a number",
    "whole": "a whole number",
    "flag": "true or false",
    "map": 'an object: {"a": "b"}',
    "objects": "a list of objects",
}
"""What a value of each kind looks like."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation. options: the only values, when there are few. default: what stands for nothing."""

    name: str
    kind: Kind
    required: bool = True
    options: tuple[str, ...] = ()
    default: Any = None


def required(name: str, kind: Kind, *options: str) -> Parameter:
    """A parameter that must be there."""
    return Parameter(name, kind, True, options)


def optional(name: str, kind: Kind, *options: str, default: Any = None) -> Parameter:
    """A parameter that may be left out."""
    return Parameter(name, kind, False, options, default)


class Refused(Exception):
    """A step that cannot be carried over. parameter: whose fault it is, or ""."""

    def __init__(self, what: str, remedy: str, parameter: str = "") -> None:
        super().__init__(what)
        self.what, self.remedy, self.parameter = what, remedy, parameter


@dataclass
class State:
    """What is known of the columns at a step. numeric: made numbers by a step. gone: → the step that removed it.

    secrets: DataBrew's ids of secrets → secret references.
    """

    numeric: set[str] = field(default_factory=set)
    gone: dict[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Call:
    """A step under way: its arguments, each of its parameter's kind. where: its conditions as SQL, or ""."""

    step: RecipeStep
    arguments: Mapping[str, Any]
    state: State
    where: str = ""

    def __getitem__(self, parameter: str) -> Any:
        return self.arguments[parameter]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the step works on: `sourceColumns`, or `sourceColumn` alone."""
        several = self.arguments.get("sourceColumns")
        return tuple(several) if several else (self.arguments["sourceColumn"],)

    def text(self, column: str) -> str:
        """A column as text, in SQL."""
        return sql.text(column, numeric=column in self.state.numeric)

    def number(self, column: str) -> str:
        """A column as a number, in SQL."""
        return sql.name(column) if column in self.state.numeric else sql.number(sql.text(column))

    def given(self) -> str:
        """The text of `sourceColumn`, or the text `value` for every row, in SQL."""
        source = self.arguments.get("sourceColumn")
        return self.text(source) if source else sql.lit(self.arguments["value"])

    def change(self, new: Callable[[str], str], *, numeric: bool = False) -> list[Native]:
        """Every column of the step becomes what `new` makes of its text, where the conditions are met."""
        made = [self.set(column, new(self.text(column)), kept=self.text(column)) for column in self.columns]
        (self.state.numeric.update if numeric else self.state.numeric.difference_update)(self.columns)
        return made

    def make(self, expression: str, *, numeric: bool = False, target: str = "targetColumn") -> list[Native]:
        """The new column is what the expression says, and null where the conditions are not met."""
        made = self.set(self.arguments[target], expression)
        (self.state.numeric.add if numeric else self.state.numeric.discard)(self.arguments[target])
        return [made]

    def set(self, column: str, expression: str, *, kept: str = "") -> Native:
        """A column is what the expression says; where the conditions are not met, what `kept` says."""
        self.state.gone.pop(column, None)
        if self.where:
            otherwise = f" ELSE {kept}" if kept else ""
            expression = f"CASE WHEN {self.where} THEN {expression}{otherwise} END"
        return derive(column, expression)

    def no_conditions(self, why: str) -> None:
        """Refuse conditions where they could mean nothing."""
        if self.step.conditions:
            raise Refused(f"conditions do not go with this operation: {why}", "remove ConditionExpressions")


Steps = Callable[[Call], list[Native]]
"""The native steps of a call. Raises Refused."""


@dataclass(frozen=True)
class Operation:
    """An operation that is carried over.

    name, page: as the guide has them. one_of: groups of parameters of which just one must be there.
    about: what it does here, in one sentence; what the guide leaves open is said there.
    steps: the native steps of a call; raises Refused.
    """

    name: str
    page: str
    parameters: tuple[Parameter, ...]
    about: str
    steps: Steps
    one_of: tuple[tuple[str, ...], ...] = ()

    @property
    def url(self) -> str:
        """Its page of the guide."""
        return f"{GUIDE}{self.page}.html"


SOURCE = optional("sourceColumn", "column")
SOURCES = optional("sourceColumns", "columns")
EACH = (SOURCE, SOURCES)
"""The columns that an operation changes: one, or several as the console also writes it."""
TARGET = required("targetColumn", "new")
VALUE = optional("value", "text")
EITHER = ("sourceColumn", "value")
SIDES = (
    optional("sourceColumn1", "column"),
    optional("value1", "text"),
    optional("sourceColumn2", "column"),
    optional("value2", "text"),
)
"""Two sides, each a column or a text."""
BOTH = (("sourceColumn1", "value1"), ("sourceColumn2", "value2"))
ONE_COLUMN = ("sourceColumn", "sourceColumns")
ACTION, FUNCTION = "recipe-actions.", "recipe-actions.functions."


def derive(column: str, expression: str) -> Native:
    """The native step that gives a column the value of an expression."""
    return {"derive": {column: expression}}


def keep(condition: str) -> Native:
    """The native step that keeps the records of which a condition is true."""
    return {"filter": condition}


def whole(value: float) -> str:
    """A number in SQL: without a point when there is nothing behind it."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
