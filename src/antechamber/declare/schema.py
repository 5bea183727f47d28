"""The JSON Schema of each declaration file, for editors: `# yaml-language-server: $schema=…`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from antechamber.declare.collaboration import Collaboration
from antechamber.declare.connector import MOST_STEPS, Connector
from antechamber.declare.model import Model
from antechamber.declare.policy import Policy
from antechamber.declare.registry import MODELS
from antechamber.declare.step import STEP_MODELS, StepModel
from antechamber.declare.workspace import Workspace


def model_of(kind: str) -> type[Model]:
    """The model of a kind of file (workspace, connector, collaboration, policy), with every type of source."""
    models: dict[str, type[Model]] = {
        "workspace": Workspace,
        "connector": Connector,
        "collaboration": Collaboration,
        "policy": Policy,
    }
    if kind != "connector":
        return models[kind]
    source = Connector.model_fields["source"]
    every: Any = Union[tuple(MODELS.values())]  # noqa: UP007 - the types are known at run time only
    told: Any = Annotated[every, Field(discriminator="type", description=source.description)]
    step: Any = Union[tuple(_step(model) for model in STEP_MODELS.values())]  # noqa: UP007
    steps = Connector.model_fields["steps"]
    return create_model(
        "Connector",
        __base__=Connector,
        __doc__=Connector.__doc__,
        source=(told, ...),
        steps=(Annotated[tuple[step, ...], Field(max_length=MOST_STEPS, description=steps.description)], ()),
    )


def _step(model: type[StepModel]) -> type[Model]:
    """A step as it stands in a file: a mapping with one key, its name."""
    short = model.BODY or model.SHORT
    fields = [model.model_fields[short]] if short else []
    arms: list[Any] = [Annotated[field.annotation, *field.metadata] for field in fields]
    if not model.BODY:
        arms.append(model)
    body: Any = Union[tuple(arms)]  # noqa: UP007
    said = " ".join((model.__doc__ or "").split())
    fields_of: dict[str, Any] = {model.NAME: (Annotated[body, Field(description=said)], ...)}
    return create_model(f"{model.__name__}Step", __base__=Model, __doc__=said, **fields_of)


def json_schema(kind: Literal["workspace", "connector", "collaboration", "policy"]) -> dict[str, Any]:
    """The schema of one kind of file, draft 2020-12. What holds between keys is left to `antechamber check`."""
    schema = model_of(kind).model_json_schema()
    _close(schema)
    for name in _told_by_type(schema):
        definition = schema["$defs"][name]
        definition["required"] = sorted({*definition.get("required", ()), "type"})
    if kind == "connector":
        _let_presets_fill(schema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def _let_presets_fill(schema: dict[str, Any]) -> None:
    """A connector that names a preset may leave out the types of its columns and of its format, all others not."""
    column, columns = schema["$defs"]["Column"], schema["properties"]["columns"]
    column["required"].remove("type")
    (pattern,) = columns["patternProperties"]
    named = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": pattern}}
    columns["patternProperties"][pattern] = {"anyOf": [{"$ref": "#/$defs/Column"}, {"type": "null"}]}
    schema["properties"]["columns"] = {"description": columns.pop("description"), "anyOf": [columns, named]}
    schema["if"] = {"properties": {"source": {"required": ["preset"]}}}
    typed = {"type": "object", "required": ["type"]}
    schema["else"] = {"properties": {"columns": {"type": "object", "additionalProperties": typed}}}
    for source in schema["$defs"].values():
        if "preset" in source.get("properties", {}):
            source["properties"]["format"]["anyOf"].append({"type": "object", "not": {"required": ["type"]}})
            source["if"] = {"not": {"required": ["preset"]}}
            source["then"] = {"properties": {"format": {"required": ["type"]}}}


def _told_by_type(schema: Any) -> set[str]:
    """The definitions among which `type:` chooses: there it is required, whatever its default."""
    if isinstance(schema, list):
        return {name for each in schema for name in _told_by_type(each)}
    if not isinstance(schema, dict):
        return set()
    choice = schema.get("discriminator", {})
    own = {ref.rpartition("/")[2] for ref in choice["mapping"].values()} if "mapping" in choice else set()
    return own | {name for each in schema.values() for name in _told_by_type(each)}


def _close(schema: Any) -> None:
    """Keys with a pattern are the only keys of their mapping; a default of null says nothing."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema["additionalProperties"] = False
        if "default" in schema and schema["default"] is None and "anyOf" in schema:
            del schema["default"]
        for each in schema.values():
            _close(each)
    elif isinstance(schema, list):
        for each in schema:
            _close(each)
