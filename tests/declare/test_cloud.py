"""The `aws:` block: what is taken, and how mistakes in it are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.declare.conftest import WORKSPACE, lay_out

from antechamber.declare import load_workspace
from antechamber.declare.cloud import RoleSender

Told = Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]

GOOD = """\
aws:
  environment: prod
  region: eu-west-1
  account: "111122223333"
  network: {cidr: 10.20.0.0/22, reach: [10.0.0.0/16]}
  senders:
    loyalty: {type: role, account: "444455556666", external_id: agreed-1}
  compute: {memory_mb: 1024}
  retention: {archive_days: 400, logs_days: 365}
  alarms: {email: [ops@acme.example], quarantine_percent: 2.5}
  budget: 250
  budgets: {acme: 400}
"""


def test_a_whole_block_is_read_and_an_absent_one_means_this_machine(tmp_path: Path) -> None:
    assert load_workspace(lay_out(tmp_path, {})).workspace.aws is None
    cloud = load_workspace(lay_out(tmp_path, {"antechamber.yaml": WORKSPACE + GOOD})).workspace.aws
    assert cloud is not None
    assert isinstance(cloud.senders["loyalty"], RoleSender)
    assert (cloud.compute.memory_mb, cloud.retention.archive_days, cloud.budgets) == (1024, 400, {"acme": 400})


def test_a_block_of_nothing_but_its_region_is_enough(told: Told) -> None:
    assert told({"antechamber.yaml": WORKSPACE + "aws: {region: eu-west-1}\n"}) == []


@pytest.mark.parametrize(
    ("text", "instead", "key", "what", "remedy"),
    [
        ("eu-west-1", "Frankfurt", "aws.region", "'Frankfurt' is not an AWS region", "eu-west-1"),
        ("environment: prod", f"environment: {'p' * 21}", "aws.environment",
         f"'{'p' * 21}' is longer than 20 characters", "shorten"),
        ("10.20.0.0/22", "10.20.0.1/22", "aws.network.cidr", "'10.20.0.1/22' is not a block of IPv4 addresses",
         "10.20.0.0/22"),
        ("10.20.0.0/22", "10.20.0.0/28", "aws.network.cidr", "'10.20.0.0/28' is no size for a VPC here",
         "/16 to /24"),
        ("logs_days: 365", "logs_days: 366", "aws.retention.logs_days", "366 is no span that CloudWatch Logs knows",
         "365, 400"),
        ("type: role", "type: rolle", "aws.senders.loyalty.type", "'rolle' is not a kind of sender",
         "did you mean 'role'?"),
        ("loyalty:", "loyality:", "aws.senders.loyality", "there is no connector 'loyality'",
         "did you mean 'loyalty'?"),
        ("loyalty:", "orders:", "aws.senders.orders", "the connector 'orders' reads no folder of the landing zone",
         "remove it"),
        ('{type: role, account: "444455556666", external_id: agreed-1}', "{type: sftp, public_key: BEGIN PRIVATE}",
         "aws.senders.loyalty.public_key", "not a public SSH key", "ssh-ed25519"),
        ("acme: 400", "acne: 400", "aws.budgets.acne", "'acne' is not a tenant of the workspace",
         "did you mean 'acme'?"),
        ("budget: 250", "budget: 0", "aws.budget", "0 is too small", "use more than 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    told: Told, text: str, instead: str, key: str, what: str, remedy: str
) -> None:
    assert text in GOOD
    found = told({"antechamber.yaml": WORKSPACE + GOOD.replace(text, instead, 1)})
    assert [(where.partition(": ")[2], said) for where, said, _ in found] == [(key, what)]
    assert remedy in found[0][2]
