"""Placeholders: values that stand for nobody, found by lists that the user can extend."""

from antechamber.prepare.placeholders.finder import COUNTRIES, PLACEHOLDER, ROLE_ACCOUNT, Finder, finder

__all__ = ["COUNTRIES", "PLACEHOLDER", "ROLE_ACCOUNT", "Finder", "finder"]
