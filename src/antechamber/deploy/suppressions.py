"""Findings of template checkers that stand, with their reasons: `suppressions.yaml`, and what it explains."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from ruamel.yaml import YAML

from antechamber.deploy.synthesis import Stack


@dataclass(frozen=True)
class Finding:
    """What a tool said. where: `tier/resource`. what: its text, where that matters."""

    tool: str
    rule: str
    where: str
    what: str = ""


@dataclass(frozen=True)
class Suppression:
    """One entry of the file."""

    tool: str
    rule: str
    where: str
    because: str
    what: str = ""

    def explains(self, finding: Finding) -> bool:
        """Whether the finding is one that is meant here."""
        return (
            (self.tool, self.rule) == (finding.tool, finding.rule)
            and re.fullmatch(self.where, finding.where) is not None
            and (not self.what or re.search(self.what, finding.what) is not None)
        )


def suppressions() -> list[Suppression]:
    """All of them, in the file's order."""
    text = (files("antechamber.deploy") / "suppressions.yaml").read_text()
    return [Suppression(**entry) for entry in YAML(typ="safe").load(text)]


def unexplained(findings: Iterable[Finding]) -> list[Finding]:
    """Those that no suppression explains."""
    known = suppressions()
    return [each for each in findings if not any(one.explains(each) for one in known)]


def nag_findings(stacks: Iterable[Stack]) -> list[Finding]:
    """What cdk-nag wrote down about stacks that it looked at."""
    found = []
    for stack in stacks:
        for each in stack.said:
            resource, _, text = each.partition(": ")
            rule = re.match(r"AwsSolutions-[A-Za-z0-9]+", text)
            if rule is not None:
                found.append(Finding("cdk-nag", rule[0], f"{stack.tier}/{resource}", text))
    return found
