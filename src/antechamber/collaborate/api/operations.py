"""Every operation that is carried out, by name."""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api.call import Handler
from antechamber.collaborate.api.families import (
    associations,
    budgets,
    changes,
    collaborations,
    configured_tables,
    id_mapping,
    id_namespaces,
    intermediate,
    intermediate_rules,
    logs,
    memberships,
    queries,
    rules,
    schemas,
    tags,
    templates,
)

_FAMILIES: tuple[Mapping[str, Handler], ...] = (
    associations.HANDLERS,
    budgets.HANDLERS,
    changes.HANDLERS,
    collaborations.HANDLERS,
    configured_tables.HANDLERS,
    id_mapping.HANDLERS,
    id_namespaces.HANDLERS,
    intermediate.HANDLERS,
    intermediate_rules.HANDLERS,
    logs.HANDLERS,
    memberships.HANDLERS,
    queries.HANDLERS,
    rules.HANDLERS,
    schemas.HANDLERS,
    tags.HANDLERS,
    templates.HANDLERS,
)

HANDLERS: Mapping[str, Handler] = {name: handler for family in _FAMILIES for name, handler in family.items()}
