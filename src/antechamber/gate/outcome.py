"""What became of a quality rule in a run, and the error of those that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from antechamber.declare import Asked
from antechamber.declare.mistake import dotted
from antechamber.errors import QualityFailed

Came = Literal["passed", "warned", "quarantined", "failed", "not checked"]


@dataclass(frozen=True)
class Outcome:
    """One rule in one run.

    checked: records that it was asked of; a rule of the run as a whole is asked once. failed: those of which it does
    not hold. found: in a few words, of a rule that counts no records, or that could not be checked.
    """

    rule: Asked
    came: Came
    checked: int = 0
    failed: int = 0
    found: str = ""

    @property
    def share(self) -> float:
        """Of the records that were checked."""
        return self.failed / self.checked if self.checked else 0.0

    @property
    def name(self) -> str:
        """`email: pattern`; of a rule without a column its name."""
        return f"{self.rule.column}: {self.rule.name}" if self.rule.columns else self.rule.name

    def __str__(self) -> str:
        if self.found:
            return f"{self.name}: {self.found}"
        said = f"{self.name}: {self.failed:,} of {self.checked:,} records fail ({self.share:.2%})"
        tolerated = getattr(self.rule.body, "tolerate", None)
        return said if tolerated is None else f"{said}, {tolerated} are tolerated"

    def as_json(self) -> dict[str, Any]:
        """As a run's record has it."""
        return {
            "rule": self.rule.name,
            "columns": list(self.rule.columns),
            "where": dotted(self.rule.path),
            "then": self.rule.then,
            "outcome": self.came,
            "checked": self.checked,
            "failed": self.failed,
            "share": round(self.share, 6),
            "found": self.found,
        }


def of_records(rule: Asked, checked: int, failed: int) -> Outcome:
    """The outcome of a rule of records."""
    beyond = failed > 0 and (rule.tolerated is None or failed > rule.tolerated * checked)
    if rule.then == "quarantine":
        came: Came = "failed" if beyond and rule.tolerated is not None else "quarantined" if failed else "passed"
    else:
        came = _beyond(rule) if beyond else "passed"
    return Outcome(rule, came, checked, failed)


def of_run(rule: Asked, *, holds: bool, found: str) -> Outcome:
    """The outcome of a rule of the run as a whole."""
    return Outcome(rule, "passed" if holds else _beyond(rule), 1, 0 if holds else 1, found)


def not_checked(rule: Asked, why: str) -> Outcome:
    """A rule that has nothing to be asked of."""
    return Outcome(rule, "not checked", found=why)


def _beyond(rule: Asked) -> Came:
    return "warned" if rule.then == "warn" else "failed"


def refuse_failed(outcomes: Sequence[Outcome], *, where: str) -> None:
    """Raise QualityFailed where a rule failed; it holds no value."""
    failed = [each for each in outcomes if each.came == "failed"]
    if not failed:
        return
    count = "a quality rule" if len(failed) == 1 else f"{len(failed)} quality rules"
    places = ", ".join(dotted(each.rule.path) for each in failed)
    raise QualityFailed(
        f"{count} failed: {'; '.join(map(str, failed))}",
        where=where,
        remedy=f"nothing was published, and the sources are where they were: mend the data, or loosen {places}",
        rules=[each.as_json() for each in failed],
    )


def told(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """What of a run record's `quality` is worth a line: all but what passed, and what failed, which is the error."""
    return [
        f"quality, {each['outcome']}: {described(each)}"
        for each in outcomes
        if each["outcome"] not in ("passed", "warned", "failed")
    ]


def described(outcome: Mapping[str, Any]) -> str:
    """One outcome of a run record in a few words."""
    name = f"{', '.join(outcome['columns'])}: {outcome['rule']}" if outcome["columns"] else outcome["rule"]
    said = f"{outcome['failed']:,} of {outcome['checked']:,} records ({outcome['share']:.2%})"
    return f"{name}: {outcome['found'] or said}"
