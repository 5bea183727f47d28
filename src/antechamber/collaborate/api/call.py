"""A call: one operation, asked by one account, within one transaction; and the house it is asked in."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
from pyiceberg.table import Table

from antechamber.collaborate.api import arns, faults
from antechamber.collaborate.api.results import Results
from antechamber.collaborate.api.state import Row, Shelf, Taken
from antechamber.collaborate.engine import Limits
from antechamber.collaborate.hive import ReadTable
from antechamber.collaborate.matching import Namespace

Given = dict[str, Any]
Handler = Callable[["Call"], Given]

LARGEST_PAGE = 100

MOST_TAGS = 50
"""Tags that a resource can have (AWS general reference, *Tag naming limits and requirements*)."""

# The defaults of AWS (user guide, *AWS Clean Rooms quotas*).
QUOTAS: Mapping[str, int] = {
    "Analysis templates per membership": 25,
    "Collaborations created per account": 10,
    "Columns per configured table allowlist": 100,
    "Concurrent ongoing queries per membership": 5,
    "Configured tables per account": 250,
    "Configured tables per protected query": 15,
    "ID mapping tables per membership": 5,
    "ID namespace associations per membership": 10,
    "Members invited per collaboration": 5,
    "Memberships per account": 100,
    "Table associations per membership": 100,
}


@dataclass(frozen=True)
class Relation:
    """A table of the workspace as the API shows it: column → type, in order; those that it is partitioned by."""

    columns: Mapping[str, str]
    partitions: tuple[str, ...] = ()


class Tables(Protocol):
    """Where references to tables are looked up."""

    def relation(self, account: str, reference: Mapping[str, Any]) -> Relation | None:
        """The table that an account's reference names; None when only a service elsewhere knows it.

        Raises Fault when the reference is to this workspace and there is no such table of this account.
        """

    def table(self, account: str, reference: Mapping[str, Any]) -> ReadTable | None:
        """The table itself; None when this server cannot read it, or there is none of this account.

        Raises QueryFailed when it is of a kind that is not read here.
        """

    def kept(self, row: Row) -> Table | None:
        """The rows of an ID mapping table or of an intermediate table, or None when there are none."""

    def namespace(self, account: str, name: str) -> Namespace | None:
        """The ID namespace that a tenant of this account declares, or None."""

    def keep(self, version: str, rows: pa.Table) -> None:
        """Keep the rows of a version of an intermediate table or of an ID mapping table."""

    def drop(self, version: str) -> None:
        """Forget the rows of a version."""

    def sweep(self, held: Collection[str | None]) -> None:
        """Forget the rows of all versions but these."""


class Work(Protocol):
    """What goes on after a call was answered."""

    def started(self, query: str) -> None:
        """A protected query was accepted."""

    def cancelled(self, query: str) -> None:
        """A protected query is to be stopped."""

    def mapping(self, table: str) -> None:
        """An ID mapping table is to be populated."""


@dataclass(frozen=True)
class House:
    """What all calls share.

    key: signs pagination tokens; kept with the state.
    limits: what a query may use.
    """

    region: str
    key: bytes
    tables: Tables
    results: Results
    work: Work
    limits: Limits = field(default_factory=Limits)
    quotas: Mapping[str, int] = field(default_factory=lambda: QUOTAS)


@dataclass(frozen=True)
class Call:
    """One call.

    errors: the codes that the operation may answer with.
    given: its input, checked against its shape.
    after: what to do once the transaction is on disk.
    """

    operation: str
    errors: frozenset[str]
    account: str
    given: Given
    shelf: Shelf
    house: House
    after: list[Callable[[], None]] = field(default_factory=list)

    @property
    def now(self) -> float:
        """The call's time, in seconds since 1970."""
        return self.shelf.now

    def arn(self, row: Row) -> str:
        """The ARN of a row."""
        return arns.arn(row, self.house.region)

    def missing(self, kind: str, identifier: str) -> faults.Fault:
        """What is said of a thing that is not there for this account, in the words that the operation has for it."""
        if "ResourceNotFoundException" in self.errors:
            return faults.missing(kind, identifier)
        return faults.denied("the account has no access to what it asked for")

    def add(self, kind: str, document: Mapping[str, Any], **columns: str | None) -> Row:
        """A new row of the caller, with the tags that were given. Raises Fault when its name is taken."""
        try:
            row = self.shelf.add(kind, self.account, document, **columns)
        except Taken as taken:
            raise already(taken.by) from None
        tag(self, row, self.given.get("tags", {}))
        return row

    def change(self, row: Row, document: Mapping[str, Any], **columns: str | None) -> Row:
        """A row changed. Raises Fault when its new name is taken."""
        try:
            return self.shelf.change(row, document, **columns)
        except Taken as taken:
            raise already(taken.by) from None

    def within(self, quota: str, used: int) -> None:
        """Raises Fault when one more would be too many."""
        most = self.house.quotas[quota]
        if used >= most:
            raise faults.exceeded(quota, most)

    def page(self, name: str, show: Callable[[Row], Given], where: str, *parameters: Any) -> Given:
        """One page of an answer that lists: {name: […], nextToken}.

        where: an SQL condition over `resources`, with its parameters.
        """
        most = min(self.given.get("maxResults", LARGEST_PAGE), LARGEST_PAGE)
        rows = self.shelf.some(where, parameters, self._after(), most + 1)
        answer: Given = {name: [show(row) for row in rows[:most]]}
        if len(rows) > most:
            answer["nextToken"] = self._token(rows[most - 1].sequence)
        return answer

    def slice(self, name: str, items: list[Given]) -> Given:
        """One page of a list that is short and computed."""
        most = min(self.given.get("maxResults", LARGEST_PAGE), LARGEST_PAGE)
        start = self._after()
        answer: Given = {name: items[start : start + most]}
        if len(items) > start + most:
            answer["nextToken"] = self._token(start + most)
        return answer

    def _after(self) -> int:
        token = self.given.get("nextToken")
        if token is None:
            return 0
        with contextlib.suppress(ValueError):
            place, sealed = base64.urlsafe_b64decode(token.encode()).split(b".", 1)
            if place.isdigit() and hmac.compare_digest(self._seal(int(place)), sealed):
                return int(place)
        raise faults.invalid(
            "the pagination token is not one that this list gave", ("nextToken", "is not a token of this list")
        )

    def _token(self, place: int) -> str:
        return base64.urlsafe_b64encode(b"%d.%b" % (place, self._seal(place))).decode()

    def _seal(self, place: int) -> bytes:
        """Binds a token to the account, the operation and what it was asked for."""
        asked = {name: value for name, value in self.given.items() if name not in ("nextToken", "maxResults")}
        text = json.dumps([place, self.account, self.operation, asked], sort_keys=True)
        return hmac.digest(self.house.key, text.encode(), "sha256")


