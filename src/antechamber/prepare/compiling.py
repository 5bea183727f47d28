"""Compiling a recipe: a connector's columns, steps and quality rules become one object that batches go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from antechamber.declare import Connector, References
from antechamber.errors import RecipeError
from antechamber.prepare.plan import plan_column
from antechamber.prepare.quality import Missing, quality_of
from antechamber.prepare.recipe import Recipe, sources_of
from antechamber.prepare.screen import watch_of
from antechamber.prepare.steps import Steps
from antechamber.secrets import Secrets


def compile_recipe(
    connector: Connector,
    *,
    secrets: Secrets,
    root: Path | None = None,
    tables: Callable[[References], Missing] | None = None,
) -> Recipe:
    """The recipe of a connector. root: the workspace's folder, where steps and rules find their files. tables: opens
    a table that a quality rule refers to.

    Raises RecipeError for columns that make no sense or a step that cannot be made, SecretError for a missing key.
    """
    plans = []
    regions = _regions(connector)
    for name, column in connector.published.items():
        try:
            plan = plan_column(
                name,
                column,
                connector.standard,
                secrets,
                tenant=connector.tenant,
                is_key=name in connector.table.keys,
                placeholders=connector.placeholders,
            )
        except RecipeError as error:
            where = f"{connector.connector}: {error.where or f'columns.{name}'}"
            raise RecipeError(error.what, where=where, remedy=error.remedy) from None
        plans.append(replace(plan, watch=watch_of(column, regions)))
    if not plans:
        raise RecipeError(
            "every column is dropped: there is nothing to publish",
            where=connector.connector,
            remedy="give a column a protection other than drop",
        )
    for key in connector.table.keys:
        if key not in connector.published:
            raise RecipeError(
                f"the key '{key}' is not a published column",
                where=f"{connector.connector}: table.key",
                remedy=f"use one of {', '.join(connector.published)}",
            )
    kinds = {plan.name: plan.kind for plan in plans}
    quality = quality_of(connector, kinds, root or Path(), tables)
    if not connector.all_steps:
        return Recipe(tuple(plans), connector.table.keys, quality=quality)
    wanted = frozenset(sources_of(plans))
    names = [connector.step_name(place) for place in range(len(connector.all_steps))]
    steps = Steps(
        connector.all_steps, wanted, root or Path(), where=connector.connector, names=names, secrets=secrets
    )
    return Recipe(tuple(plans), connector.table.keys, steps, quality)


def _regions(connector: Connector) -> tuple[str, ...]:
    """The countries that the connector speaks of, and the United States."""
    named = {each for column in connector.columns.values() for each in (column.region, column.country) if each}
    return tuple(sorted({*named, "US"}))
