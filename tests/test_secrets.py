"""Secret references: here files and variables, on AWS Secrets Manager and Systems Manager; what a failure says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.aws import Aws, aws

from antechamber.errors import SecretError
from antechamber.secrets import Secrets

VALUE = "correct horse battery staple"


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with aws() as running:
        keeper = running.client("secretsmanager")
        keeper.create_secret(Name="plain", SecretString=VALUE)
        keeper.create_secret(Name="crm/login", SecretString=json.dumps({"user": "reader", "password": VALUE}))
        keeper.create_secret(Name="binary", SecretBinary=bytes(range(256)))
        keeper.create_secret(Name="w/prod/acme/file/keys/acme.key", SecretString=f"{VALUE}\n")
        running.client("ssm").put_parameter(Name="/crm/url", Value=VALUE, Type="SecureString")
        yield running


@pytest.fixture
def secrets(server: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Secrets:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return Secrets(tmp_path)


@pytest.mark.parametrize(
    "reference", ["aws-secretsmanager:plain", "aws-secretsmanager:crm/login#password", "aws-ssm:/crm/url"]
)
def test_a_secret_that_aws_keeps_is_read(secrets: Secrets, reference: str) -> None:
    assert secrets.text(reference) == VALUE


def test_a_secret_of_bytes_is_given_as_it_is(secrets: Secrets) -> None:
    assert secrets.read("aws-secretsmanager:binary") == bytes(range(256))


@pytest.mark.parametrize(
    ("reference", "what"),
    [
        ("aws-secretsmanager:nothing", "there is no such secret"),
        ("aws-secretsmanager:plain#password", "is not JSON"),
        ("aws-secretsmanager:crm/login#token", "has no such key"),
        ("aws-ssm:/nothing", "there is no such parameter"),
    ],
)
def test_a_secret_that_is_not_there_is_named_and_never_shown(secrets: Secrets, reference: str, what: str) -> None:
    with pytest.raises(SecretError, match=what) as refused:
        secrets.read(reference)
    assert reference in refused.value.where and VALUE not in str(refused.value)


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServiceError"])
def test_a_refusal_of_aws_is_told_without_its_words(
    secrets: Secrets, server: Aws, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fault = server.disturb("secretsmanager", "GetSecretValue", code=code)
    with pytest.raises(SecretError) as refused:
        secrets.read("aws-secretsmanager:plain")
    assert fault.times == 0 and "wait" not in str(refused.value) and refused.value.__cause__ is None


def test_a_reference_that_was_moved_is_read_where_it_is_now_and_told_as_it_was_written(secrets: Secrets) -> None:
    moved = Secrets(secrets.root, lambda each: f"aws-secretsmanager:w/prod/acme/{each.replace(':', '/', 1)}")
    assert moved.text("file:keys/acme.key") == VALUE
    with pytest.raises(SecretError) as refused:
        moved.read("env:CRM_URL")
    assert refused.value.where == "env:CRM_URL (on AWS: aws-secretsmanager:w/prod/acme/env/CRM_URL)"
