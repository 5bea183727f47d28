"""The generated pages of the deployment: its architecture as a diagram, its wildcards, its suppressions, its alarms.

`python -m antechamber.deploy.page docs/reference/deployment.md` writes it from the stacks of the retail example.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from antechamber.declare import load_workspace
from antechamber.deploy.alarms import alarms_of
from antechamber.deploy.permissions import INTERFACES, Grants
from antechamber.deploy.setting import Setting, setting_of
from antechamber.deploy.statement import Statement
from antechamber.deploy.suppressions import suppressions
from antechamber.deploy.synthesis import Stack, synthesise
from antechamber.deployed import TASKS, TIERS
from antechamber.examples.retail.workspace import write_workspace

ACCOUNT = "111122223333"
TENANT = "acme"

SHOWN = {
    "AWS::S3::Bucket": "bucket", "AWS::KMS::Key": "key", "AWS::Lambda::Function": "function", "AWS::Glue::Job": "job",
    "AWS::StepFunctions::StateMachine": "machine", "AWS::SNS::Topic": "topic", "AWS::SQS::Queue": "queue",
    "AWS::Glue::Database": "database", "AWS::Scheduler::Schedule": "schedule", "AWS::Events::Rule": "rule",
    "AWS::SecretsManager::Secret": "secret", "AWS::ECR::Repository": "images", "AWS::CodeBuild::Project": "build",
    "AWS::Budgets::Budget": "budget", "AWS::CloudWatch::Dashboard": "dashboard", "AWS::IAM::Role": "role",
}  # fmt: skip
"""Types of resource that the diagram shows, in a word."""
FEW = ("AWS::SecretsManager::Secret", "AWS::Budgets::Budget")
"""Shown once with their number."""
SPELLED = {
    "AWS::S3::Bucket": ("BucketName", r"(?<![a-z0-9-])"), "AWS::Lambda::Function": ("FunctionName", ":function:"),
    "AWS::SNS::Topic": ("TopicName", r":sns:[a-z0-9-]+:\d+:"),
    "AWS::SQS::Queue": ("QueueName", r":sqs:[a-z0-9-]+:\d+:"),
    "AWS::Glue::Job": ("Name", r'JobName\\+": \\+"'), "AWS::Glue::Database": ("Name", ":database/"),
}  # fmt: skip
"""Type → where its name stands, and what stands before that name where another resource means it."""


def page(setting: Setting, stacks: list[Stack]) -> str:
    """The page, as Markdown."""
    lines = [
        "# The deployment, as its stacks have it",
        "",
        "<!-- generated from the stacks of the retail example by make docs -->",
        "",
        "## Architecture",
        "",
        f"The workspace's shared stacks and those of the tenant {TENANT}; every tenant has its own. An arrow stands",
        "where one resource's template names another, or the role of a function or of the job does.",
        "",
        "```mermaid",
        *diagram(stacks),
        "```",
        "",
        "## Resources by tier",
        "",
        "| tier | resources of the workspace | of a tenant |",
        "|---|---|---|",
    ]
    for tier in TIERS:
        cells = [
            ", ".join(_counted(stack.body for stack in stacks if (stack.tier, stack.tenant) == (tier, whose)))
            for whose in (None, TENANT)
        ]
        lines.append(f"| {tier} | {cells[0]} | {cells[1]} |")
    lines += ["", "## Wildcards", "", "Actions that are allowed on `*`, since AWS offers nothing narrower:", ""]
    lines += ["| statement | actions | why |", "|---|---|---|"]
    lines += [
        f"| {each.sid} | {', '.join(f'`{action}`' for action in each.actions)} | {each.because} |"
        for each in wildcards(setting)
    ]
    lines += ["", "## Findings that stand", "", "What cdk-nag and checkov find and is left as it is; cfn-lint finds"]
    lines += [
        "nothing. The tests refuse any other finding.",
        "",
        "| tool | rule | where | why |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {each.tool} | {each.rule} | `{each.where.replace('|', chr(92) + '|')}` | {each.because} |"
        for each in suppressions()
    ]
    lines += [
        "",
        "## Alarms",
        "",
        "Each is told on the tenant's topic.",
        "",
        "| alarm | means | do |",
        "|---|---|---|",
    ]
    seen: set[str] = set()
    for alarm in alarms_of(setting, TENANT):
        if alarm.kind not in seen:
            seen.add(alarm.kind)
            means = alarm.means.replace(alarm.connector, "a connector") if alarm.connector else alarm.means
            lines.append(
                f"| `{alarm.kind}` | {re.sub('function [a-z]+ ', 'function of a task ', means)} | {alarm.do} |"
            )
    return "\n".join(lines) + "\n"


def diagram(stacks: list[Stack]) -> Iterator[str]:
    """The diagram in Mermaid's language: a box a stack, and an arrow for each name or ARN that one resource has of
    another."""
    yield "flowchart LR"
    named: dict[str, str] = {}
    bodies: dict[str, str] = {}
    for stack in stacks:
        if stack.tenant not in (None, TENANT):
            continue
        box = f"{stack.tier}_{stack.tenant or 'shared'}"
        yield f'  subgraph {box}["{stack.tier}{" of " + stack.tenant if stack.tenant else ""}"]'
        counted: dict[str, int] = {}
        for name, resource in stack.body["Resources"].items():
            kind = resource["Type"]
            if kind in FEW:
                counted[kind] = counted.get(kind, 0) + 1
            elif kind in SHOWN and kind != "AWS::IAM::Role":
                identifier = f"{box}_{name}"
                properties = resource.get("Properties", {})
                own = _spelled(kind, properties)
                yield f'    {identifier}["{SHOWN[kind]}: {_spoken(name)}"]'
                bodies[identifier] = json.dumps([properties, _role(stack, name)])
                if own is not None:
                    named[own] = identifier
        for kind, count in counted.items():
            yield f'    {box}_{SHOWN[kind]}s["{count} {SHOWN[kind]}{"s" if count > 1 else ""}"]'
        yield "  end"
    for identifier, body in bodies.items():
        for own, other in named.items():
            if other != identifier and re.search(rf"{own}(?![A-Za-z0-9_-])", body):
                yield f"  {identifier} --> {other}"
    for identifier, body in bodies.items():
        # A schedule or a rule names its machine by the stack's own reference.
        for target in re.findall(r'"Fn::GetAtt": \["([A-Za-z0-9]+Machine)", "Arn"\]', body):
            yield f"  {identifier} --> {identifier.rpartition('_')[0]}_{target}"


def wildcards(setting: Setting) -> list[Statement]:
    """Every statement of a deployment that allows something on `*`, once."""
    from antechamber.deploy.tiers.image import build_permissions
    from antechamber.deploy.tiers.starting import machine_permissions

    found = [each for task in (*TASKS, "large") for each in Grants(setting, TENANT, "key", "key").of(task)]
    found += [*machine_permissions(setting, TENANT, "key"), *build_permissions(setting, "key", "group"), INTERFACES]
    return list({each.sid: each for each in found if each.because}.values())


def example(folder: Path) -> Setting:
    """The retail example, written into a folder, as it is deployed."""
    write_workspace(folder)
    path = folder / "antechamber.yaml"
    path.write_text(path.read_text() + "aws: {region: eu-west-1}\n")
    return setting_of(load_workspace(folder), ACCOUNT)


def _spelled(kind: str, properties: dict[str, object]) -> str | None:
    """A regular expression by which other resources name this one."""
    if kind not in SPELLED:
        return None
    key, before = SPELLED[kind]
    inner = properties.get("DatabaseInput")
    named = inner.get("Name") if isinstance(inner, dict) else properties.get(key)
    return before + re.escape(str(named)) if named else None


def _role(stack: Stack, name: str) -> object:
    """What the role of a function or of the job allows: the resources that it is about."""
    role = stack.body["Resources"].get(re.sub(r"(Function|Job)$", "Role", name), {}).get("Properties", {})
    documents = [policy["PolicyDocument"]["Statement"] for policy in role.get("Policies", ())]
    return [statement["Resource"] for document in documents for statement in document]


def _counted(bodies: Iterable[dict[str, object]]) -> list[str]:
    counts: dict[str, int] = {}
    for body in bodies:
        resources = body["Resources"]
        assert isinstance(resources, dict)  # noqa: S101 - the template's own shape
        for resource in resources.values():
            kind = str(resource["Type"]).removeprefix("AWS::")
            counts[kind] = counts.get(kind, 0) + 1
    return [f"{count} × {kind}" if count > 1 else kind for kind, count in sorted(counts.items())]


def _spoken(name: str) -> str:
    words = re.sub(r"(Bucket|Function|Machine|Schedule|Arrivals)$", "", name) or name
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).lower()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        made = example(Path(name) / "retail")
        Path(sys.argv[1]).write_text(page(made, synthesise(made)))
