"""The retail example: a retailer, a publisher, people whom both know, and what may be asked about them."""

from antechamber.examples.retail.export import ExportTruth, FileTruth, Truth, generate
from antechamber.examples.retail.orders import change_orders, load_orders
from antechamber.examples.retail.spec import Spec
from antechamber.examples.retail.workspace import ORDERS_URL, PUBLIC_KEY, write_workspace

__all__ = [
    "ORDERS_URL",
    "PUBLIC_KEY",
    "ExportTruth",
    "FileTruth",
    "Spec",
    "Truth",
    "change_orders",
    "generate",
    "load_orders",
    "write_workspace",
]
