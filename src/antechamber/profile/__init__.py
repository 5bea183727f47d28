"""The profile of a published table: for the terminal, for programs, and as a page of its own."""

from antechamber.profile.cells import SmallCells
from antechamber.profile.drift import Drift
from antechamber.profile.facts import ColumnFacts
from antechamber.profile.page import page
from antechamber.profile.profile import Profile, profile

__all__ = ["ColumnFacts", "Drift", "Profile", "SmallCells", "page", "profile"]
