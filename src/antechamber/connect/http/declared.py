"""The `source:` block of type http: where records are asked for, how pages follow each other, who asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from antechamber.declare.model import Model, SecretRef, Text
from antechamber.declare.source import SourceModel

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector
    from antechamber.declare.mistake import Mistake


class Bearer(Model):
    """A token in the header Authorization (RFC 6750)."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a way to authenticate"}

    type: Literal["bearer"]
    """This way."""
    token: SecretRef
    """The token."""


class Basic(Model):
    """A user and a password (RFC 7617)."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a way to authenticate"}

    type: Literal["basic"]
    """This way."""
    user: SecretRef
    """The user's name."""
    password: SecretRef
    """The password; for services that take a key as the user's name, a reference to an empty text."""


class ApiKey(Model):
    """Keys in headers or in the query."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a way to authenticate"}

    type: Literal["api-key"]
    """This way."""
    headers: dict[Text, SecretRef] = Field(default_factory=dict)
    """Header → key."""
    params: dict[Text, SecretRef] = Field(default_factory=dict)
    """Query parameter → key."""


class OAuth2(Model):
    """A token that a token server gives out (RFC 6749), renewed before it expires and once when it is refused."""

    NOUNS: ClassVar[dict[str, str]] = {
        "type": "a way to authenticate",
        "send": "a place for the client's credentials",
    }

    type: Literal["oauth2"]
    """This way."""
    token_url: Text
    """The token server's address."""
    client_id: SecretRef
    """The client's id."""
    client_secret: SecretRef | None = None
    """The client's secret; a public client has none."""
    refresh_token: SecretRef | None = None
    """When given, the grant is `refresh_token`; else `client_credentials`."""
    scope: Text | None = None
    """Scopes, separated by spaces."""
    params: dict[Text, str] = Field(default_factory=dict)
    """What the token server wants besides, such as `audience`."""
    send: Literal["basic", "body"] = "basic"
    """Where the client's id and secret go: into the header Authorization, or into the body."""


class _Ends(Model):
    """What tells that there is no further page. An answer without records ends pages that are counted."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a style of pages", "into": "a place for a page's parameters"}

    more: Text | None = None
    """Where the answer says whether there are more pages (true or false)."""
    total: Text | None = None
    """Where the answer says how many records there are; a source that ends before them is an error."""


class _Sized(_Ends):
    size: Annotated[int, Field(ge=1)] | None = None
    """How many records to ask for at a time."""
    short: bool = False
    """Whether an answer with fewer records than `size` is the last."""
    into: Literal["query", "body"] = "query"
    """Where the parameters go; into a body by the path of their field."""


class PageNumber(_Sized):
    """Pages with numbers."""

    type: Literal["page"]
    """This style."""
    param: Text = "page"
    """The parameter of the number."""
    first: Annotated[int, Field(ge=0)] = 1
    """The first page's number."""
    size_param: Text | None = None
    """The parameter of `size`."""
    last: Text | None = None
    """Where the answer says the last page's number (or how many pages there are, when `first` is 1)."""


class Offset(_Sized):
    """Pages by the number of records before them."""

    type: Literal["offset"]
    """This style."""
    param: Text = "offset"
    """The parameter of the number of records to pass over."""
    first: Annotated[int, Field(ge=0)] = 0
    """The first record's number."""
    size_param: Text = "limit"
    """The parameter of `size`."""


class CursorPages(_Ends):
    """Each answer holds a cursor that the next request gives back."""

    type: Literal["cursor"]
    """This style."""
    param: Text = "cursor"
    """The parameter of the cursor."""
    path: Text | None = None
    """Where the answer holds the cursor; no or an empty cursor is the end."""
    header: Text | None = None
    """The header that holds it, in place of `path`."""
    into: Literal["query", "body"] = "query"
    """Where the cursor goes; into a body by the path of its field."""


class NextUrl(_Ends):
    """Each answer holds the next page's URL."""

    type: Literal["next"]
    """This style."""
    path: Text
    """Where the answer holds it; no or an empty URL is the end."""


class LinkHeader(_Ends):
    """Each answer names the next page's URL in its header Link (RFC 8288), with `rel="next"`."""

    type: Literal["link"]
    """This style."""


