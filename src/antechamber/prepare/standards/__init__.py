"""Standards: whose normalisation rules apply. One module a standard, one line here."""

from antechamber.declare import StandardName
from antechamber.prepare.standards.amazon_ads import AmazonAds
from antechamber.prepare.standards.aws_entity_resolution import AwsEntityResolution
from antechamber.prepare.standards.google import Google
from antechamber.prepare.standards.liveramp import LiveRamp
from antechamber.prepare.standards.meta import Meta
from antechamber.prepare.standards.snap import Snap
from antechamber.prepare.standards.standard import Standard
from antechamber.prepare.standards.tiktok import TikTok
from antechamber.prepare.standards.uid2 import Uid2

STANDARDS: dict[StandardName, Standard] = {
    "aws-entity-resolution": AwsEntityResolution(),
    "amazon-ads": AmazonAds(),
    "uid2": Uid2(),
    "google": Google(),
    "meta": Meta(),
    "tiktok": TikTok(),
    "snap": Snap(),
    "liveramp": LiveRamp(),
}

__all__ = ["STANDARDS", "Standard"]
