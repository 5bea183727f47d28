"""The library: loaded without its configuration files, its telemetry and its logs; its state handed over by us."""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from antechamber.connect.dlt.declared import NAMED, DltIncremental
from antechamber.declare.path import Match, Path, path_of
from antechamber.errors import AntechamberError, MissingExtra, SourceError

_QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
_loading = threading.Lock()


def load() -> Any:
    """The module dlt. Raises MissingExtra.

    It may ask nobody but the declaration: not files in `.dlt`, not the environment. Its logs quote records and
    addresses, so there are none.
    """
    with _loading:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        try:
            import dlt
            from dlt.common.configuration.container import Container
            from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
            from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
        except ImportError:
            raise MissingExtra("saas", needed_for="the source dlt") from None
        context = Container()[PluggableRunContext]
        if context.providers.providers:
            context.providers = ConfigProvidersContainer([])
        logging.getLogger("dlt").setLevel(logging.CRITICAL + 1)
        return dlt


def function(name: str) -> Any:
    """The function that makes a source. Raises SourceError."""
    module, _, attribute = NAMED.get(name, name).partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise SourceError(
            f"the module '{error.name}' is not installed", where=name, remedy="install it where antechamber is"
        ) from None
    except AttributeError:
        raise SourceError(f"the module has no '{attribute}'", where=name, remedy="name a source function") from None
    except Exception as error:
        raise failed(error, name) from None


def with_secrets(arguments: Mapping[str, Any], secrets: Mapping[str, str], where: str) -> dict[str, Any]:
    """The arguments with each secret at its path. Raises SourceError for a path that leads through no mapping."""
    whole: dict[str, Any] = _copied(dict(arguments))
    for name, secret in secrets.items():
        path = path_of(name) or Path(name, ())
        steps = (path.root, *path.steps)
        holder: Any = whole
        for step, following in zip(steps, (*steps[1:], None), strict=True):
            if isinstance(step, Match) or not _fits(holder, step):
                raise SourceError(
                    f"the secret's path '{name}' leads nowhere in the arguments", where=where, remedy="check secrets:"
                )
            if following is None:
                holder[step] = secret
            elif isinstance(holder, dict):
                holder = holder.setdefault(step, {})
            else:
                holder = holder[step]
    return whole


def resource_of(made: Any, name: str | None, where: str) -> Any:
    """The one resource that is read. Raises SourceError when it is not told which."""
    dlt = load()
    if isinstance(made, dlt.sources.DltResource):
        if name is not None and made.name != name:
            raise SourceError(
                f"there is no resource '{name}'", where=where, remedy=f"use {made.name}, or leave it out"
            )
        return made
    if not isinstance(made, dlt.sources.DltSource):
        raise SourceError("the function makes neither a source nor a resource of dlt", where=where)
    names = sorted(made.resources)
    if name is None and len(made.selected_resources) == 1:
        name = next(iter(made.selected_resources))
    if name not in names:
        what = f"there is no resource '{name}'" if name is not None else f"there are {len(names)} resources"
        raise SourceError(what, where=where, remedy=f"write resource: with one of {', '.join(names[:50])}")
    return made.with_resources(name)


def hint(resource: Any, name: str | None, declared: DltIncremental, where: str) -> None:
    """Make a resource incremental. Raises SourceError."""
    dlt = load()
    try:
        start: Any = None if declared.start is None else _typed(declared.start, declared.type)
    except ValueError:
        raise SourceError(f"incremental.start is no {declared.type}", where=where, remedy="write ISO 8601") from None
    of = resource if isinstance(resource, dlt.sources.DltResource) else resource.resources[name or _only(resource)]
    of.apply_hints(
        incremental=dlt.sources.incremental(declared.cursor, initial_value=start, lag=declared.lateness or None)
    )


def items(resource: Any, state: Any) -> Iterator[Any]:
    """What a resource yields, one item or Arrow table at a time; `state` is what it remembers, and is changed."""
    from dlt.common.configuration.container import Container
    from dlt.common.pipeline import StateInjectableContext

    with Container().injectable_context(StateInjectableContext(state=state)):
        return iter(resource)


def written(state: Mapping[str, Any]) -> str:
    """A state as text that keeps its types."""
    from dlt.common.json import json

    return str(json.typed_dumps(state))


def read(text: str) -> dict[str, Any]:
    """The reverse of `written`."""
    from dlt.common.json import json

    found: dict[str, Any] = json.typed_loads(text)
    return found


def failed(error: BaseException, where: str) -> AntechamberError:
    """The error of a source: what kinds of exceptions, and an HTTP status. Messages may quote records and secrets."""
    kinds: list[str] = []
    status = ""
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 6:
        if isinstance(cause, AntechamberError):
            return cause
        kinds.append(type(cause).__name__)
        code = getattr(getattr(cause, "response", None), "status_code", None)
        status = f", status {code}" if isinstance(code, int) else status
        fields = getattr(cause, "fields", None)
        if type(cause).__name__ == "ConfigFieldMissingException" and fields:
            return SourceError(
                f"the source is not told {', '.join(map(str, fields))}",
                where=where,
                remedy="add it to arguments:, or to secrets: with a secret reference",
            )
        cause = cause.__cause__ or cause.__context__
    return SourceError(
        f"the source failed ({' from '.join(dict.fromkeys(kinds))}{status})",
        where=where,
        remedy="its message is not repeated, as it may quote a record or a secret: try the source alone to see it",
    )


def _only(source: Any) -> str:
    return str(next(iter(source.selected_resources)))


def _typed(text: str, kind: str) -> Any:
    if kind == "integer":
        return int(text)
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "timestamp":
        from dlt.common import pendulum

        return pendulum.instance(datetime.fromisoformat(text))
    return text


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(each) for each in value]
    return value


def _fits(holder: Any, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(holder, dict)
    return isinstance(holder, list) and step < len(holder)
