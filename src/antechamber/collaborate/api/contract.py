"""The contract: what botocore's model of AWS Clean Rooms says of paths, shapes, limits and errors.

Nothing of it is typed by hand anywhere else: an operation, its route, its input and its output are looked up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from antechamber.errors import MissingExtra

try:
    from botocore import __version__ as MODEL_VERSION
    from botocore import xform_name
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
except ImportError:
    raise MissingExtra("cleanroom", needed_for="the clean room's server") from None

__all__ = ["MODEL_VERSION", "Contract", "Operation", "command"]

SERVICE = "cleanrooms"


@dataclass(frozen=True)
class Operation:
    """One operation of the API.

    name: as AWS spells it, such as `CreateCollaboration`.
    path: the segments of its URI; `{label}` stands for a member of the input.
    input, output: botocore's structure shapes.
    success: the HTTP status of an answer.
    errors: the error codes that it may answer with.
    """

    name: str
    method: str
    path: tuple[str, ...]
    input: Any
    output: Any
    success: int
    errors: frozenset[str]
    idempotent: bool

    @property
    def uri(self) -> str:
        """Its path as a template."""
        return "/" + "/".join(self.path)

    def labels(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """The labels of a path's decoded segments when this is their operation, else None."""
        if len(segments) != len(self.path):
            return None
        found: dict[str, str] = {}
        for wanted, segment in zip(self.path, segments, strict=True):
            if wanted.startswith("{"):
                found[wanted.strip("{}")] = segment
            elif wanted != segment:
                return None
        return found


class Contract:
    """The model that the installed botocore has."""

    def __init__(self) -> None:
        description = Loader().load_service_model(SERVICE, "service-2")
        self._model: Any = ServiceModel(description, SERVICE)
        self.api_version: str = self._model.api_version

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation, by name."""
        return {name: self._operation(self._model.operation_model(name)) for name in self._model.operation_names}

    @cached_property
    def statuses(self) -> Mapping[str, int]:
        """Error code → HTTP status; a fault of the service has 500."""
        return {
            shape.name: shape.metadata.get("error", {}).get("httpStatusCode", 500)
            for shape in self._model.error_shapes
        }

    def shape(self, name: str) -> Any:
        """A shape by its name."""
        return self._model.shape_for(name)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation of a request, with the labels of its path, or None.

        path: as it was sent; a `%2F` in a segment is part of the segment.
        """
        segments = tuple(unquote(segment) for segment in path.split("/")[1:])
        candidates = [
            (operation, labels)
            for operation in self.operations.values()
            if operation.method == method and (labels := operation.labels(segments)) is not None
        ]
        # A literal segment is nearer than a label.
        return min(candidates, key=lambda each: len(each[1]), default=None)

    def _operation(self, model: Any) -> Operation:
        http = model.http
        return Operation(
            name=model.name,
            method=http["method"],
            path=tuple(http["requestUri"].split("?")[0].strip("/").split("/")),
            input=model.input_shape,
            output=model.output_shape,
            success=http.get("responseCode", 200),
            errors=frozenset(shape.name for shape in model.error_shapes),
            idempotent=bool(model._operation_model.get("idempotent")),
        )


def command(operation: str) -> str:
    """What boto3 calls an operation; the aws CLI has hyphens instead."""
    return str(xform_name(operation))
