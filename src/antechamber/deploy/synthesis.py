"""Templates of a deployment: one stack a tier, for the workspace and for each tenant. Needs Node, and no CDK CLI."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antechamber.deploy.setting import Setting
from antechamber.deployed import TIERS, Tier
from antechamber.errors import AntechamberError, MissingExtra

SHARED: tuple[Tier, ...] = ("foundation", "observability", "cost")
"""Tiers with a stack of the workspace beside those of its tenants."""


@dataclass(frozen=True)
class Stack:
    """One stack. tenant: None for what tenants share. body: its template, as JSON. said: what whoever looked at the
    app wrote down about it, each as "construct: text"."""

    name: str
    tier: Tier
    tenant: str | None
    body: dict[str, Any]
    said: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the stack itself are on its resources already; CloudFormation shows these."""
        return {"antechamber:tier": self.tier, **({"antechamber:tenant": self.tenant} if self.tenant else {})}


def synthesise(
    setting: Setting,
    tiers: Iterable[Tier] = TIERS,
    tenants: Iterable[str] | None = None,
    look: Callable[[Any], None] | None = None,
) -> list[Stack]:
    """The stacks in the order in which they can be made.

    tiers, tenants: only these (all when absent). look: is shown the CDK's app before it is synthesised. Raises
    MissingExtra without the CDK, AntechamberError without Node.
    """
    cdk = _cdk()
    chosen = [tier for tier in TIERS if tier in set(tiers)]
    whose = setting.tenants if tenants is None else list(tenants)
    folder = Path(tempfile.mkdtemp(prefix="antechamber-"))
    try:
        app = cdk.App(
            outdir=str(folder),
            analytics_reporting=False,
            tree_metadata=False,
            default_stack_synthesizer=cdk.LegacyStackSynthesizer(),
            context={"aws:cdk:disable-stack-trace": True},
        )
        order: list[tuple[Tier, str | None]] = []
        for tier in chosen:
            module = importlib.import_module(f"antechamber.deploy.tiers.{tier}")
            if tier in SHARED and tenants is None:
                module.shared(_stack(cdk, app, setting, tier, None), setting)
                order.append((tier, None))
            for tenant in whose:
                module.tenant(_stack(cdk, app, setting, tier, tenant), setting, tenant)
                order.append((tier, tenant))
        if look is not None:
            look(app)
        made = {each.stack_name: (each.template, _said(each) if look else ()) for each in app.synth().stacks}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    named = [(setting.names.stack(tier, tenant), tier, tenant) for tier, tenant in order]
    return [Stack(name, tier, tenant, *made[name]) for name, tier, tenant in named]


def _said(stack: Any) -> tuple[str, ...]:
    return tuple(f"{each.id.rpartition('/')[2]}: {each.entry.data}" for each in stack.messages)


def _stack(cdk: Any, app: Any, setting: Setting, tier: Tier, tenant: str | None) -> Any:
    name = setting.names.stack(tier, tenant)
    whose = f" of {tenant}" if tenant is not None else ""
    tags = {
        "workspace": setting.names.workspace,
        "environment": setting.names.environment,
        "tier": tier,
        **({"tenant": tenant} if tenant is not None else {}),
    }
    stack = cdk.Stack(
        app,
        name,
        stack_name=name,
        description=f"Antechamber: {tier}{whose} in {setting.names.workspace}, {setting.names.environment}",
        env=cdk.Environment(account=setting.names.account, region=setting.names.region),
    )
    for key, value in tags.items():
        # Not the stack's own `tags`: a resource with a tag of its own would lose them.
        cdk.Tags.of(stack).add(f"antechamber:{key}", value)
    return stack


def _cdk() -> Any:
    if shutil.which("node") is None:
        raise AntechamberError(
            "the stacks are made by the AWS CDK, which needs Node.js 20 or newer",
            where="node",
            remedy="install it: sudo apt-get install nodejs, or from https://nodejs.org",
        )
    # Its own check of templates takes five seconds at each start; ours (cfn-lint, checkov, cdk-nag) run in the tests.
    os.environ.setdefault("CDK_VALIDATION", "false")
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    try:
        return importlib.import_module("aws_cdk")
    except ImportError:
        raise MissingExtra("deploy", needed_for="deploying to AWS") from None