class Cursor(Model):
    """A field of the records that grows: a run reads only records that may have changed since the last."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of cursor", "into": "a place for the cursor's parameters"}

    field: Text
    """The field, or its path."""
    type: Literal["timestamp", "date", "epoch", "epoch-ms", "number"] = "timestamp"
    """What it holds: a time or date as text, seconds or milliseconds since 1970, or a number that grows."""
    param: Text | None = None
    """The parameter of the value to read from. `{from}` in `url`, `params` or `body` stands for it as well."""
    until: Text | None = None
    """windows: the parameter of the value to read to. `{until}` stands for it as well."""
    into: Literal["query", "body"] = "query"
    """Where the parameters go; into a body by the path of their field."""
    format: Text | None = None
    """timestamp, date: how the records write it, as strptime formats; ISO 8601 when absent. No zone is UTC."""
    send: Text | None = None
    """timestamp, date: how the service wants to be told it, as strftime formats; ISO 8601 in UTC when absent."""
    start: Text | None = None
    """The value to read from when nothing was read before; when absent, everything is read."""
    exclusive: bool = False
    """Whether the service gives only records behind the value that it is told, and not those at it."""
    lateness: Annotated[float, Field(ge=0)] = 0.0
    """How far before the last value a run reads again: seconds for a time, days for a date, units for a number."""
    windows: Annotated[float, Field(gt=0)] | None = None
    """Days: times are asked for in windows of this length, which are read in parallel."""
    remember: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """How many records at the last value (and within `lateness` of it) are remembered by their digests, so that they
    are not read twice. If there are more, an upsert reads them again; for an append it is an error."""


class HttpSource(SourceModel):
    """A service that answers HTTP requests with records."""

    NOUNS: ClassVar[dict[str, str]] = {"method": "a method that reads", "format": "a format of answers"}

    type: Literal["http"]
    """This source."""
    url: Text
    """Where the records are: `https://…`; `http://` on this machine only. Parameters go to `params`."""
    method: Literal["GET", "POST"] = "GET"
    """How they are asked for. A request may be sent again: it must only read."""
    params: dict[Text, Any] = Field(default_factory=dict)
    """Query parameters: texts, numbers, true or false, or lists of them."""
    headers: dict[Text, str] = Field(default_factory=dict)
    """Headers; those that hold secrets belong to `auth`."""
    body: dict[Text, Any] | None = None
    """POST: the JSON to send."""
    auth: Annotated[Bearer | Basic | ApiKey | OAuth2, Field(discriminator="type")] | None = None
    """Who asks."""
    format: Literal["json", "jsonl", "csv"] = "json"
    """What an answer is."""
    records: Text | None = None
    """json: the path of the array of records: `data.items`. When absent the answer itself is the array."""
    null: tuple[str, ...] = ("",)
    """Texts that mean 'no value'."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    """csv: the character between values. The first line names the columns."""
    pages: Annotated[PageNumber | Offset | CursorPages | NextUrl | LinkHeader, Field(discriminator="type")] | None = (
        None
    )
    """How pages follow each other; when absent the first answer is all."""
    cursor: Cursor | None = None
    """A field that grows, for reading only what changed."""
    for_each: dict[Text, tuple[Text, ...]] = Field(default_factory=dict)
    """Name → values: everything is asked for with each value (each combination, when there are several names) in the
    place of `{name}` in `url`, `params` and `body`. They are read in parallel."""
    hosts: tuple[Text, ...] = ()
    """Other hosts (`host` or `host:port`) that next pages and redirects may lead to. Only next pages carry the
    credentials there."""
    rate: Annotated[float, Field(gt=0)] | None = None
    """Requests a second, all parts together."""
    timeout: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Seconds that the service may be silent."""
    retries: Annotated[int, Field(ge=0, le=100)] = 8
    """How often one request is sent again after a fault that may pass."""
    patience: Annotated[float, Field(ge=0, le=86400)] = 600.0
    """Seconds that the service may ask a run to wait (Retry-After) before one request."""
    max_pages: Annotated[int, Field(ge=1)] = 100_000
    """More pages than these, of one part, are an error."""
    max_page_mb: Annotated[int, Field(ge=1, le=1024)] = 64
    """A larger answer is an error; answers are held in memory, one a part at a time."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        # Imported here: the rules need what a declaration is made of, which needs this model.
        from antechamber.connect.http.rules import rules

        return rules(self, connector)
