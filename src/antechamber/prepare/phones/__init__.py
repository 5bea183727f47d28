"""Phone numbers: any national or international spelling → its number, as libphonenumber reads it."""

from antechamber.prepare.phones.accepted import Accept
from antechamber.prepare.phones.numbers import e164, national

__all__ = ["Accept", "e164", "national"]
