"""Asking a clean room through its API: a query or a template, waited for, and its answer fetched."""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from antechamber.collaborate.share.clients import FAULTS, ClientError, Clients, told
from antechamber.collaborate.share.found import joined
from antechamber.declare import Declarations
from antechamber.errors import QueryFailed, QueryRefused

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 2.0
OVER = ("SUCCESS", "FAILED", "CANCELLED", "TIMED_OUT")
PASSING = "antechamber-answers"
"""The bucket of a local clean room in which answers lie for the moment in which they are fetched."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is asked.

    sql: a statement, or None for a template. template: its name. parameters: name → value, as text.
    member: who asks. receiver: for whom the answer is; whoever may have it when None, first of all who asks.
    """

    member: str
    sql: str | None = None
    template: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    receiver: str | None = None


@dataclass(frozen=True)
class Answered:
    """What came of it.

    table: the answer; None when it is another member's. receiver: whose it is. location: where it lies, "" when it
    was fetched and is not kept. seconds: how long the clean room took.
    """

    table: pa.Table | None
    receiver: str
    location: str
    seconds: float


def ask(
    declared: Declarations, name: str, asked: Asked, clients: Clients, tell: Tell = lambda status: None
) -> Answered:
    """Ask, wait and fetch. tell: is given each new status.

    Interrupted, it cancels the query. Raises QueryRefused when a rule, a right or a budget forbids it, QueryFailed
    when it was allowed and failed, AntechamberError when the API cannot be reached.
    """
    members = declared.collaborations[name].members
    if asked.member not in members:
        raise QueryRefused(f"'{asked.member}' is not a member", where=name, remedy=f"members: {', '.join(members)}")
    seat, templates = joined(declared, name, asked.member, clients, templates=asked.template is not None)
    if seat is None:
        raise QueryRefused(
            f"{asked.member} has not joined the collaboration", where=name, remedy=f"antechamber share {name}"
        )
    return _Question(declared, name, asked, clients, seat, templates, tell).answered()


@dataclass
class _Question:
    declared: Declarations
    name: str
    asked: Asked
    clients: Clients
    membership: str
    templates: Mapping[str, str]
    tell: Tell

    def answered(self) -> Answered:
        api = self.clients.of(self.asked.member)
        receiver = self._receiver()
        try:
            started = api.start_protected_query(
                type="SQL",
                membershipIdentifier=self.membership,
                sqlParameters=self._parameters(),
                resultConfiguration={"outputConfiguration": self._output(receiver)},
            )["protectedQuery"]
        except ClientError as error:
            said = error.response["Error"]
            place = "" if said["Code"] == "ValidationException" else said["Code"]
            raise QueryRefused(self._with_names(said["Message"]), where=place) from None
        except FAULTS as error:
            raise told(error, where=f"collaboration {self.name}") from None
        over = self._over(api, started)
        if over["status"] != "SUCCESS":
            why = over.get("error", {}).get("message", over["status"].lower().replace("_", " "))
            raise QueryFailed(self._with_names(why), where=f"collaboration {self.name}")
        seconds = over.get("statistics", {}).get("totalDurationInMillis", 0) / 1000
        place = over.get("result", {}).get("output", {}).get("s3", {}).get("location", "")
        if receiver != self.asked.member:
            return Answered(None, receiver, place, seconds)
        table = self._fetched(place)
        return Answered(table, receiver, place if self._kept(receiver) or table is None else "", seconds)

    def _with_names(self, text: str) -> str:
        """A message in which members stand for their accounts."""
        for name, account in self.clients.accounts.items():
            text = text.replace(account, name)
        return text

    def _receiver(self) -> str:
        members = self.declared.collaborations[self.name].members
        if self.asked.receiver is not None:
            return self.asked.receiver
        able = [name for name, member in members.items() if "receive" in member.abilities]
        return self.asked.member if self.asked.member in able or not able else able[0]

    def _parameters(self) -> Mapping[str, Any]:
        if self.asked.template is None:
            return {"queryString": self.asked.sql}
        arn = self.templates.get(self.asked.template)
        if arn is None:
            known = ", ".join(sorted(self.templates)) or "there is none"
            raise QueryRefused(
                f"there is no template '{self.asked.template}'", where=self.name, remedy=f"use one of: {known}"
            )
        given = {"parameters": dict(self.asked.parameters)} if self.asked.parameters else {}
        return {"analysisTemplateArn": arn, **given}

    def _kept(self, receiver: str) -> str | None:
        return self.declared.collaborations[self.name].members[receiver].results

    def _output(self, receiver: str) -> Mapping[str, Any]:
        if receiver not in self.clients.accounts:
            raise QueryRefused(f"'{receiver}' is not a member", where=self.name, remedy="name another with --for")
        if receiver != self.asked.member:
            return {"member": {"accountId": self.clients.accounts[receiver]}}
        place = self._kept(receiver) or (f"s3://{PASSING}/{self.name}" if self.clients.local else None)
        if place is None:
            raise QueryRefused(
                "it is not said where answers go",
                where=self.declared.place("collaboration", self.name, "members", receiver),
                remedy="add results: s3://bucket/prefix",
            )
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        s3 = {"resultFormat": "PARQUET", "bucket": bucket, "singleFileOutput": True}
        return {"s3": s3 | ({"keyPrefix": prefix.rstrip("/")} if prefix else {})}

    def _over(self, api: Any, query: Mapping[str, Any]) -> Mapping[str, Any]:
        status, pause = "", FIRST_PAUSE_S
        given = {"membershipIdentifier": self.membership, "protectedQueryIdentifier": query["id"]}
        try:
            while query["status"] not in OVER:
                if query["status"] != status:
                    status = str(query["status"])
                    self.tell(status)
                time.sleep(pause)
                pause = min(pause * 1.5, LONGEST_PAUSE_S)
                query = api.get_protected_query(**given)["protectedQuery"]
        except KeyboardInterrupt:
            with suppress(*FAULTS):
                api.update_protected_query(**given, targetStatus="CANCELLED")
            raise
        except FAULTS as error:
            raise told(error, where=f"collaboration {self.name}") from None
        return query

    def _fetched(self, place: str) -> pa.Table | None:
        """The answer. None where its place cannot be read from here, as another machine's."""
        bucket, _, key = place.removeprefix("s3://").partition("/")
        if not self.clients.local:
            s3 = self.clients.of(self.asked.member, "s3")
            try:
                keys = list(_objects(s3, bucket, key))
                parts = [s3.get_object(Bucket=bucket, Key=each)["Body"].read() for each in keys]
            except FAULTS as error:
                raise told(error, where=place) from None
            return pa.concat_tables([pyarrow.parquet.read_table(io.BytesIO(part)) for part in parts])
        folder = self.declared.root / "results" / bucket
        path = folder / key
        if not path.exists():
            return None
        table = pyarrow.parquet.read_table(path)
        if bucket == PASSING:
            _remove(path)
        return table


def _objects(s3: Any, bucket: str, key: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        yield from (each["Key"] for each in page.get("Contents", ()))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
