"""The stacks as CloudFormation makes them, the state machine as generated, and the handlers for real: on an emulator
an encrypted export that lands ends as an Iceberg table, archived and notified, whatever dies on the way."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from moto.stepfunctions.models import stepfunctions_backends
from tests.end_to_end.conftest import pgp_home
from tests.servers.aws import ACCOUNT, REGION, Aws
from tests.servers.aws import aws as aws_server
from tests.servers.cloudformation import exports_by_change_sets, machines_with_arns
from tests.servers.functions import Functions, functions
from tests.servers.recorded import requests_of
from tests.stepwise.executions import LOYALTY, TENANT_KEY, WORKSPACE, Deployed

from antechamber.declare import load_workspace
from antechamber.deploy import aws as clients
from antechamber.deploy.deploying import Wanted, deploy, put_secrets
from antechamber.deploy.permissions import Grants
from antechamber.deploy.setting import PLANNED, Setting, setting_of
from antechamber.deploy.simulate import Request, decide
from antechamber.deploy.statement import document
from antechamber.deploy.wheels import product
from antechamber.deployed import TASKS, references_of

__all__ = ["pgp_home"]

pytestmark = [
    pytest.mark.filterwarnings("ignore:Tried to parse"),
]


@dataclass
class Cloud(Deployed):
    """The workspace as deployed, its functions, and a queue that hears the tenant's topic."""

    setting: Setting
    functions: Functions
    queue: str
    home: Path
    numbers: Iterator[int]

    def land(self, name: str, *lines: str) -> None:
        """An export, encrypted to the tenant's key."""
        body = "\n".join(("id,email,points", *lines, "")).encode()
        gpg = ["gpg", "--homedir", str(self.home), "--batch", "--trust-model", "always", "--encrypt"]
        sealed = subprocess.run([*gpg, "-r", "acme@example.test"], input=body, capture_output=True, check=True).stdout
        self.drop(name, sealed)

    def execution(self, **given: Any) -> dict[str, Any]:
        """Start the machine and wait for its end."""
        states = self.server.client("stepfunctions")
        machine = self.setting.arn("states", f"stateMachine:{self.names.state_machine('acme', 'loyalty')}")
        name = f"execution-{next(self.numbers)}"
        arn = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))["executionArn"]
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        while found["status"] == "RUNNING":
            time.sleep(0.1)
            found = states.describe_execution(executionArn=arn)
        return found

    def told(self) -> list[str]:
        """What the tenant's topic said since the last look."""
        queue = self.server.client("sqs")
        found = []
        while messages := queue.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"])["Message"])
                queue.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, pgp_home: Path) -> Iterator[Cloud]:
    root = tmp_path_factory.mktemp("executed")
    texts = {
        "antechamber.yaml": f"{WORKSPACE}aws: {{region: {REGION}}}\n".lstrip().encode(),
        "connectors/loyalty.yaml": LOYALTY.lstrip().encode(),
        "keys/acme.key": TENANT_KEY.encode(),
        "keys/acme.asc": (pgp_home / "acme.asc").read_bytes(),
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(text)
    with ExitStack() as stack:
        server = stack.enter_context(aws_server())
        stack.enter_context(exports_by_change_sets())
        stack.enter_context(machines_with_arns())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in server.environment.items():
            patch.setenv(name, value)
        clients._client.cache_clear()
        stack.callback(clients._client.cache_clear)
        running = stack.enter_context(functions(server, tmp_path_factory.mktemp("functions")))
        setting = setting_of(load_workspace(root), ACCOUNT, REGION)
        yield _deployed(server, setting, running, pgp_home)


def request_key(request: Request) -> tuple[str, str, str]:
    return request.action, request.resource, str(dict(request.context))


def _deployed(server: Aws, setting: Setting, running: Functions, home: Path) -> Cloud:
    aws = clients.Aws(REGION)
    said: list[str] = []
    deploy(aws, setting, Wanted(tiers=("foundation",), packages=False), said.append)
    code = setting.names.bucket_shared("code")
    server.client("s3").put_object(Bucket=code, Key=PLANNED.function, Body=product()[1])
    deploy(aws, setting, Wanted(packages=False), said.append)
    for reference in references_of(setting.declared, "acme"):
        # moto's CloudFormation passes secrets over.
        server.client("secretsmanager").create_secret(Name=setting.names.secret("acme", reference))
    put_secrets(aws, setting, ["acme"], said.append)
    # moto's interpreter keeps its machines apart from those that its CloudFormation makes.
    made = stepfunctions_backends[ACCOUNT][REGION].describe_state_machine(
        setting.arn("states", f"stateMachine:{setting.names.state_machine('acme', 'loyalty')}")
    )
    server.client("stepfunctions").create_state_machine(
        name=made.name, definition=made.definition, roleArn=made.roleArn
    )
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = setting.arn("sns", setting.names.topic("acme"))
    server.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    environment = {
        "ANTECHAMBER_ENVIRONMENT": setting.names.environment,
        "ANTECHAMBER_ACCOUNT": ACCOUNT,
        "AWS_REGION": REGION,
    }
    root = setting.declared.root
    return Cloud(root, server, setting.names, environment, setting, running, queue, home, itertools.count(1))


@pytest.fixture(autouse=True)
def quiet(cloud: Cloud) -> None:
    cloud.server.faults.clear()
    cloud.functions.asked.clear()
    cloud.told()


def test_an_encrypted_export_ends_as_a_table_archived_and_notified(cloud: Cloud) -> None:
    cloud.land("a.csv.pgp", "1,a@x.test,1", "2,b@x.test,2", "3,nobody,3")
    ended = cloud.execution()
    assert ended["status"] == "SUCCEEDED", ended
    assert cloud.functions.asked == ["plan", "work", "commit", "archive", "notify"]
    assert cloud.points() == {"1": 1, "2": 2}
    assert cloud.keys("landing") == [] and cloud.keys("archive") == ["archive/loyalty/a.csv.pgp"]
    assert len(cloud.keys("quarantine")) == 1
    (told,) = cloud.told()
    assert "acme/loyalty: succeeded" in told and "read 3 = published 2 + quarantined 1" in told
    assert "x.test" not in cloud.functions.said + json.dumps(ended, default=str) + told
    (run,) = [line for line in cloud.functions.metrics() if line["stage"] == "run"]
    assert (run["RowsRead"], run["RowsQuarantined"], run["connector"]) == (3, 1, "loyalty")


def test_nothing_new_ends_at_once(cloud: Cloud) -> None:
    assert cloud.execution()["status"] == "SUCCEEDED"
    assert cloud.functions.asked == ["plan"] and cloud.told() == []


def test_a_throttled_put_is_repeated(cloud: Cloud) -> None:
    cloud.land("b.csv.pgp", "1,a@x.test,10", "4,d@x.test,4")
    throttled = cloud.server.disturb("s3", r"PUT .*\.(sealed|parquet)", times=3)
    assert cloud.execution()["status"] == "SUCCEEDED"
    assert throttled.times == 0
    assert cloud.points() == {"1": 10, "2": 2, "4": 4}


DEATHS = [
    {
        "plan": "the plan is written",
        "work": "parts are under way",
        "commit": "committed",
        "archive": "the archive has some",
    },
    {"work": "parts are left", "commit": "encode", "archive": "the parts are removed"},
    {"plan": "the lease is taken", "commit": "commit"},
]


@pytest.mark.parametrize("deaths", DEATHS if os.environ.get("ANTECHAMBER_SOAK") else DEATHS[:1], ids=str)
def test_functions_that_die_are_called_again_and_nothing_is_lost_or_doubled(
    cloud: Cloud, deaths: dict[str, str]
) -> None:
    snapshots, archived, points = cloud.snapshots(), cloud.keys("archive"), cloud.points()
    name = f"{next(cloud.numbers)}.csv.pgp"
    cloud.land(name, "1,a@x.test,100", "5,e@x.test,5")
    cloud.functions.kills.update(deaths)
    assert cloud.execution()["status"] == "SUCCEEDED"
    assert cloud.functions.kills == {}, "all of them died"
    assert cloud.functions.asked.count("commit") == 1 + ("commit" in deaths)
    assert cloud.points() == {**points, "1": 100, "5": 5}
    assert cloud.snapshots() == snapshots + 1
    assert cloud.keys("landing") == [] and len(cloud.keys("archive")) == len(archived) + 1
    assert not [key for key in cloud.keys("store") if "/parts/" in key]
    assert len(cloud.told()) == 1


def test_a_failing_decryption_takes_the_alarm_path_and_the_next_run_goes_on(cloud: Cloud) -> None:
    points = cloud.points()
    cloud.drop("broken.csv.pgp", b"this is no message")
    ended = cloud.execution()
    assert ended["status"] == "FAILED" and ended["error"] == "RunFailed"
    assert cloud.functions.asked[-1] == "fail"
    assert cloud.points() == points and cloud.keys("landing") == ["landing/loyalty/broken.csv.pgp"]
    (told,) = cloud.told()
    assert told.startswith("loyalty: execution execution-") and "UnsealError" in told
    record = cloud.records()[-1]
    assert record["status"] == "failed" and record["error"]["error"] == "UnsealError"
    assert [line["Failed"] for line in cloud.functions.metrics() if line["stage"] == "run"][-1] == 1
    # Sent again, it is read: the failed execution holds nothing back.
    cloud.land("broken.csv.pgp", "6,f@x.test,6")
    again = cloud.execution()
    assert again["status"] == "SUCCEEDED" and cloud.points() == {**points, "6": 6}
    assert cloud.keys("landing") == []


def test_every_call_that_a_task_made_is_allowed_by_its_role(cloud: Cloud) -> None:
    """Of all executions above: what each function asked of AWS, by what its role says."""
    key, shared = "arn:aws:kms:eu-west-1:123456789012:key/acme", "arn:aws:kms:eu-west-1:123456789012:key/shared"
    grants = Grants(cloud.setting, "acme", key, shared)
    asked: Counter[str] = Counter()
    for task in TASKS:
        statements = document(grants.of(task))["Statement"]
        made = {
            request_key(each): each for call in cloud.server.calls if call.who == task for each in requests_of(call)
        }
        refused = [each for each in made.values() if decide(statements, each) != "allowed"]
        assert refused == [], f"{task} may not: {refused}"
        asked[task] = len(made)
    assert set(asked) == set(TASKS) and min(asked.values()) > 0, asked
