"""Analysis templates: a statement that was written down to be reviewed, with parameters for its literals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parameter:
    """A placeholder `:name` of a template.

    type: as AWS Clean Rooms names it (shape ParameterType), such as `INTEGER`, `VARCHAR` or `DATE`.
    default: the value where a query gives none, as text; None when a query must give one.
    """

    type: str
    default: str | None = None


@dataclass(frozen=True)
class Template:
    """An analysis template.

    name: its name in the collaboration.
    author: the member who made it.
    sql: the statement, in which `:name` stands for a literal and for nothing else.
    parameters: name → what may be given for it.
    arn: how AWS or a server of its API calls it; "" when nothing does. Rules may list a template by name or ARN.
    """

    name: str
    author: str
    sql: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    arn: str = ""
