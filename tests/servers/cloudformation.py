"""What AWS CloudFormation does and moto leaves out: stacks that are made by change sets give and take exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation.models import CloudFormationBackend
from moto.kms.models import KmsBackend
from moto.stepfunctions.models import StateMachine


@contextmanager
def exports_by_change_sets() -> Iterator[None]:
    """As long as the block lasts (AWS CloudFormation user guide, *Get exported outputs from a deployed stack*)."""
    plain = CloudFormationBackend.execute_change_set

    def execute(self: Any, change_set_name: str, stack_name: str | None = None) -> None:
        changes = next(
            each
            for key, each in self.change_sets.items()
            if change_set_name in (key, each.change_set_name) and stack_name in (None, each.stack.name)
        )
        stack = self.stacks[changes.stack_id]
        stack.resource_map.cross_stack_resources = self.exports
        plain(self, change_set_name, stack_name)
        stack._parse_template()
        stack.output_map = stack._create_output_map()
        for export in stack.exports:
            self.exports[export.name] = export

    CloudFormationBackend.execute_change_set = execute  # type: ignore[method-assign]
    tagged = KmsBackend.create_key

    def create_key(self: Any, *given: Any, tags: Any = None, **named: Any) -> Any:
        # CloudFormation's tags have Key and Value, and KMS's own TagKey and TagValue.
        told = [{"TagKey": each["Key"], "TagValue": each["Value"]} if "Key" in each else each for each in tags or ()]
        return tagged(self, *given, **{**named, "tags": told})

    KmsBackend.create_key = create_key  # type: ignore[method-assign]
    try:
        yield
    finally:
        CloudFormationBackend.execute_change_set = plain  # type: ignore[method-assign]
        KmsBackend.create_key = tagged  # type: ignore[method-assign]


@contextmanager
def machines_with_arns() -> Iterator[None]:
    """`Fn::GetAtt` gives a state machine's ARN (AWS CloudFormation template reference)."""
    known, given = StateMachine.has_cfn_attr, StateMachine.get_cfn_attribute

    def get(self: Any, attribute_name: str) -> Any:
        return self.arn if attribute_name == "Arn" else given(self, attribute_name)

    StateMachine.has_cfn_attr = classmethod(  # type: ignore[method-assign, assignment]
        lambda cls, attr: attr == "Arn" or known(attr)
    )
    StateMachine.get_cfn_attribute = get  # type: ignore[method-assign]
    try:
        yield
    finally:
        StateMachine.has_cfn_attr, StateMachine.get_cfn_attribute = known, given  # type: ignore[method-assign]
