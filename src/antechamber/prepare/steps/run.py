"""A connector's steps, compiled, one after the other over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from antechamber.declare.step import StepModel, needed
from antechamber.errors import RecipeError
from antechamber.prepare.steps.step import ROW, Report, Setting, Step
from antechamber.records import Keep
from antechamber.secrets import Secrets


@dataclass(frozen=True)
class Stepped:
    """A batch after all steps. frame: the columns that are wanted and ROW, of the records that are left."""

    frame: pl.DataFrame
    report: Report


class Steps:
    """All steps of a connector, for the columns that are wanted after them. Safe to share between threads."""

    def __init__(
        self,
        models: Sequence[StepModel],
        wanted: frozenset[str],
        root: Path,
        *,
        where: str,
        names: Sequence[str] | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        """where: the connector, for errors. names: what they call each step; `steps[0].rename` … when absent.
        secrets: what references are read with; those of the folder `root` when absent.

        Raises RecipeError for a step that cannot be compiled.
        """
        self._names = list(names or (f"steps[{place}].{model.NAME}" for place, model in enumerate(models)))
        self._models = tuple(models)
        self._root = root
        self._secrets = secrets or Secrets(root)
        self._where = where
        self.needs = needed(models, wanted)
        """The source's columns that are read."""
        self._after: list[list[str]] = []
        self._at_work: list[bool] = []
        for model in reversed(self._models):
            # What a step reads is there only when somebody wants what it makes, or when it has a say in the records.
            self._at_work.append(model.selects or not wanted.isdisjoint(model.makes))
            self._after.append([*sorted(wanted), ROW])
            wanted = model.needs(wanted)
        self._after.reverse()
        self._at_work.reverse()
        self._steps: list[Step] = []
        for place, model in enumerate(self._models):
            try:
                self._steps.append(model.compile(Setting(root, place, self._secrets)))
            except RecipeError as error:
                where = f"{self._where}: {self._names[place]}" + (f": {error.where}" if error.where else "")
                raise RecipeError(error.what, where=where, remedy=error.remedy) from None

    def for_columns(self, wanted: frozenset[str]) -> Steps:
        """The steps that make these columns, without those that leave records out."""
        kept = [place for place, model in enumerate(self._models) if not model.leaves_out]
        models, names = [self._models[place] for place in kept], [self._names[place] for place in kept]
        return Steps(models, wanted, self._root, where=self._where, names=names, secrets=self._secrets)

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """(name, what it does) of each step."""
        return tuple((model.NAME, step.sentence) for model, step in zip(self._models, self._steps, strict=True))

    @property
    def rules(self) -> tuple[str, ...]:
        """What each step is called where records that it drops are counted."""
        return tuple(f"{model.NAME} (step {place})" for place, model in enumerate(self._models, start=1))

    @property
    def contests(self) -> dict[int, Keep]:
        """The places of the steps that let one of several records stay, and which one."""
        return {place: model.contest for place, model in enumerate(self._models) if model.contest is not None}

    @property
    def can_leave_out(self) -> bool:
        """Whether a step may leave a record out."""
        return any(model.leaves_out for model in self._models)

    def apply(self, frame: pl.DataFrame) -> Stepped:
        """The records after all steps. frame: ROW and a column for each name of `needs`. Raises RecipeError."""
        report = Report()
        for name, step, at_work, after in zip(self._names, self._steps, self._at_work, self._after, strict=True):
            try:
                frame = (step.apply(frame, report) if at_work else frame).select(after)
            except RecipeError as error:
                where = f"{self._where}: {name}"
                raise RecipeError(error.what, where=where, remedy=error.remedy) from None
        return Stepped(frame, report)
