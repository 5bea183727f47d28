"""Requests that a server heard, as the actions and resources that IAM knows them by.

Source: AWS Service Authorization Reference (Amazon S3, AWS Glue, AWS Secrets Manager, Amazon SNS).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from tests.servers.aws import ACCOUNT, REGION, Call

from antechamber.deploy.simulate import Request


def requests_of(call: Call) -> Iterator[Request]:
    """What IAM is asked for a call."""
    if call.service == "s3":
        yield from _s3(call)
    elif call.service == "glue":
        said = json.loads(call.body)
        database = said.get("DatabaseName") or said.get("Name") or said["DatabaseInput"]["Name"]
        names = ["catalog", f"database/{database}"]
        if "Table" in call.action:
            names.append(f"table/{database}/{said.get('Name') or said['TableInput']['Name']}")
        for name in names:
            yield Request(f"glue:{call.action}", f"arn:aws:glue:{REGION}:{ACCOUNT}:{name}")
    elif call.service == "secretsmanager":
        name = json.loads(call.body)["SecretId"]
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
        yield Request(f"secretsmanager:{call.action}", arn)
    elif call.service == "sns":
        said = parse_qs(call.body.decode())
        yield Request(f"sns:{said['Action'][0]}", said["TopicArn"][0])
    else:
        raise ValueError(f"nobody said that a task asks {call.service}")


def _s3(call: Call) -> Iterator[Request]:
    method, _, path = call.action.partition(" ")
    bucket, _, key = path.lstrip("/").partition("/")
    arn, query = f"arn:aws:s3:::{bucket}", parse_qs(call.query, keep_blank_values=True)
    if not key and method == "GET":
        yield Request("s3:ListBucket", arn, {"s3:prefix": query.get("prefix", [""])[0]})
    elif not key and "delete" in query:
        for found in re.findall(rb"<Key>(.*?)</Key>", call.body):
            yield Request("s3:DeleteObject", f"{arn}/{found.decode()}")
    else:
        action = {"GET": "GetObject", "HEAD": "GetObject", "DELETE": "DeleteObject"}.get(method, "PutObject")
        yield Request(f"s3:{action}", f"{arn}/{key}")
