"""What AWS CloudFormation does and moto leaves out: stacks that are made by change sets give and take exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.cloudformation.models import CloudFormationBackend


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
    try:
        yield
    finally:
        CloudFormationBackend.execute_change_set = plain  # type: ignore[method-assign]
