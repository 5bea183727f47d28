"""A run in steps, each in a process of its own: plan, work, commit, archive, notify, and fail where one fails.

What they do is what `pipeline` does in one process, by the same code; here is what lies between: the plan, the parts
and the lease, which wait in the store for the next step. Every step may be repeated, at any time and after any crash:
what was committed is found in the table by the run's id, and what was not is done again.
"""

from antechamber.stepwise.ending import archive, fail, notify
from antechamber.stepwise.steps import RunTaken, commit, plan, work, work_all

__all__ = ["RunTaken", "archive", "commit", "fail", "notify", "plan", "work", "work_all"]
