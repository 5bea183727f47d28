"""The API as each tenant sees it: on AWS by its profile, or a local clean room by the keys that its server made."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from antechamber.collaborate.api import open_server
from antechamber.collaborate.api.accounts import account_of
from antechamber.collaborate.api.server import ENDPOINT, FOLDER
from antechamber.collaborate.api.state import ServedAlready
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError, MissingExtra

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session
except ImportError:
    raise MissingExtra("cleanroom", needed_for="sharing with a clean room") from None

__all__ = ["ClientError", "Clients", "clients", "told"]


@dataclass(frozen=True)
class Clients:
    """A client of the API for each tenant.

    accounts: member → account, of all members of all collaborations. local: whether it is a local clean room.
    """

    accounts: Mapping[str, str]
    region: str
    local: bool
    _sessions: Mapping[str, Session]
    _endpoint: str | None

    def of(self, tenant: str, service: str = "cleanrooms") -> Any:
        """The client of a tenant. service: another one of AWS's."""
        session = self._sessions[tenant]
        return session.create_client(
            service,
            region_name=self.region,
            endpoint_url=self._endpoint if service == "cleanrooms" else None,
            config=Config(retries={"mode": "standard", "max_attempts": 5}, user_agent_extra="antechamber"),
        )


@contextmanager
def clients(declared: Declarations) -> Iterator[Clients]:
    """The clients of a workspace. A local clean room that nobody serves is served here as long as it is used.

    Raises AntechamberError when an account is not known or the clean room cannot be reached.
    """
    room = declared.workspace.cleanroom
    with ExitStack() as stack:
        if room.type == "local":
            endpoint = room.endpoint or stack.enter_context(_served(declared))
            credentials = declared.root / FOLDER / "credentials"
            sessions = {tenant: Session(profile=tenant) for tenant in declared.workspace.tenants}
            for session in sessions.values():
                session.set_config_variable("credentials_file", str(credentials))
        else:
            endpoint = room.endpoint or ""
            sessions = {tenant: Session(profile=said.profile) for tenant, said in declared.workspace.tenants.items()}
        yield Clients(_accounts(declared), room.region, room.type == "local", sessions, endpoint or None)


def told(error: Exception, *, where: str) -> AntechamberError:
    """What the API said, as an error of ours."""
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        what = f"{error.operation_name}: {said.get('Code', 'error')}: {said.get('Message', '')}"
        fields = [f"{each['name']}: {each['message']}" for each in error.response.get("fieldList", ())]
        return AntechamberError(
            "; ".join([what, *fields]), where=where, remedy="run antechamber share again after it"
        )
    return AntechamberError(
        f"the API cannot be reached ({type(error).__name__})",
        where=where,
        remedy="check cleanroom: in antechamber.yaml, the profile of the tenant, and the network",
    )


FAULTS = (BotoCoreError, ClientError)


@contextmanager
def _served(declared: Declarations) -> Iterator[str]:
    try:
        server = open_server(declared, region=declared.workspace.cleanroom.region)
    except ServedAlready:
        # Another process holds the state; its server is the one to ask.
        yield (declared.root / FOLDER / ENDPOINT).read_text().strip()
        return
    thread = threading.Thread(target=server.serve, name="cleanroom", daemon=True)
    thread.start()
    try:
        yield server.endpoint
    finally:
        server.stop()
        thread.join()


def _accounts(declared: Declarations) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, tenant in declared.workspace.tenants.items():
        if declared.workspace.cleanroom.type == "aws" and tenant.account is None:
            raise AntechamberError(
                "the tenant's AWS account is not declared",
                where=declared.place("workspace", "", "tenants", name),
                remedy='add account: "123456789012"',
            )
        found[name] = account_of(declared.workspace, name)
    for room in declared.collaborations.values():
        found |= {name: member.account for name, member in room.members.items() if member.account is not None}
    return found
