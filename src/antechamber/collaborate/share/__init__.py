"""The client: what the declarations say of a collaboration, made so on AWS or in a local clean room."""

from antechamber.collaborate.share.apply import apply
from antechamber.collaborate.share.found import Found, look
from antechamber.collaborate.share.plan import Change, Plan, plan, teardown
from antechamber.collaborate.share.wanted import Resource, wanted

__all__ = ["Change", "Found", "Plan", "Resource", "apply", "look", "plan", "teardown", "wanted"]
