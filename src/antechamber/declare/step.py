"""Steps: what a connector does to records before its columns are typed, and where each kind of step is at home.

A step is one module of `prepare/steps/` and one line in STEPS. In a connector file it is a mapping with one key, the
step's name. The module is imported when a step is used.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import model_serializer

from antechamber.declare.mistake import Mistake
from antechamber.declare.model import Model

STEPS = {
    "rename": "antechamber.prepare.steps.rename:Rename",
    "replace": "antechamber.prepare.steps.replace:Replace",
    "map": "antechamber.prepare.steps.map:Map",
    "fill": "antechamber.prepare.steps.fill:Fill",
    "merge": "antechamber.prepare.steps.merge:Merge",
    "case": "antechamber.prepare.steps.case:Case",
    "mask": "antechamber.prepare.steps.mask:Mask",
    "hash": "antechamber.prepare.steps.hash:Hash",
    "phone_number": "antechamber.prepare.steps.phone_number:PhoneNumber",
    "drop": "antechamber.prepare.steps.drop:Drop",
    "split": "antechamber.prepare.steps.split:Split",
    "extract": "antechamber.prepare.steps.extract:Extract",
    "parse_json": "antechamber.prepare.steps.parse_json:ParseJson",
    "derive": "antechamber.prepare.steps.derive:Derive",
    "filter": "antechamber.prepare.steps.filter:Filter",
    "deduplicate": "antechamber.prepare.steps.deduplicate:Deduplicate",
    "sample": "antechamber.prepare.steps.sample:Sample",
    "lookup": "antechamber.prepare.steps.lookup:Lookup",
}
"""Step → its model, in the order in which they are told."""


@dataclass(frozen=True)
class Example:
    """A step at work, for its page and its test. step: as in a connector file. before, after: records."""

    step: str
    before: tuple[Mapping[str, Any], ...]
    after: tuple[Mapping[str, Any], ...]


class StepModel(Model):
    """What all steps have in common. A subclass says what it does in its docstring, of one sentence or a few.

    A step that works on the values of single records says which columns it reads, makes and removes; whatever else
    it does to records it says with `selects`. Columns are the source's, or those that steps before it made.
    """

    NAME: ClassVar[str]
    """What the connector file calls it."""
    BODY: ClassVar[str] = ""
    """The field that the step's whole value stands for, when the step has one field only."""
    SHORT: ClassVar[str] = ""
    """The field that a value stands for which is not a mapping."""
    EXAMPLE: ClassVar[Example]
    NOUNS: ClassVar[dict[str, str]] = {}
    """Field with a fixed list of values → what one of them is called in messages."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that it needs for what it makes, or to decide about records."""
        return ()

    @property
    def makes(self) -> tuple[str, ...]:
        """The columns that it makes or changes."""
        return ()

    @property
    def removes(self) -> tuple[str, ...]:
        """The columns that are not there any more after it."""
        return ()

    @property
    def selects(self) -> bool:
        """Whether it has a say in which records are published, so that it works also when nobody wants what it
        makes."""
        return False

    @property
    def leaves_out(self) -> bool:
        """Whether it may leave records out of the table, other than to quarantine."""
        return False

    @property
    def contest(self) -> Literal["first", "last", "greatest", "least"] | None:
        """Which one stays of all of a run's records that agree, when the step decides that. It then drops none
        itself, but reports the records that compete."""
        return None

    def needs(self, wanted: frozenset[str]) -> frozenset[str]:
        """The columns that must be there before it, for those that are wanted after it."""
        if not self.selects and not wanted.intersection(self.makes):
            return wanted
        return wanted.difference(self.makes).union(self.reads)

    def mistakes(self) -> Iterator[Mistake]:
        """What is wrong with values that are good each on its own; the paths begin below the step's name."""
        return iter(())

    def compile(self, setting: Any) -> Any:
        """The step at work. setting: antechamber.prepare.steps.Setting. Gives an antechamber.prepare.steps.Step."""
        raise NotImplementedError

    @model_serializer(mode="wrap")
    def _as_written(self, handler: Any) -> dict[str, Any]:
        fields = handler(self)
        return {self.NAME: fields.get(self.BODY) if self.BODY else fields}


class _Models(Mapping[str, type[StepModel]]):
    """Step → model; loads a step's module when it is asked for."""

    def __getitem__(self, name: str) -> type[StepModel]:
        return step_model(name)

    def __iter__(self) -> Iterator[str]:
        return iter(STEPS)

    def __len__(self) -> int:
        return len(STEPS)

    def __contains__(self, name: object) -> bool:
        return name in STEPS


STEP_MODELS: Mapping[str, type[StepModel]] = _Models()
"""Every step and its model."""


@functools.cache
def step_model(name: str) -> type[StepModel]:
    """The model of the step of that name. Raises KeyError when there is none."""
    module, _, attribute = STEPS[name].partition(":")
    found: type[StepModel] = getattr(importlib.import_module(module), attribute)
    return found


def step_of(value: Any) -> Any:
    """A step as it stands in a file → its model; anything else as it is."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, body),) = value.items()
        if name in STEP_MODELS:
            model = STEP_MODELS[name]
            return model.model_validate(fields_of(model, body))
    return value


def expressions() -> tuple[frozenset[str], tuple[str, ...]]:
    """What SQL expressions of steps may call, and what a cast in them may make."""
    module = importlib.import_module("antechamber.prepare.sql.expression")
    return module.FUNCTIONS, module.TYPES


def needed(steps: Sequence[StepModel], wanted: frozenset[str]) -> frozenset[str]:
    """The columns that must be there before all steps, for those that are wanted after them."""
    for step in reversed(steps):
        wanted = step.needs(wanted)
    return wanted


def fields_of(model: type[StepModel], body: Any) -> Any:
    """What stands behind a step's name → the fields of its model."""
    if model.BODY:
        return {model.BODY: body}
    if model.SHORT and not isinstance(body, dict):
        return {model.SHORT: body}
    return body
