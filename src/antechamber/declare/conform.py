"""A plain value → the model that it should be, and every way in which it is not.

The models are walked field by field, so that the rest of a file is judged where a part of it is wrong: what
comes back may lack fields (asking for one raises Unknown), and holds defaults for what the file leaves out.
Single values are judged by pydantic, in strict mode.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from annotated_types import MinLen
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from antechamber.declare.mistake import KeyPath, Mistake, choose, closest
from antechamber.declare.model import show
from antechamber.declare.registry import MODELS
from antechamber.declare.source import SourceModel
from antechamber.declare.step import STEP_MODELS, StepModel
from antechamber.declare.values import expected, found, how_to_add, peel, shape, shape_of, way_out, words
from antechamber.declare.words import ALSO_CALLED, STEPS_ALSO_CALLED, kind_of, noun_of

BROKEN: Any = object()
"""Stands for a value that could not be read."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def conform(model: type[ModelT], value: Any) -> tuple[ModelT, list[Mistake]]:
    """The model as far as the value gives it, and the mistakes. Without mistakes it is a whole, valid model."""
    reading = _Reading()
    partial = reading.model(model, value, ())
    if partial is BROKEN:
        partial = _partial(model, {}, set(model.model_fields))
    if not reading.mistakes:
        try:
            return model.model_validate(partial.model_dump(exclude_unset=True)), []
        except ValidationError as error:
            reading.mistakes.extend(_unforeseen(error))
    return partial, reading.mistakes


