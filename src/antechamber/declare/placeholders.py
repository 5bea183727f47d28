"""`placeholders:` of a connector: which values stand for nobody."""

from __future__ import annotations

from typing import Literal

from antechamber.declare.model import Model, Text

PlaceholderClass = Literal[
    "counted", "default", "epoch", "fictional", "invented", "missing", "none", "private", "repeated", "roles"
]
"""The classes of the lists in `prepare/placeholders/`."""

ONLY_WHEN_NAMED: frozenset[PlaceholderClass] = frozenset({"epoch", "fictional", "private"})
"""Classes of values that some person may really have; they count where `also` names them."""

Entries = tuple[Text, ...] | bool


class Placeholders(Model):
    """Values that stand for nobody, such as `test@test.com`: they are found, and are as invalid as a broken value.

    Each identity type has a list in the package, in classes. A type's key adds values to its list, or is `false` to
    find none. A value is written as the source writes it; `*` stands for any text, `?` for one character.
    `file:path`, relative to the workspace, stands for the lines of a text file.
    """

    keep: tuple[PlaceholderClass, ...] = ()
    """Classes that are no placeholders here: `roles` keeps `info@…`."""
    also: tuple[PlaceholderClass, ...] = ()
    """Classes that count only when they are named: `fictional` (phone numbers kept for films, such as 555-0100),
    `epoch` (1970-01-01), `private` (addresses of private networks)."""
    email: Entries = True
    """E-mail addresses, for example `"*@void.example"`."""
    phone: Entries = True
    """Phone numbers."""
    first_name: Entries = True
    """First names."""
    last_name: Entries = True
    """Last names."""
    full_name: Entries = True
    """Full names."""
    address: Entries = True
    """Street addresses."""
    city: Entries = True
    """Cities."""
    state: Entries = True
    """States."""
    postal_code: Entries = True
    """Postal codes."""
    country: Entries = True
    """Countries."""
    date_of_birth: Entries = True
    """Days, as YYYY-MM-DD."""
    mobile_ad_id: Entries = True
    """Mobile advertising ids."""
    ip_address: Entries = True
    """IP addresses."""
    external_id: Entries = True
    """External ids."""

    def entries(self, type: str) -> tuple[str, ...] | bool:
        """What is said of an identity type: added values, or whether any are looked for."""
        found: tuple[str, ...] | bool = getattr(self, type, False)
        return found
