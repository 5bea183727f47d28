"""What can go wrong, said once: every error names what, where, why and what to do.

No field of an error may hold a data value that could be personal, nor a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AntechamberError(Exception):
    """An error that a user can act on.

    what: one clause, lower case, no full stop: what is wrong.
    where: the place (`file:line`, `file:line: key.path`, a partition's id, a table's name), or "".
    remedy: one line that says what to do, or "".
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.remedy}" if self.remedy else head

    def as_json(self) -> dict[str, Any]:
        """The fields that `--json` prints: {"error": class, "where": …, "what": …, "remedy": …}."""
        return {
            "error": type(self).__name__,
            "where": self.where,
            "what": self.what,
            "remedy": self.remedy,
        }


class DeclarationError(AntechamberError):
    """A mistake in a workspace, connector or collaboration file."""


class DeclarationErrors(AntechamberError):
    """All mistakes of the files that were read, at once."""

    def __init__(self, mistakes: list[DeclarationError]) -> None:
        count = len(mistakes)
        super().__init__(f"{count} mistake{'s' if count != 1 else ''} in the declarations")
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "mistakes": [mistake.as_json() for mistake in self.mistakes]}


class SecretError(AntechamberError):
    """A secret reference that could not be resolved (never its value)."""


class SourceError(AntechamberError):
    """A source that could not be listed, opened or read."""


class ConnectionLost(SourceError):
    """A source whose connection was lost or is not to be had for the moment: asked again, it may do better."""


class UnsealError(AntechamberError):
    """A file that could not be decrypted or decompressed: nothing of it is published."""


class FormatError(AntechamberError):
    """A file whose whole content cannot be read as the declared format: nothing of it is published."""


class RecipeError(AntechamberError):
    """A recipe that does not fit the data it was given."""


class CatalogError(AntechamberError):
    """A catalog that cannot be opened, read or written."""


class PublishError(AntechamberError):
    """A table that could not be written or committed: the last commit stands."""


class EngineError(AntechamberError):
    """An engine that could not be started, or could not work what it was given: nothing is published."""


class LeaseHeld(AntechamberError):
    """Another run of the same connector is under way."""


class AccountingError(AntechamberError):
    """A run that does not balance: nothing of it is published."""


class RawIdentities(AntechamberError):
    """Raw identities in columns that are declared as something else: nothing of the run is published."""


class QualityFailed(AntechamberError):
    """Quality rules that a run's records do not keep: nothing of the run is published. rules: each of them, with its
    columns and how many records were checked and failed; no value."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", rules: list[dict[str, Any]]) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.rules = rules

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "rules": self.rules}


class QueryRefused(AntechamberError):
    """A clean-room query that a rule does not allow."""


class QueryFailed(AntechamberError):
    """A clean-room query that was allowed and failed; says nothing about any value."""


class MissingExtra(AntechamberError):
    """A part that needs a package which is not installed."""

    def __init__(self, extra: str, *, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs packages that are not installed",
            remedy=f"pip install 'antechamber[{extra}]'",
        )


def sent(error: AntechamberError) -> dict[str, Any]:
    """An error as fields that can go to another process: see `received`."""
    plain = [kind.__name__ for kind in type(error).__mro__ if globals().get(kind.__name__) is kind]
    return {**AntechamberError.as_json(error), "kinds": plain}


def received(fields: Mapping[str, Any]) -> AntechamberError:
    """An error that another process `sent`: of its own name, and the nearest of its kinds that has no more fields."""
    kinds = (globals()[name] for name in fields["kinds"] if name in globals())
    kind = next(each for each in kinds if each.__init__ in (AntechamberError.__init__, MissingExtra.__init__))
    own: type[AntechamberError] = kind if kind.__name__ == fields["error"] else type(fields["error"], (kind,), {})
    error = own.__new__(own)
    AntechamberError.__init__(error, fields["what"], where=fields["where"], remedy=fields["remedy"])
    return error