def already(row: Row) -> faults.Fault:
    """The conflict with a row that has the name."""
    kinds = {
        "collaboration": "COLLABORATION",
        "membership": "MEMBERSHIP",
        "member": "COLLABORATION",
        "configured_table": "CONFIGURED_TABLE",
        "table_rule": "CONFIGURED_TABLE",
        "association": "CONFIGURED_TABLE_ASSOCIATION",
        "association_rule": "CONFIGURED_TABLE_ASSOCIATION",
    }
    return faults.conflict(
        "there is one already, and there can be only one",
        reason="ALREADY_EXISTS",
        kind=kinds.get(row.kind, "MEMBERSHIP"),
        identifier=row.id,
    )


def tag(call: Call, row: Row, tags: Mapping[str, str]) -> None:
    """Give a row tags; a key that it has gets the new value. Raises Fault."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise faults.invalid("tags that begin with aws: are AWS's own", ("tags", "must not begin with aws:"))
    call.shelf.connection.executemany(
        "INSERT INTO tags (resource, key, value) VALUES (?, ?, ?)"
        " ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value",
        [(row.id, key, value) for key, value in tags.items()],
    )
    if len(tags_of(call, row)) > MOST_TAGS:
        raise faults.invalid(
            f"a resource has at most {MOST_TAGS} tags", ("tags", f"must leave at most {MOST_TAGS} tags")
        )


def tags_of(call: Call, row: Row) -> dict[str, str]:
    """The tags of a row, by key."""
    found = call.shelf.connection.execute("SELECT key, value FROM tags WHERE resource = ? ORDER BY key", (row.id,))
    return dict(found.fetchall())


def only(given: Given, *names: str) -> Given:
    """The members of these names that were given."""
    return {name: given[name] for name in names if name in given}


def shown(row: Row, *names: str) -> Given:
    """The members of a row's document of these names, where they are set."""
    return {name: row[name] for name in names if row.get(name) is not None}


def times(row: Row) -> Given:
    """`createTime` and `updateTime`."""
    return {"createTime": row.created, "updateTime": row.updated}
