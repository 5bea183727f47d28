"""The custom rule: any SELECT that was allowed, within the controls of every table that it reads."""

from antechamber.collaborate.custom.plan import CustomPlan, plan_custom

__all__ = ["CustomPlan", "plan_custom"]
