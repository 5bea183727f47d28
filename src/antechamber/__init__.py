"""Antechamber: the room before the clean room, where first-party data is received, washed and counted."""

from importlib.metadata import version

__version__ = version("antechamber")