class _Reading:
    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def model(self, model: type[BaseModel], value: Any, path: KeyPath) -> Any:
        """A mapping's fields, as far as they are good."""
        if not isinstance(value, dict):
            return self._wrong_kind(path, "a mapping", value)
        fields = model.model_fields
        broken = self._unknown_keys(fields, value, path)
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in value:
                values[name] = self._field(model, name, field, value[name], (*path, name))
            elif field.is_required() and name not in broken:
                self._say((*path, name), "this key is missing", how_to_add(name, field))
                broken.add(name)
        broken |= {name for name, each in values.items() if each is BROKEN}
        return _partial(model, {name: each for name, each in values.items() if name not in broken}, broken)

    def _unknown_keys(self, fields: dict[str, FieldInfo], value: dict[str, Any], path: KeyPath) -> set[str]:
        """Reports unknown keys; returns the fields that were probably meant by them."""
        meant = set()
        for key in value:
            if key not in fields:
                absent = [name for name in fields if name not in value]
                self._say(
                    (*path, key),
                    f"{show(key)} is not a key that is known here",
                    choose(key, absent, ALSO_CALLED) or "remove it",
                )
                meant.add(closest(key, absent, ALSO_CALLED) or "")
        return meant - {""}

    def _field(self, model: type[BaseModel], name: str, field: FieldInfo, value: Any, path: KeyPath) -> Any:
        bare, metadata = peel(field.annotation)
        metadata += [*field.metadata, *([field] if field.discriminator else [])]
        return self._value(bare, metadata, value, path, noun_of(model, name))

    def _value(self, bare: Any, metadata: list[Any], value: Any, path: KeyPath, noun: str) -> Any:
        origin = get_origin(bare)
        if origin in (Union, types.UnionType):
            return self._union(bare, metadata, value, path, noun)
        if origin is Literal:
            return self._choice(get_args(bare), value, path, noun)
        if origin is tuple:
            return self._list(bare, metadata, value, path, noun)
        if origin is dict:
            return self._mapping(bare, metadata, value, path, noun)
        if bare is SourceModel:
            return self._tagged("type", MODELS, value, path, noun_of(bare, "type"))
        if bare is StepModel:
            return self._step(value, path)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return self.model(bare, value, path)
        return self._single(bare, metadata, value, path)

    def _union(self, bare: Any, metadata: list[Any], value: Any, path: KeyPath, noun: str) -> Any:
        tag = next((each.discriminator for each in metadata if isinstance(each, FieldInfo)), None)
        if isinstance(tag, str):
            by_tag = {get_args(arm.model_fields[tag].annotation)[0]: arm for arm in get_args(bare)}
            return self._tagged(tag, by_tag, value, path, noun_of(get_args(bare)[0], tag))
        arms = [peel(each) for each in get_args(bare)]
        if value is None and any(get_origin(arm) is Literal and "null" in get_args(arm) for arm, _ in arms):
            return "null"  # written without quotes, as anybody would
        if value is None and any(arm is type(None) for arm, _ in arms):
            return None
        arms = [(arm, said) for arm, said in arms if arm is not type(None)]
        for arm, said in arms:
            if shape(arm, said) is shape_of(value):
                return self._value(arm, [*metadata, *said], value, path, noun)
        if len(arms) == 1:
            return self._value(arms[0][0], [*metadata, *arms[0][1]], value, path, noun)
        return self._wrong_kind(path, " or ".join(expected(arm, said) for arm, said in arms), value)

    def _tagged(self, tag: str, by_tag: Mapping[str, type[BaseModel]], value: Any, path: KeyPath, noun: str) -> Any:
        """A mapping whose model is told by one of its keys."""
        if not isinstance(value, dict):
            return self._wrong_kind(path, "a mapping", value)
        if tag not in value:
            self._say((*path, tag), "this key is missing", f"add {tag}: one of {', '.join(by_tag)}")
            return BROKEN
        chosen = value[tag] if isinstance(value[tag], str) else None
        if chosen is not None and chosen in by_tag:
            return self.model(by_tag[chosen], value, path)
        self._choice(tuple(by_tag), value[tag], (*path, tag), noun)
        meant = closest(chosen, by_tag, ALSO_CALLED) if chosen is not None else None
        if meant is None:
            return BROKEN
        # The rest is judged as what was probably meant.
        partial = self.model(by_tag[meant], {**value, tag: meant}, path)
        partial.__dict__.pop(tag, None)
        return partial

    def _step(self, value: Any, path: KeyPath) -> Any:
        """A mapping with one key, which tells the model of what stands behind it."""
        if not isinstance(value, dict):
            return self._wrong_kind(path, "a mapping", value)
        if len(value) != 1:
            what = f"a step has one key, its name, and this one has {len(value)}"
            self._say(path, what, "write each step as an item of its own: - name: …")
            return BROKEN
        ((name, body),) = value.items()
        if name not in STEP_MODELS:
            self._say(
                (*path, name), f"{show(name)} is not a step", choose(name, STEP_MODELS, STEPS_ALSO_CALLED, most=99)
            )
            return BROKEN
        model = STEP_MODELS[name]
        field = model.BODY or ("" if isinstance(body, dict) else model.SHORT)
        if not field:
            return self.model(model, body, (*path, name))
        # What stands behind the name is the value of one field, and its mistakes are told without that field's name.
        read = self._field(model, field, model.model_fields[field], body, (*path, name))
        return BROKEN if read is BROKEN else _partial(model, {field: read}, set())

    def _choice(self, options: tuple[str, ...], value: Any, path: KeyPath, noun: str) -> Any:
        if value in options and isinstance(value, str):
            return value
        if isinstance(value, str):
            self._say(path, f"{show(value)} is not {noun}", choose(value, options, ALSO_CALLED))
        else:
            self._say(path, f"expected text, found {kind_of(value)}", f"use one of {', '.join(options)}")
        return BROKEN

    def _list(self, bare: Any, metadata: list[Any], value: Any, path: KeyPath, noun: str) -> Any:
        if not isinstance(value, list):
            return self._wrong_kind(path, "a list", value)
        if not self._long_enough(value, metadata, path, "list"):
            return BROKEN
        item, said = peel(get_args(bare)[0])
        items = [self._value(item, list(said), each, (*path, place), noun) for place, each in enumerate(value)]
        keep = not (isinstance(item, type) and issubclass(item, BaseModel))
        if any(
            read is BROKEN and not (keep and isinstance(raw, str)) for read, raw in zip(items, value, strict=True)
        ):
            return BROKEN
        # A text that is no good is kept: its mistake is told, and the others of the list can still be judged.
        return tuple(raw if read is BROKEN else read for read, raw in zip(items, value, strict=True))

    def _mapping(self, bare: Any, metadata: list[Any], value: Any, path: KeyPath, noun: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong_kind(path, "a mapping", value)
        if not self._long_enough(value, metadata, path, "mapping"):
            return BROKEN
        (key_type, key_said), (item, item_said) = (peel(each) for each in get_args(bare))
        read = {}
        for key, each in value.items():
            self._single(key_type, list(key_said), key, (*path, key))
            read[key] = self._value(item, list(item_said), each, (*path, key), noun)
            if read[key] is BROKEN:
                if not (isinstance(item, type) and issubclass(item, BaseModel)):
                    return BROKEN
                read[key] = _partial(item, {}, set(item.model_fields))
        return read

    def _long_enough(self, value: list[Any] | dict[str, Any], metadata: list[Any], path: KeyPath, kind: str) -> bool:
        least = max((each.min_length for each in metadata if isinstance(each, MinLen)), default=0)
        if len(value) < least:
            what = f"the {kind} is empty" if not value else f"the {kind} has {len(value)} of at least {least} entries"
            self._say(path, what, f"name at least {'one' if least == 1 else least}")
        return len(value) >= least

    def _single(self, bare: Any, metadata: list[Any], value: Any, path: KeyPath) -> Any:
        try:
            return _adapter(bare, tuple(each for each in metadata if not isinstance(each, FieldInfo)))(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
        except TypeError:
            # pydantic judges a text's length before its type in some combinations, and then fails.
            first = {"type": "string_type", "loc": (), "msg": "", "input": None}
        if first["type"].endswith(("_type", "_from_float")):
            whole = first["type"] == "int_from_float"
            return self._wrong_kind(path, "a whole number" if whole else expected(bare, metadata), value)
        self._say(path, *words(first, value, metadata))
        return BROKEN

    def _wrong_kind(self, path: KeyPath, expected: str, value: Any) -> Any:
        self._say(path, f"expected {expected}, found {found(expected, value)}", way_out(expected, value))
        return BROKEN

    def _say(self, path: KeyPath, what: str, remedy: str) -> None:
        self.mistakes.append(Mistake(path, what, remedy))


def _partial(model: type[BaseModel], values: dict[str, Any], broken: set[str]) -> Any:
    partial = model.model_construct(_fields_set=set(values), **values)
    for name in broken:
        partial.__dict__.pop(name, None)
    return partial


@functools.cache
def _adapter(bare: Any, metadata: tuple[Any, ...]) -> Callable[[Any], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[bare, *metadata] if metadata else bare, config=ConfigDict(allow_inf_nan=False)
    )
    return functools.partial(adapter.validate_python, strict=True)


def _unforeseen(error: ValidationError) -> list[Mistake]:
    """What the models refuse and the walk let pass: said plainly, at the place pydantic names."""
    return [
        Mistake(tuple(each["loc"]), *words(each, None, []))
        for each in error.errors(include_url=False, include_input=False)
    ]
