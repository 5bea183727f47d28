"""Differential privacy: answers with noise, paid for from a budget before they are given."""

from antechamber.collaborate.privacy.ledger import Ledger
from antechamber.collaborate.privacy.policy import Policy

__all__ = ["Ledger", "Policy"]
