"""Every operation of DataBrew that is known here: those that are carried over, a family a module, and the others."""

from __future__ import annotations

from antechamber.prepare.databrew import (
    cleaning,
    columns,
    logic,
    mapping,
    maths,
    moments,
    pii,
    quality,
    structure,
    texts,
)
from antechamber.prepare.databrew.operation import Operation
from antechamber.prepare.databrew.refused import REFUSED

__all__ = ["FAMILIES", "OPERATIONS", "REFUSED"]

FAMILIES: dict[str, tuple[Operation, ...]] = {
    "Basic column steps": columns.OPERATIONS,
    "Data cleaning steps": cleaning.OPERATIONS,
    "Data quality steps and filters": quality.OPERATIONS,
    "Personal information": pii.OPERATIONS,
    "Column structure": (*structure.OPERATIONS, *logic.OPERATIONS),
    "Mapping and formatting": mapping.OPERATIONS,
    "Mathematical and aggregate functions": maths.OPERATIONS,
    "Text and web functions": texts.OPERATIONS,
    "Date and time functions": moments.OPERATIONS,
}
"""Family → its operations, as the reference page lists them."""

OPERATIONS: dict[str, Operation] = {each.name: each for family in FAMILIES.values() for each in family}
"""Name → operation."""
