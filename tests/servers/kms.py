"""A KMS API on a free loopback port: moto, on a thread of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@dataclass(frozen=True)
class Kms:
    """A server. client: boto3's. environment: what AWS tools read to find the server."""

    client: Any
    environment: dict[str, str]

    def key(self) -> str:
        """The ARN of a new key."""
        return str(self.client.create_key()["KeyMetadata"]["Arn"])


@contextmanager
def kms() -> Iterator[Kms]:
    """Serve until the block ends."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            "AWS_ENDPOINT_URL_KMS": f"http://{host}:{port}",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
        }
        client = boto3.client(
            "kms",
            endpoint_url=environment["AWS_ENDPOINT_URL_KMS"],
            region_name=REGION,
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )
        yield Kms(client, environment)
    finally:
        server.stop()
