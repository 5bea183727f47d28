"""Stacks in an account: what differs from the templates, and making it so, by CloudFormation's change sets.

Source: AWS CloudFormation user guide, *Update CloudFormation stacks using change sets*, *Stack status codes*,
*Quotas* (a template of more than 51,200 bytes is read from S3).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from antechamber.deploy.aws import Aws, ClientError, code_of, told
from antechamber.deploy.synthesis import Stack
from antechamber.errors import AntechamberError

INLINE = 51_200
WAIT = 5
"""Seconds between two questions."""
MOST = 3600
"""Seconds after which one stack is given up: its own events say more by then."""

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True)
class Difference:
    """One resource of one stack. keys: the properties that differ, of a change."""

    stack: str
    action: Action
    resource: str
    kind: str
    keys: tuple[str, ...] = ()


def existing(aws: Aws, name: str) -> dict[str, Any] | None:
    """The template of a stack that stands; None when there is none, or only the remains of a failed creation."""
    try:
        status = str(aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if code_of(error) == "ValidationError":
            return None
        raise
    if status in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_COMPLETE"):
        return None
    body = aws.cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else json.loads(json.dumps(body))
    return found


def differences(aws: Aws, stack: Stack) -> list[Difference]:
    """What would change. Raises AntechamberError."""
    with told(stack.name):
        return compared(stack.name, existing(aws, stack.name), stack.body)


def compared(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[Difference]:
    """What differs between two templates; None is one that is not there."""
    old: dict[str, Any] = (before or {}).get("Resources", {})
    new: dict[str, Any] = (after or {}).get("Resources", {})
    found = [Difference(name, "remove", each, old[each]["Type"]) for each in old if each not in new]
    for each, resource in new.items():
        if each not in old:
            found.append(Difference(name, "add", each, resource["Type"]))
        elif (keys := _keys(old[each], resource)) or old[each]["Type"] != resource["Type"]:
            found.append(Difference(name, "change", each, resource["Type"], keys))
    return found


def apply(aws: Aws, stack: Stack, template_bucket: str | None, say: Callable[[str], None]) -> None:
    """Make a stack what its template says. template_bucket: where large templates are put. Raises
    AntechamberError."""
    with told(stack.name):
        body = json.dumps(stack.body)
        kind = "CREATE" if existing(aws, stack.name) is None else "UPDATE"
        if kind == "CREATE":
            _remains(aws, stack.name)
        name = f"antechamber-{hashlib.sha256(body.encode()).hexdigest()[:16]}-{int(time.time())}"
        aws.cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in stack.tags.items()],
            **_template(aws, body, template_bucket),
        )
        if not _prepared(aws, stack.name, name):
            return
        aws.cloudformation.execute_change_set(StackName=stack.name, ChangeSetName=name)
        _settled(aws, stack.name, ("CREATE_COMPLETE", "UPDATE_COMPLETE"))
    say(f"made: {stack.name}" if kind == "CREATE" else f"changed: {stack.name}")


def remove(aws: Aws, name: str, say: Callable[[str], None]) -> None:
    """Delete a stack; none is no error. Raises AntechamberError."""
    with told(name):
        try:
            identifier = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        except ClientError as error:
            if code_of(error) == "ValidationError":
                return
            raise
        aws.cloudformation.delete_stack(StackName=name)
        _settled(aws, identifier, ("DELETE_COMPLETE",))
    say(f"removed: {name}")


def _keys(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    old, new = before.get("Properties", {}), after.get("Properties", {})
    found = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    rest = [key for key in {*before, *after} - {"Properties", "Type"} if before.get(key) != after.get(key)]
    return (*found, *sorted(rest))


def _template(aws: Aws, body: str, bucket: str | None) -> dict[str, str]:
    if len(body.encode()) <= INLINE or bucket is None:
        return {"TemplateBody": body}
    key = f"templates/{hashlib.sha256(body.encode()).hexdigest()}.json"
    aws.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
    return {"TemplateURL": f"https://{bucket}.s3.{aws.region}.amazonaws.com/{key}"}


def _remains(aws: Aws, name: str) -> None:
    """What a creation left that failed is removed: such a stack cannot be updated."""
    try:
        found = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if code_of(error) == "ValidationError":
            return
        raise
    if found["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        aws.cloudformation.delete_stack(StackName=name)
        _settled(aws, found["StackId"], ("DELETE_COMPLETE",))


def _prepared(aws: Aws, stack: str, name: str) -> bool:
    """Whether the change set is ready to be executed; False when it holds no change."""
    began = time.monotonic()
    while time.monotonic() - began < MOST:
        found = aws.cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        if found["Status"] == "CREATE_COMPLETE":
            return True
        if found["Status"] == "FAILED":
            reason = str(found.get("StatusReason", ""))
            aws.cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
            if "didn't contain changes" in reason or "No updates are to be performed" in reason:
                return False
            raise AntechamberError(f"the change is refused: {reason[:400]}", where=stack)
        time.sleep(WAIT)
    raise AntechamberError("CloudFormation does not come to an end", where=stack, remedy="see the stack's events")


def _settled(aws: Aws, stack: str, good: tuple[str, ...]) -> None:
    began = time.monotonic()
    while time.monotonic() - began < MOST:
        try:
            found = aws.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            if "DELETE_COMPLETE" in good and code_of(error) == "ValidationError":
                return
            raise
        status = found["StackStatus"]
        if status in good:
            return
        if not status.endswith("_IN_PROGRESS"):
            reason = str(found.get("StackStatusReason", "")) or "see its events"
            raise AntechamberError(
                f"the stack is {status}: {reason[:400]}",
                where=stack,
                remedy="mend it, then the same command again",
            )
        time.sleep(WAIT)
    raise AntechamberError("CloudFormation does not come to an end", where=stack, remedy="see the stack's events")
