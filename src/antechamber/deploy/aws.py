"""AWS as whoever deploys sees it: clients of one region, and its errors as ours."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from antechamber.errors import AntechamberError, MissingExtra

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:
    raise MissingExtra("deploy", needed_for="deploying to AWS") from None

__all__ = ["UNREACHABLE", "Aws", "ClientError", "account_of", "code_of", "told"]

UNREACHABLE = (BotoCoreError, ResponseParserError)
"""AWS is not there, or something on the way answers in its place."""


@dataclass(frozen=True)
class Aws:
    """Clients of one region, by the usual credentials of AWS's tools. attempts: how often a call is tried."""

    region: str
    attempts: int = 8

    def __getattr__(self, service: str) -> Any:
        """The client of a service; a name that Python does not take has `_` for `-`."""
        if service.startswith("__"):
            raise AttributeError(service)
        return _client(service.replace("_", "-"), self.region, self.attempts)


def account_of(aws: Aws) -> str:
    """The account of the credentials. Raises AntechamberError."""
    with told("who is it that deploys"):
        return str(aws.sts.get_caller_identity()["Account"])


@contextmanager
def told(where: str) -> Iterator[None]:
    """AWS's errors, as ours."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        raise AntechamberError(
            f"{error.operation_name}: {said.get('Code', 'error')}: {said.get('Message', '')}"[:500],
            where=where,
            remedy="antechamber doctor says what may be missing; then the same command again",
        ) from None
    except UNREACHABLE as error:
        raise AntechamberError(
            f"AWS cannot be reached ({type(error).__name__})",
            where=where,
            remedy="check the credentials (aws sts get-caller-identity) and the network",
        ) from None


def code_of(error: Exception) -> str:
    """The code of AWS's error; "" for another error."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@functools.cache
def _client(service: str, region: str, attempts: int) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, user_agent_extra="antechamber")
    return boto3.Session(region_name=region).client(service, config=config)
