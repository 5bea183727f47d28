"""What all declarations share: strict, immutable pydantic models, and the kinds of text they hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from antechamber.secrets import SCHEMES

NAME = re.compile(r"[a-z][a-z0-9_]{0,126}")
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
SECRET_REF = re.compile(rf"(?:{'|'.join(SCHEMES)}):\S(?:.*\S)?")


class Unknown(AttributeError):
    """Asked of a model that was read from a file with mistakes: the field's value is itself a mistake.

    Whoever checks such a model has nothing to say about what depends on that field.
    """


class Wrong(ValueError):
    """What a validator of a field says: what is wrong with the value, and the remedy."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


class Model(BaseModel):
    """A mapping of a YAML file: unknown keys are mistakes, values are not coerced behind the user's back."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            # Reached only for a field that is not there, which pydantic's own validation never leaves.
            if name in type(self).model_fields:
                raise Unknown(name)
            return super().__getattr__(name)


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise Wrong(
            f"{show(value)} is not a name that every catalog accepts",
            remedy="use lower-case letters, digits and _, beginning with a letter, at most 127 characters",
        )
    return value


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise Wrong(
            f"{show(value)} is not a name",
            remedy="use lower-case letters, digits, - and _ (the first no - or _), at most 100 characters",
        )
    return value


def _secret(value: str) -> str:
    if not SECRET_REF.fullmatch(value):
        # The text itself stays out of the message: it may be the secret that was pasted here.
        raise Wrong("not a secret reference", remedy="write one of " + ", ".join(f"{each}:…" for each in SCHEMES))
    return value


def show(value: object) -> str:
    """A value as a message shows it: one line, in quotes, at most 60 characters, nothing that moves the cursor."""
    text = value if isinstance(value, str) else str(value)
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text[:61])
    return f"'{text[:59]}…'" if len(text) > 60 else f"'{text}'"


Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]
"""A table's or column's name, as Iceberg, Glue and AWS Clean Rooms all accept it."""

Slug = Annotated[str, AfterValidator(_slug), WithJsonSchema({"type": "string", "pattern": f"^{SLUG.pattern}$"})]
"""A tenant's, connector's or collaboration's name."""

SecretRef = Annotated[
    str, AfterValidator(_secret), WithJsonSchema({"type": "string", "pattern": f"^{SECRET_REF.pattern}$"})
]
"""`env:NAME`, `file:path`, `aws-secretsmanager:name#key` or `aws-ssm:name`; never a secret itself."""

Text = Annotated[str, Field(min_length=1)]
"""Text that is there."""
