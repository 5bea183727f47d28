"""What holds of every template, of both deployments: two tenants, two regions, plain and with everything."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.conftest import Made

from antechamber.deploy.page import page
from antechamber.deployed import TIERS

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture(params=["plain", "whole"])
def made(request: pytest.FixtureRequest, made_plain: Made, made_whole: Made) -> Made:
    return made_plain if request.param == "plain" else made_whole


def test_every_tier_is_there_for_each_tenant(made: Made) -> None:
    assert [stack.tier for stack in made.stacks if stack.tenant == "acme"] == list(TIERS)
    assert [stack.tier for stack in made.stacks if stack.tenant == "streamly"] == list(TIERS)
    assert [stack.tier for stack in made.stacks if stack.tenant is None] == ["foundation", "observability", "cost"]


def test_every_bucket_is_encrypted_versioned_logged_and_closed(made: Made) -> None:
    logs = made.setting.names.bucket_shared("logs")
    for stack, name, body in made.resources("AWS::S3::Bucket"):
        assert body["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(body["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = body["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if body["BucketName"] == logs:
            assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
            continue
        assert rule["BucketKeyEnabled"] is True
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {"Fn::GetAtt": ["Key", "Arn"]}, name
        assert body["LoggingConfiguration"]["DestinationBucketName"] == logs
        rules = {each["Id"]: each for each in body["LifecycleConfiguration"]["Rules"]}
        assert rules["leftovers"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        kept = any(area in body["BucketName"] for area in ("archive", "quarantine", "results"))
        assert ("retention" in rules) == kept, stack.name


def test_every_key_is_turned_each_year_and_used_by_services_for_this_account_alone(made: Made) -> None:
    keys = made.resources("AWS::KMS::Key")
    assert len(keys) == 3
    for _, _, body in keys:
        assert body["EnableKeyRotation"] is True
        for statement in body["KeyPolicy"]["Statement"]:
            assert statement["Sid"] == "Account" or statement["Condition"]


def test_no_template_of_a_tenant_names_another(made: Made) -> None:
    for stack in made.stacks:
        other = {"acme": "streamly", "streamly": "acme"}.get(stack.tenant or "")
        if other is not None:
            assert other not in json.dumps(stack.body).replace("spring-campaign", ""), stack.name


def test_no_secret_stands_in_a_template(made: Made) -> None:
    keys = [path.read_text().strip() for path in (made.setting.declared.root / "keys").iterdir()]
    assert len(keys) >= 3
    text = json.dumps([stack.body for stack in made.stacks])
    for key in keys:
        assert key[:60] not in text
    for _, _, body in made.resources("AWS::SecretsManager::Secret"):
        assert "SecretString" not in body and "GenerateSecretString" not in body


def test_everything_that_can_be_tagged_is(made: Made) -> None:
    for stack in made.stacks:
        for name, resource in stack.body["Resources"].items():
            tags = resource.get("Properties", {}).get("Tags")
            if tags is None:
                continue
            told = tags if isinstance(tags, dict) else {each["Key"]: each["Value"] for each in tags}
            assert told["antechamber:tier"] == stack.tier, name
            assert told["antechamber:workspace"] == "retail"
            assert told["antechamber:environment"] == "prod"
            assert told.get("antechamber:tenant") == stack.tenant
    untagged = {
        resource["Type"] for stack in made.stacks for resource in stack.body["Resources"].values()
        if "Tags" not in resource.get("Properties", {})
    }  # fmt: skip
    assert not untagged & {"AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Glue::Job"}


def test_no_template_is_larger_than_cloudformation_takes(made: Made) -> None:
    for stack in made.stacks:
        assert len(json.dumps(stack.body)) < 1_000_000
        assert len(stack.body["Resources"]) < 500
    # The shared foundation is made before there is a bucket for templates.
    assert len(json.dumps(made.body("foundation"))) < 51_200


def test_every_task_of_a_machine_has_an_end_and_is_tried_again_with_jitter(made: Made) -> None:
    machines = made.resources("AWS::StepFunctions::StateMachine")
    assert len(machines) == len(made.setting.declared.connectors)
    for _, _, body in machines:
        definition = json.loads(body["DefinitionString"])
        assert definition["TimeoutSeconds"] > 0
        tasks = [each for each in _states(definition) if each["Type"] == "Task"]
        assert len(tasks) == 8
        for task in tasks:
            assert task["TimeoutSeconds"] > 0
            tried = [each for each in task["Retry"] if each.get("MaxAttempts") != 0]
            assert tried and all(each["JitterStrategy"] == "FULL" and each["BackoffRate"] > 1 for each in tried)
        outer = [each for each in definition["States"].values() if each["Type"] in ("Task", "Map")]
        assert all(each["Catch"][0]["ErrorEquals"] == ["States.ALL"] for each in outer)


def test_each_connector_is_started_by_its_schedule_or_by_what_arrives(made_whole: Made) -> None:
    schedules = {body["Name"] for _, _, body in made_whole.resources("AWS::Scheduler::Schedule")}
    rules = {body["Name"] for _, _, body in made_whole.resources("AWS::Events::Rule")}
    assert schedules == {
        "retail-prod-acme-loyalty_members",
        "retail-prod-acme-orders",
        "retail-prod-streamly-viewers",
    }
    assert rules == {"retail-prod-streamly-crm", "retail-prod-streamly-leads"}


def test_the_parts_that_security_rests_on_are_those_that_were_reviewed(made_plain: Made, made_whole: Made) -> None:
    """After a change that is meant: ANTECHAMBER_SNAPSHOTS=write pytest tests/deploy, and review the difference."""
    for name, made in (("plain", made_plain), ("whole", made_whole)):
        path, text = SNAPSHOTS / f"{name}.txt", "\n".join(_security(made)) + "\n"
        if os.environ.get("ANTECHAMBER_SNAPSHOTS") == "write":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert text == path.read_text()


def test_the_page_of_the_deployment_is_what_the_stacks_say(made_plain: Made) -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "deployment.md").read_text()
    assert page(made_plain.setting, made_plain.stacks) == text, "make docs"


def _states(definition: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for state in definition["States"].values():
        found.append(state)
        if state["Type"] == "Map":
            found += _states(state["ItemProcessor"])
    return found


def _security(made: Made) -> list[str]:
    """Every statement of every policy of one tenant and of the workspace, one a line."""
    lines: list[str] = []
    for stack in made.stacks:
        if stack.tenant == "streamly" and made.setting.names.region == "eu-west-1":
            continue
        for name, resource in stack.body["Resources"].items():
            for where, statement in _statements(resource.get("Properties", {}), ""):
                who = statement.get("Principal", "")
                said = [statement["Effect"], _short(statement["Action"]), _short(statement.get("Resource", ""))]
                said += [f"to {_short(who)}"] * bool(who)
                said += [f"if {_short(statement['Condition'])}"] if "Condition" in statement else []
                lines.append(f"{stack.tier}/{stack.tenant or '-'}/{name}{where}: {' | '.join(said)}")
    return sorted(lines)


def _statements(value: Any, where: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "Effect" in value and "Action" in value:
            return [(f" {value.get('Sid', '')}".rstrip(), value)]
        return [each for key, inner in value.items() for each in _statements(inner, key)]
    return [each for inner in value for each in _statements(inner, where)] if isinstance(value, list) else []


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)
    return text.replace('"', "")
