"""Cost: budgets, by the tags that every resource bears.

The tags have to be activated once as cost allocation tags, in the account that pays: `antechamber doctor` says
whether they are.

Source: AWS Billing user guide, *Managing your costs with AWS Budgets* (filters by tag: `user:key$value`).
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets

from antechamber.deploy.setting import Setting
from antechamber.deployed import TIERS

ALERTS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


def shared(stack: cdk.Stack, setting: Setting) -> None:
    """A budget a tier, of all tenants together: it shows which tier has grown."""
    whole = sum(budget_of(setting, each) for each in setting.tenants)
    for tier in TIERS:
        _budget(stack, setting, tier.capitalize(), setting.names.budget(None, tier), whole, {"tier": tier}, None)


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """A tenant's budget, told on its topic."""
    topic = setting.arn("sns", setting.names.topic(name))
    _budget(stack, setting, "Budget", setting.names.budget(name), budget_of(setting, name), {"tenant": name}, topic)


def budget_of(setting: Setting, name: str) -> float:
    """What a tenant may cost a month, in US dollars."""
    return setting.cloud.budgets.get(name, setting.cloud.budget)


def _budget(
    stack: cdk.Stack,
    setting: Setting,
    part: str,
    called: str,
    amount: float,
    tags: dict[str, str],
    topic: str | None,
) -> None:
    told: list[dict[str, str]] = [{"subscriptionType": "SNS", "address": topic}] if topic is not None else []
    told += (
        [{"subscriptionType": "EMAIL", "address": each} for each in setting.cloud.alarms.email] if not told else []
    )
    alerts: list[dict[str, Any]] = [
        {
            "notification": {
                "notificationType": kind,
                "comparisonOperator": "GREATER_THAN",
                "threshold": percent,
                "thresholdType": "PERCENTAGE",
            },
            "subscribers": told,
        }
        for kind, percent in ALERTS
        if told
    ]
    own = {"workspace": setting.names.workspace, "environment": setting.names.environment, **tags}
    wanted = [{"tags": {"key": f"antechamber:{key}", "values": [value]}} for key, value in own.items()]
    budgets.CfnBudget(
        stack,
        part,
        budget={
            "budgetName": called,
            "budgetType": "COST",
            "timeUnit": "MONTHLY",
            "budgetLimit": {"amount": amount, "unit": "USD"},
            "filterExpression": {"and": wanted},
            "metrics": ["UNBLENDED_COST"],
        },
        notifications_with_subscribers=alerts,
    )
