"""The clean room: shared tables, the rules they are shared under, and the answers that may leave."""

from antechamber.collaborate.engine import Limits
from antechamber.collaborate.privacy import Ledger, Policy
from antechamber.collaborate.room import Answer, Explanation, Room, Statistics
from antechamber.collaborate.rules import SCALAR_FUNCTIONS
from antechamber.collaborate.tables import SharedTable
from antechamber.collaborate.templates import Parameter, Template

__all__ = [
    "SCALAR_FUNCTIONS",
    "Answer",
    "Explanation",
    "Ledger",
    "Limits",
    "Parameter",
    "Policy",
    "Room",
    "SharedTable",
    "Statistics",
    "Template",
]
