"""Phone numbers: any national or international spelling → E.164, as libphonenumber reads it."""

from antechamber.prepare.phones.accepted import Accept
from antechamber.prepare.phones.reading import e164

__all__ = ["Accept", "e164"]
