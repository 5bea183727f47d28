"""Protected queries at work: a few threads, each with one query whose process it can stop."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from antechamber.collaborate.api import faults, populating, spending
from antechamber.collaborate.api.call import Call, Given, House
from antechamber.collaborate.api.families import intermediate
from antechamber.collaborate.api.families.queries import refusal_text
from antechamber.collaborate.api.receivers import output
from antechamber.collaborate.api.results import Prepared
from antechamber.collaborate.api.rooms import Question, question
from antechamber.collaborate.api.state import Row, Shelf, State
from antechamber.errors import QueryFailed, QueryRefused

WORKERS = 2
"""Queries that run at once: each uses all cores."""


@dataclass(frozen=True)
class _Failure(Exception):
    code: str
    message: str
    status: str = "FAILED"


class Runner:
    """Runs what was accepted. What a dead server left started is failed, what it left waiting is run."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopped: dict[str, threading.Event] = {}
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._house: House | None = None

    def begin(self, house: House) -> None:
        """Take up the work."""
        self._house = house
        house.results.sweep()
        self._recover(house)
        with self._state.reading(self._clock()) as shelf:
            held = {row.get("held") for kind in ("intermediate", "id_mapping_table") for row in shelf.all(kind)}
        house.tables.sweep(held)
        for number in range(WORKERS):
            thread = threading.Thread(target=self._work, name=f"query-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        """Stop what runs; it is failed, and what waits is run by the next server."""
        self._closing.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def started(self, query: str) -> None:
        """A query was accepted."""
        self._waiting.put(query)

    def cancelled(self, query: str) -> None:
        """A query is to be stopped."""
        event = self._stopped.get(query)
        if event is not None:
            event.set()

    def mapping(self, table: str) -> None:
        """An ID mapping table is to be populated."""
        self._waiting.put(table)

    def _recover(self, house: House) -> None:
        with self._state.writing(self._clock()) as shelf:
            for row in shelf.all("query", status="STARTED"):
                for s3 in row.get("places", {}).values():
                    # It may have become visible just before the server died, without having been told.
                    house.results.discard(house.results.place(s3, row.id))
                _fail(
                    shelf, row, _Failure("SERVER_STOPPED", "the server stopped while the query ran: start it again")
                )
                intermediate.failed(shelf, row)
            for row in shelf.all("query", status="CANCELLING"):
                shelf.change(row, {"ended": shelf.now}, status="CANCELLED")
                intermediate.failed(shelf, row)
            for row in shelf.all("query", status="SUBMITTED"):
                self._waiting.put(row.id)
            for row in shelf.all("id_mapping_table", status=populating.RUNNING):
                self._waiting.put(row.id)

    def _work(self) -> None:
        while (query := self._waiting.get()) is not None:
            if self._closing.is_set():
                continue
            self._stopped[query] = threading.Event()
            try:
                self._run(query)
            finally:
                del self._stopped[query]

    def _run(self, query: str) -> None:
        house = self._house
        assert house is not None  # noqa: S101 - threads begin with it
        with self._state.writing(self._clock()) as shelf:
            row = shelf.find("query", query)
            mapping = row is None and shelf.find("id_mapping_table", query) is not None
            if row is not None and row.status == "SUBMITTED":
                row = shelf.change(row, {"started": shelf.now}, status="STARTED")
            else:
                row = None
        if mapping:
            limits = replace(house.limits, stopped=self._closing.is_set)
            populating.populate(house, self._state, self._clock, query, limits)
        if row is None:
            return
        prepared: list[Prepared] = []
        try:
            asked, table = self._answer(house, row)
            places: Mapping[str, Any] = row.get("places", {})
            prepared += [house.results.prepare(table, s3, query) for s3 in places.values()]
            self._finish(house, row, asked, table, prepared)
        except _Failure as failure:
            self._failed(house, query, failure, prepared)
        except OSError as error:
            # Its text would name a place of this machine.
            unwritten = _Failure("RESULT_NOT_WRITTEN", f"the result cannot be written ({error.strerror})")
            self._failed(house, query, unwritten, prepared)
        except Exception as error:
            # Its text could hold a value of the data.
            unexpected = _Failure("INTERNAL_ERROR", f"an unexpected fault of the server ({type(error).__name__})")
            self._failed(house, query, unexpected, prepared)

    def _failed(self, house: House, query: str, failure: _Failure, prepared: list[Prepared]) -> None:
        for each in prepared:
            house.results.discard(each.hidden)
        with self._state.writing(self._clock()) as shelf:
            row = shelf.held("query", query)
            if row.status == "CANCELLING":
                shelf.change(row, {"ended": shelf.now}, status="CANCELLED")
            else:
                _fail(shelf, row, failure)
            intermediate.failed(shelf, row)

    def _answer(self, house: House, row: Row) -> tuple[Question, pa.Table]:
        """The question as the rules have it now, and its rows. Raises _Failure."""
        began = time.monotonic()
        stopped = self._stopped[row.id]
        limits = replace(house.limits, stopped=lambda: stopped.is_set() or self._closing.is_set())
        try:
            with self._state.reading(self._clock()) as shelf:
                collaboration = shelf.held("collaboration", row.collaboration)
                call = _call(shelf, house, row)
                asked = question(call, collaboration, _sql(row), limits, lambda *paid: self._pay(house, row, *paid))
            receivers: list[str] = list(row.get("places", {}))
            for receiver in receivers[1:]:
                asked.room.explain(
                    asked.sql,
                    member=row.account,
                    receiver=receiver,
                    parameters=asked.parameters,
                    template=asked.template,
                )
            if "version" in row.document:
                return asked, intermediate.answer(asked, row.account)
            answer = asked.room.answer(
                asked.sql,
                member=row.account,
                receiver=receivers[0] if receivers else None,
                parameters=asked.parameters,
                template=asked.template,
            )
        except faults.Fault as fault:
            raise _Failure("INVALID_QUERY", fault.message) from None
        except QueryRefused as error:
            raise _Failure("INVALID_QUERY", refusal_text(error)) from None
        except QueryFailed as error:
            late = time.monotonic() - began >= house.limits.seconds
            status = "TIMED_OUT" if late and not stopped.is_set() else "FAILED"
            raise _Failure("QUERY_FAILED", refusal_text(error), status) from None
        return asked, answer.table

    def _pay(self, house: House, row: Row, template: Row, epsilon: float) -> None:
        """Take an epsilon for a query; on disk when this returns. Raises Fault when less is left."""
        with self._state.writing(self._clock()) as shelf:
            # As it is by now: it may have been raised, or taken away.
            current = shelf.find("budget_template", template.id)
            if current is None:
                raise faults.invalid("the privacy budget is gone", reason="INVALID_QUERY")
            spending.pay(_call(shelf, house, row), current, row.id, epsilon)

    def _finish(self, house: House, row: Row, asked: Question, table: pa.Table, prepared: list[Prepared]) -> None:
        with self._state.writing(self._clock()) as shelf:
            now = shelf.held("query", row.id)
            if now.status != "STARTED":
                raise _Failure("CANCELLED", "the query was cancelled")
            call = _call(shelf, house, row)
            document: Given = {"ended": shelf.now}
            if "version" in row.document:
                intermediate.populated(call, row, asked, table)
            else:
                document["result"] = {"output": _told(call, row)}
            for each in prepared:
                house.results.publish(each)
            shelf.change(now, document, status="SUCCESS")
        for later in call.after:
            later()


def _told(call: Call, row: Row) -> Given:
    own = call.shelf.held("membership", row.membership)
    return output(call, own, row["resultConfiguration"], row.id, row["places"])


def _fail(shelf: Shelf, row: Row, failure: _Failure) -> None:
    error = {"code": failure.code, "message": failure.message}
    shelf.change(row, {"ended": shelf.now, "error": error}, status=failure.status)


def _sql(row: Row) -> Mapping[str, Any]:
    sql: Mapping[str, Any] = row["sqlParameters"]
    return sql


def _call(shelf: Shelf, house: House, row: Row) -> Call:
    return Call("StartProtectedQuery", frozenset({"ResourceNotFoundException"}), row.account, {}, shelf, house)
