"""An S3 API on a free loopback port: moto, on a thread of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class S3:
    """A server with one empty bucket.

    client: boto3's. environment: what S3 tools read to find the server.
    """

    endpoint: str
    bucket: str
    client: Any
    environment: dict[str, str]

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body)

    def keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def objects(self) -> dict[str, bytes]:
        """Every key and its bytes."""
        return {key: self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self.keys()}

    def empty(self) -> None:
        if keys := self.keys():
            self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys]})


@contextmanager
def s3(bucket: str = "antechamber-test") -> Iterator[S3]:
    """Serve until the block ends. Its bucket is its own: all of moto's servers in a process hold the same objects."""
    bucket = f"{bucket}-{uuid4().hex[:12]}"
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        client.create_bucket(Bucket=bucket)
        variables = {"ENDPOINT_URL": endpoint, "ALLOW_HTTP": "true", "REGION": "us-east-1"}
        credentials = {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
        environment = {f"AWS_{name}": value for name, value in {**variables, **credentials}.items()}
        yield S3(endpoint, bucket, client, environment)
    finally:
        server.stop()
