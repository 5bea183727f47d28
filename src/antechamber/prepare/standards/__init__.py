"""Standards: whose normalisation rules apply. One module a standard, one line here."""

from antechamber.declare import StandardName
from antechamber.prepare.standards.aws_entity_resolution import AwsEntityResolution
from antechamber.prepare.standards.standard import Standard

STANDARDS: dict[StandardName, Standard] = {
    "aws-entity-resolution": AwsEntityResolution(),
}

__all__ = ["STANDARDS", "Standard"]
