"""`antechamber serve`: servers that others talk to."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from antechamber.cli.say import HERE, JsonOption, WorkspaceOption, out, print_json
from antechamber.declare import load_workspace
from antechamber.errors import AntechamberError
from antechamber.operate.log import set_up

serve = typer.Typer(help="Serve what others talk to.", no_args_is_help=True)


@serve.command()
def cleanroom(
    workspace: WorkspaceOption = HERE,
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65535)] = 8780,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    region: Annotated[str, typer.Option(help="The region that ARNs name and requests are signed for.")] = "us-east-1",
    quota: Annotated[
        list[str] | None, typer.Option(help="Change a quota of AWS's: 'Collaborations created per account=100'.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Speak the AWS Clean Rooms API to boto3 and the aws CLI: each tenant is an account."""
    set_up("warning")
    declared = load_workspace(workspace)
    # Imported here: it needs an extra, and takes its time.
    from antechamber.collaborate.api import open_server

    server = open_server(declared, host=host, port=port, region=region, quotas=_quotas(quota or []))
    if json:
        accounts = {tenant: account for account, tenant in server.accounts.tenants.items()}
        print_json({"endpoint": server.endpoint, "credentials": str(server.credentials), "accounts": accounts})
        typer.get_text_stream("stdout").flush()
    else:
        _tell(server.endpoint, server.credentials, server.accounts.tenants)
    # A service manager's stop is an orderly one.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()


def _tell(endpoint: str, credentials: Path, tenants: Mapping[str, str]) -> None:
    out.print(f"AWS Clean Rooms API at {endpoint}, until Ctrl-C", markup=False)
    for account, tenant in tenants.items():
        out.print(f"  account {account}  profile {tenant}", markup=False)
    profile = next(iter(tenants.values()))
    out.print(f"export AWS_SHARED_CREDENTIALS_FILE={shlex.quote(str(credentials))}", markup=False)
    out.print(f"aws --endpoint-url {endpoint} --profile {profile} cleanrooms list-collaborations", markup=False)


def _quotas(texts: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not value.isdecimal():
            raise AntechamberError("a quota is NAME=NUMBER", where="--quota", remedy="give it as in the help")
        found[name] = int(value)
    return found
