"""The HTTP server: cheroot's threads around the service, and the workspace that it serves."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antechamber.catalog import open_catalog
from antechamber.collaborate.api.accounts import Accounts, open_accounts
from antechamber.collaborate.api.call import QUOTAS, House
from antechamber.collaborate.api.contract import Contract
from antechamber.collaborate.api.results import Results
from antechamber.collaborate.api.runner import Runner
from antechamber.collaborate.api.service import Response, Service
from antechamber.collaborate.api.signature import Request
from antechamber.collaborate.api.state import State
from antechamber.collaborate.api.tables import WorkspaceTables
from antechamber.collaborate.engine import Limits
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError, MissingExtra

try:
    from cheroot.wsgi import Server as HttpServer
except ImportError:
    raise MissingExtra("cleanroom", needed_for="the clean room's server") from None

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

LARGEST_BODY = 4 * 2**20
"""Bytes of a request: AWS's longest SQL texts and rules are below one MiB."""

THREADS = 16
REGION = "us-east-1"

FOLDER = ".antechamber/cleanroom"
"""Where a workspace keeps the state of its clean room, and the keys of its accounts."""
ENDPOINT = "endpoint"
"""The file, beside the state, in which a server writes its URL for the clients of this workspace."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - looked up, not bound to

_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 402: "Payment Required", 403: "Forbidden"}


@dataclass
class Server:
    """A server of one workspace.

    credentials: the access keys, in the format of AWS's shared credentials file.
    """

    accounts: Accounts
    credentials: Path
    service: Service
    http: Any
    runner: Runner

    @property
    def endpoint(self) -> str:
        """The URL that clients on this machine take as their endpoint."""
        host, port = self.http.bind_addr[:2]
        return f"http://{ANY_ADDRESS.get(host, host)}:{port}"

    def serve(self) -> None:
        """Answer until `stop`."""
        self.http.serve()

    def stop(self) -> None:
        """Let requests under way end, stop queries, and close."""
        self.http.stop()
        self.runner.end()
        self.service.state.close()


def open_server(
    declared: Declarations,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    region: str = REGION,
    quotas: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.time,
) -> Server:
    """A server that listens; port 0 takes a free one.

    quotas: changes to AWS's defaults, by their names.
    limits: what a query may use.
    Raises AntechamberError when the port is taken, the workspace is served already, or a quota has no such name.
    """
    unknown = sorted(set(quotas or {}) - set(QUOTAS))
    if unknown:
        raise AntechamberError(
            f"there is no quota '{unknown[0]}'", where="--quota", remedy=f"use one of: {', '.join(QUOTAS)}"
        )
    folder = declared.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    state = State(folder / "state.db")
    try:
        credentials = folder / "credentials"
        accounts = open_accounts(declared.workspace, credentials, region)
        runner = Runner(state, clock)
        catalog = open_catalog(declared.workspace, declared.root)
        house = House(
            region,
            _key(state),
            WorkspaceTables(declared.workspace, catalog, accounts, folder, tuple(declared.connectors.values())),
            Results(declared.root / "results"),
            runner,
            limits or Limits(),
            {**QUOTAS, **(quotas or {})},
        )
        service = Service(Contract(), accounts, state, house, clock)
        http = HttpServer(
            (host, port),
            lambda environ, start: _wsgi(service, environ, start),
            numthreads=THREADS,
            request_queue_size=128,
            shutdown_timeout=5,
        )
        http.max_request_body_size = LARGEST_BODY
        _listen(http, host, port)
        runner.begin(house)
        server = Server(accounts, credentials, service, http, runner)
        (folder / ENDPOINT).write_text(server.endpoint)
    except BaseException:
        state.close()
        raise
    return server


def _listen(http: Any, host: str, port: int) -> None:
    try:
        http.prepare()
    except OSError as error:
        raise AntechamberError(
            f"the port cannot be listened on ({error.strerror or 'it is taken'})",
            where=f"{host}:{port}",
            remedy="give another --port, or 0 for a free one",
        ) from None


def _key(state: State) -> bytes:
    """The key of pagination tokens; tokens outlive a restart."""
    with state.writing(0) as shelf:
        shelf.connection.execute(
            "INSERT INTO facts (name, value) VALUES ('tokens', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(32),)
        )
        (text,) = shelf.connection.execute("SELECT value FROM facts WHERE name = 'tokens'").fetchone()
    return bytes.fromhex(text)


def _wsgi(service: Service, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
    path, _, query = environ["REQUEST_URI"].partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    request = Request(environ["REQUEST_METHOD"], path, query, headers, environ["wsgi.input"].read())
    response: Response = service.answer(request)
    length = [] if response.status == 204 else [("content-length", str(len(response.body)))]
    start(f"{response.status} {_REASONS.get(response.status, 'Error')}", [*response.headers.items(), *length])
    return [response.body]
