"""The registry of sources: which types of `source:` there are, and where each is at home.

A type is one module of `connect/` and one line in BUILT_IN, or an entry point of the group `antechamber.sources` in
any installed package. Either names a SourceType. A type's module is imported when a connector uses it, so it imports
what its extra brings only when it opens.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

from antechamber.declare.source import SourceModel
from antechamber.errors import AntechamberError

GROUP = "antechamber.sources"
"""The entry points that other packages declare: `dice = "dice_source:SOURCE"`."""

BUILT_IN = {
    "bigquery": "antechamber.connect.bigquery:SOURCE",
    "databricks": "antechamber.connect.databricks:SOURCE",
    "dlt": "antechamber.connect.dlt:SOURCE",
    "duckdb": "antechamber.connect.duckdb:SOURCE",
    "http": "antechamber.connect.http:SOURCE",
    "landing": "antechamber.connect.landing:SOURCE",
    "mariadb": "antechamber.connect.mysql:MARIADB",
    "mysql": "antechamber.connect.mysql:SOURCE",
    "odbc": "antechamber.connect.odbc:SOURCE",
    "oracle": "antechamber.connect.oracle:SOURCE",
    "postgresql": "antechamber.connect.postgresql:SOURCE",
    "redshift": "antechamber.connect.redshift:SOURCE",
    "sftp": "antechamber.connect.sftp:SOURCE",
    "snowflake": "antechamber.connect.snowflake:SOURCE",
    "sqlite": "antechamber.connect.sqlite:SOURCE",
    "sqlserver": "antechamber.connect.sqlserver:SOURCE",
}
"""Type → the SourceType of it."""


@dataclass(frozen=True)
class SourceType:
    """A type of source.

    model: its `source:` block; the Literal of its field `type` is the type's name.
    open: (an instance of the model, antechamber.connect.Opening) → antechamber.connect.Source.
    summary: what it reads, in one line without a full stop. needs: what the user must have, such as a role.
    extra: what to install, as in `antechamber[extra]`; modules: the modules that come with it.
    run_against: what the tests run it against; "" when nothing of the kind runs on one machine.
    """

    model: type[SourceModel]
    open: Callable[[Any, Any], Any]
    summary: str
    needs: str = ""
    extra: str = ""
    modules: tuple[str, ...] = ()
    run_against: str = ""

    @property
    def name(self) -> str:
        """What `type:` says."""
        return str(get_args(self.model.model_fields["type"].annotation)[0])

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed."""
        return tuple(name for name in self.modules if not _is_installed(name))


class _Models(Mapping[str, type[SourceModel]]):
    """Type → model; loads a type's module when it is asked for."""

    def __getitem__(self, name: str) -> type[SourceModel]:
        return source_type(name).model

    def __iter__(self) -> Iterator[str]:
        return iter((*BUILT_IN, *(name for name in _installed() if name not in BUILT_IN)))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in _installed()


MODELS: Mapping[str, type[SourceModel]] = _Models()
"""Every type of source and its model."""


@functools.cache
def source_type(name: str) -> SourceType:
    """The type of that name. Raises KeyError when there is none, and AntechamberError when it cannot be loaded."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        found: SourceType = getattr(importlib.import_module(module), attribute)
        return found
    entry = _installed()[name]
    try:
        loaded = entry.load()
    except Exception as error:
        raise _not_a_source(entry, f"cannot be imported ({type(error).__name__})") from error
    if not isinstance(loaded, SourceType):
        raise _not_a_source(entry, "is not a SourceType")
    if loaded.name != name:
        raise _not_a_source(entry, f"is of type '{loaded.name}', and its entry point is '{name}'")
    return loaded


@functools.cache
def _installed() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _not_a_source(entry: EntryPoint, what: str) -> AntechamberError:
    package = entry.dist.name if entry.dist is not None else "an installed package"
    return AntechamberError(
        f"the source '{entry.name}' of {package} {what}", where=entry.value, remedy=f"update or remove {package}"
    )


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
