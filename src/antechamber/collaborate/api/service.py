"""The service: a request in, a response out. Who asks, what for, one transaction, an answer that the contract has."""

from __future__ import annotations

import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.accounts import Accounts
from antechamber.collaborate.api.call import Call, House
from antechamber.collaborate.api.contract import SERVICE, Contract, Operation
from antechamber.collaborate.api.left_out import LEFT_OUT
from antechamber.collaborate.api.operations import HANDLERS
from antechamber.collaborate.api.reading import read
from antechamber.collaborate.api.shapes import outgoing
from antechamber.collaborate.api.signature import Request, Scope, sender
from antechamber.collaborate.api.state import Shelf, State

_log = logging.getLogger(__name__)

_READS = ("Get", "List", "BatchGet", "Preview")


@dataclass(frozen=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Service:
    """All that a request needs.

    clock: seconds since 1970.
    """

    contract: Contract
    accounts: Accounts
    state: State
    house: House
    clock: Callable[[], float] = field(default=time.time)

    def answer(self, request: Request) -> Response:
        """The response to a request; never raises."""
        identifier = str(uuid.uuid4())
        try:
            return self._answer(request, identifier)
        except faults.Fault as fault:
            return self._failure(fault, identifier)
        except Exception as error:
            # Its text could quote what a member sent; where it happened cannot.
            where = traceback.extract_tb(error.__traceback__)[-1]
            name = type(error).__name__
            what = str(error) if type(error).__module__.endswith("api.shapes") else ""
            _log.error("request %s: %s at %s:%s %s", identifier, name, where.filename, where.lineno, what)
            return self._failure(faults.Fault("InternalServerException", "an unexpected fault"), identifier)

    def _answer(self, request: Request, identifier: str) -> Response:
        now = self.clock()
        moment = datetime.fromtimestamp(now, UTC)
        account = sender(request, self.accounts.keys, Scope(self.house.region, SERVICE), moment)
        found = self.contract.find(request.method, request.path)
        if found is None:
            raise faults.Fault("UnknownOperationException", "there is no such operation", status=404)
        operation, labels = found
        given = read(operation, labels, request)
        if operation.name in LEFT_OUT or operation.name not in HANDLERS:
            raise faults.denied(LEFT_OUT.get(operation.name, f"{operation.name} is newer than this server"))
        after: list[Callable[[], None]] = []
        reads = operation.name.startswith(_READS)
        transaction = self.state.reading if reads else self.state.writing
        with transaction(round(now, 3)) as shelf:
            body = self._carried_out(operation, account, given, shelf, after)
        for each in after:
            each()
        headers = {"x-amzn-requestid": identifier, "content-type": "application/json"}
        return Response(operation.success, headers, b"" if operation.success == 204 else body)

    def _carried_out(
        self, operation: Operation, account: str, given: dict[str, Any], shelf: Shelf, after: list[Callable[[], None]]
    ) -> bytes:
        """The body of the answer; checked within the transaction, so that a broken one changes nothing."""
        call = Call(operation.name, operation.errors, account, given, shelf, self.house, after)
        answer = HANDLERS[operation.name](call)
        return json.dumps(outgoing(answer, operation.output) if operation.output else {}).encode()

    def _failure(self, fault: faults.Fault, identifier: str) -> Response:
        status = fault.status or self.contract.statuses.get(fault.code, 500)
        body: dict[str, Any] = {"message": fault.message, **fault.fields}
        if fault.code in self.contract.statuses:
            body = outgoing(body, self.contract.shape(fault.code))
        headers = {
            "x-amzn-requestid": identifier,
            "x-amzn-errortype": fault.code,
            "content-type": "application/json",
        }
        return Response(status, headers, json.dumps(body).encode())
