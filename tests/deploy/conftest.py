"""Templates for all tests of the deployment: synthesised once, since each start of the CDK takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.deploy.workspaces import ACCOUNT, REGIONS, everything, plain

from antechamber.deploy.setting import Setting, setting_of
from antechamber.deploy.synthesis import Stack, synthesise


@dataclass(frozen=True)
class Made:
    """A deployment and its templates."""

    setting: Setting
    stacks: list[Stack]

    def body(self, tier: str, tenant: str | None = None) -> dict[str, Any]:
        """One template."""
        return next(each.body for each in self.stacks if (each.tier, each.tenant) == (tier, tenant))

    def resources(self, kind: str) -> list[tuple[Stack, str, dict[str, Any]]]:
        """(stack, logical id, properties) of all resources of a type."""
        return [
            (stack, name, resource.get("Properties", {}))
            for stack in self.stacks
            for name, resource in stack.body["Resources"].items()
            if resource["Type"] == kind
        ]


@pytest.fixture(scope="session")
def made_plain(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two tenants in the first region, as plain as can be."""
    return _made(plain(tmp_path_factory.mktemp("plain")), REGIONS[0])


@pytest.fixture(scope="session")
def made_whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two tenants in the second region, with everything; cdk-nag has looked at it."""
    return _made(everything(tmp_path_factory.mktemp("whole")), REGIONS[1], _nag)


def _made(declared: Any, region: str, look: Callable[[Any], None] | None = None) -> Made:
    if shutil.which("node") is None:
        pytest.skip("the CDK needs Node.js")
    setting = setting_of(declared, ACCOUNT, region)
    return Made(setting, synthesise(setting, look=look))


def _nag(app: Any) -> None:
    import aws_cdk
    import cdk_nag

    aws_cdk.Aspects.of(app).add(cdk_nag.AwsSolutionsChecks())
