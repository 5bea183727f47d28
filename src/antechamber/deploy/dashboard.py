"""The dashboards' bodies: what came, what went out, what it took, tenant by tenant.

Source: Amazon CloudWatch API reference, *Dashboard body structure and syntax*.
"""

from __future__ import annotations

from typing import Any

from antechamber.deploy.setting import Setting
from antechamber.deployed import NAMESPACE

ROWS = ("RowsRead", "RowsPublished", "RowsQuarantined", "RowsDropped")


def dashboard(setting: Setting, tenants: list[str]) -> dict[str, Any]:
    """A row of widgets for each connector of these tenants."""
    widgets: list[dict[str, Any]] = []
    for tenant in tenants:
        _put(widgets, {"type": "text", "properties": {"markdown": f"# {tenant}"}}, 24, 1)
        for connector in setting.connectors(tenant):
            own = [
                "workspace", setting.names.workspace, "tenant", tenant,
                "connector", connector.connector, "stage", "run",
            ]  # fmt: skip
            machine = setting.arn(
                "states", f"stateMachine:{setting.names.state_machine(tenant, connector.connector)}"
            )
            runs = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut")
            shown = {
                f"{connector.connector}: records": [[NAMESPACE, metric, *own] for metric in ROWS],
                f"{connector.connector}: runs": [["AWS/States", each, "StateMachineArn", machine] for each in runs],
                f"{connector.connector}: seconds": [[NAMESPACE, "Seconds", *own]],
                f"{connector.connector}: cost units": [[NAMESPACE, "CostUnits", *own]],
            }
            for title, metrics in shown.items():
                properties = {
                    "title": title,
                    "metrics": metrics,
                    "region": setting.names.region,
                    "stat": "Sum",
                    "period": 3600,
                    "view": "timeSeries",
                }
                _put(widgets, {"type": "metric", "properties": properties}, 6, 6)
    return {"widgets": widgets}


def _put(widgets: list[dict[str, Any]], widget: dict[str, Any], width: int, height: int) -> None:
    """Below the last, or beside it where there is room in the row of 24."""
    if not widgets:
        x = y = 0
    else:
        last = widgets[-1]
        beside = last["x"] + last["width"]
        x, y = (beside, last["y"]) if beside + width <= 24 else (0, last["y"] + last["height"])
    widgets.append({**widget, "x": x, "y": y, "width": width, "height": height})
