"""A DataBrew recipe → the native steps that do the same, or everything that keeps it from being carried over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from antechamber.declare.mistake import choose, closest
from antechamber.declare.model import show
from antechamber.declare.step import StepModel, step_of
from antechamber.prepare.databrew.arguments import read_argument
from antechamber.prepare.databrew.conditions import where
from antechamber.prepare.databrew.operation import (
    WRITTEN,
    Call,
    Native,
    Operation,
    Parameter,
    Refused,
    State,
)
from antechamber.prepare.databrew.reading import Flaw, RecipeStep, read_steps
from antechamber.prepare.databrew.registry import OPERATIONS, REFUSED

IGNORED = frozenset({"targetIndex"})
"""Parameters that say where a new column stands, which means nothing here."""


@dataclass(frozen=True)
class Compiled:
    """A recipe, carried over.

    steps: the native steps, each with the recipe's step that it is made of. models: those of them that are sound.
    flaws: all that is wrong. notes: what a user should know, though nothing is wrong.
    """

    steps: tuple[tuple[RecipeStep, Native], ...] = ()
    models: tuple[StepModel, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    notes: tuple[str, ...] = ()


def compile_steps(raw: bytes, secrets: Mapping[str, str] | None = None) -> Compiled:
    """The recipe's native steps. Raises nothing.

    raw: the JSON file. secrets: DataBrew's secretId → a secret reference.
    """
    read, flaws = read_steps(raw)
    state = State(secrets=secrets or {})
    made: list[tuple[RecipeStep, Native]] = []
    for step in read:
        try:
            found = list(_flaws_or_steps(step, state, made))
        except Refused as error:
            found = [_flaw(step, error)]
        flaws += found
    models = [model for step, native in made if (model := _model(step, native, flaws)) is not None]
    in_order = sorted(flaws, key=lambda flaw: flaw.line)
    return Compiled(tuple(made), tuple(models), tuple(in_order), tuple(state.notes))


def _model(step: RecipeStep, native: Native, flaws: list[Flaw]) -> StepModel | None:
    """The native step's model; what is wrong with it is the recipe's mistake."""
    try:
        model: StepModel = step_of(native)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        flaws.append(Flaw(step.line, step.place, f"a value cannot be used ({first['msg']})", "check its parameters"))
        return None
    found = [Flaw(step.line, step.place, mistake.what, mistake.remedy) for mistake in model.mistakes()]
    flaws += found
    return None if found else model


def _flaws_or_steps(step: RecipeStep, state: State, made: list[tuple[RecipeStep, Native]]) -> Iterator[Flaw]:
    operation = OPERATIONS.get(step.operation)
    if operation is None:
        yield _unknown(step)
        return
    arguments, flaws = _arguments(operation, step, state)
    if flaws:
        # What the step would have made is taken for made, so that later steps are judged on their own.
        for name in ("targetColumn",):
            if isinstance(step.parameters.get(name), str):
                state.gone.pop(step.parameters[name], None)
        yield from flaws
        return
    call = Call(step, arguments, state)
    call.where = where(step.conditions, state, arguments.get("columnDataType"))
    made += [(step, native) for native in operation.steps(call)]


def _unknown(step: RecipeStep) -> Flaw:
    refused = REFUSED.get(step.operation)
    if refused is not None:
        return Flaw(step.line, step.place, f"this operation is not supported: {refused.why}", refused.instead)
    meant = closest(step.operation, [*OPERATIONS, *REFUSED])
    return Flaw(
        step.line,
        step.place,
        f"{show(step.operation)} is not an operation of DataBrew",
        f"did you mean {show(meant)}?" if meant else "see the page databrew of the reference for all operations",
    )


def _arguments(operation: Operation, step: RecipeStep, state: State) -> tuple[dict[str, Any], list[Flaw]]:
    """Every parameter's value, or what is wrong with them."""
    known = {parameter.name: parameter for parameter in operation.parameters}
    given = {name: value for name, value in step.parameters.items() if not _absent(known.get(name), value)}
    arguments: dict[str, Any] = {}
    flaws = []
    for name in given.keys() - known.keys() - IGNORED:
        absent = [each for each in known if each not in given]
        remedy = choose(name, absent) or f"remove it; {step.operation} takes {', '.join(known) or 'no parameters'}"
        flaws.append(_flaw(step, Refused(f"{show(name)} is not a parameter of {step.operation}", remedy, name)))
    for name, parameter in known.items():
        if name not in given:
            arguments[name] = parameter.default
            if parameter.required:
                flaws.append(
                    _flaw(step, Refused("this parameter is missing", f"add {name}: {_wanted(parameter)}", name))
                )
            continue
        try:
            arguments[name] = read_argument(parameter, given[name])
            _there(parameter, arguments[name], state)
        except Refused as error:
            flaws.append(_flaw(step, error))
    if not flaws:
        flaws += [_flaw(step, each) for each in _groups(operation, given)]
    return arguments, sorted(flaws, key=lambda flaw: flaw.place)


def _absent(parameter: Parameter | None, value: Any) -> bool:
    """The guide's own examples leave a column empty where another parameter stands for it."""
    return value is None or (parameter is not None and parameter.kind in ("column", "columns") and value in ("", []))


def _wanted(parameter: Parameter) -> str:
    return f"one of {', '.join(parameter.options)}" if parameter.options else WRITTEN[parameter.kind]


def _there(parameter: Parameter, value: Any, state: State) -> None:
    if parameter.kind not in ("column", "columns"):
        return
    for column in value if isinstance(value, list) else [value]:
        if column in state.gone:
            raise Refused(
                f"the column {show(column)} is not there any more: {state.gone[column]}",
                "name another, or move the step up",
                parameter.name,
            )


def _groups(operation: Operation, given: Mapping[str, Any]) -> Iterator[Refused]:
    for group in operation.one_of:
        there = [name for name in group if name in given]
        if not there:
            yield Refused(f"neither {' nor '.join(group[:2])} is given", f"add {group[0]}", group[0])
        elif len(there) > 1:
            yield Refused(f"{' and '.join(there)} cannot both be given", f"keep one of {', '.join(there)}", there[1])


def _flaw(step: RecipeStep, error: Refused) -> Flaw:
    place = step.place + (f".{error.parameter}" if error.parameter else "")
    return Flaw(step.line, place, error.what, error.remedy)
