"""The contract is the installed botocore's, whole: what is newer or left out is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.judge import model
from tests.collaborate.api.premises import TENANTS, Premises

from antechamber.collaborate.api.contract import Contract, command
from antechamber.collaborate.api.left_out import LEFT_OUT
from antechamber.collaborate.api.operations import HANDLERS
from antechamber.collaborate.api.page import BEGIN, END, table
from antechamber.collaborate.api.shapes import compiled, incoming

PAGE = Path(__file__).parents[3] / "docs/reference/cleanroom-api.md"


def test_every_operation_of_the_installed_model_is_carried_out_or_declared_left_out() -> None:
    known = set(model()["operations"])
    assert known - set(HANDLERS) - set(LEFT_OUT) == set(), (
        "the API has grown: carry them out, or say that they are not"
    )
    assert (set(HANDLERS) | set(LEFT_OUT)) - known == set(), "the installed botocore is older than this server"
    assert not set(HANDLERS) & set(LEFT_OUT)


def test_every_operation_is_found_by_its_own_path() -> None:
    contract = Contract()
    for name, operation in contract.operations.items():
        path = operation.uri
        for segment in operation.path:
            if segment.startswith("{"):
                path = path.replace(segment, "arn%3Aaws%2Fwith%2Fslashes")
        found = contract.find(operation.method, path)
        assert found is not None and found[0].name == name
        assert set(found[1].values()) <= {"arn:aws/with/slashes"}
    assert contract.find("GET", "/collaborations/a/b/c/d") is None


def test_what_is_left_out_answers_with_an_error_of_the_api(premises: Premises) -> None:
    acme = premises.client("acme")
    arguments = {
        "membershipIdentifier": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "collaborationIdentifier": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "configuredAudienceModelAssociationIdentifier": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "protectedJobIdentifier": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        "configuredAudienceModelArn": "arn:aws:cleanrooms-ml:us-east-1:111111111111:configured-audience-model/a",
        "configuredAudienceModelAssociationName": "a",
        "manageResourcePolicies": False,
        "type": "PYSPARK",
        "targetStatus": "CANCELLED",
        "jobParameters": {
            "analysisTemplateArn": "arn:aws:cleanrooms:us-east-1:111111111111:membership/a/analysistemplate/b"
        },
    }
    for name in LEFT_OUT:
        members = model()["shapes"][model()["operations"][name]["input"]["shape"]]["members"]
        given = {member: value for member, value in arguments.items() if member in members}
        with pytest.raises(ClientError) as refused:
            getattr(acme, command(name))(**given)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
        assert "which this server does not" in str(refused.value)
    assert set(LEFT_OUT) <= premises.called


def test_the_page_of_the_api_has_the_table_of_this_contract() -> None:
    written = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == table()


@pytest.mark.timeout(600)
def test_no_pattern_of_the_model_takes_for_ever_over_a_text_that_does_not_match() -> None:
    # A pattern that explodes takes years: the test's time-out tells.
    patterns = {shape["pattern"]: shape.get("max", 300) for shape in model()["shapes"].values() if "pattern" in shape}
    for pattern, most in patterns.items():
        for letter in ("a", "1", "a-", "a.", " ", "/"):
            compiled(pattern).fullmatch((letter * most)[: min(most, 300) - 1] + "\n")


def test_inputs_are_checked_whole_against_their_shapes() -> None:
    shape = Contract().operations["CreateCollaboration"].input
    given = {
        "name": "",
        "creatorDisplayName": 5,
        "creatorMemberAbilities": ["CAN_FLY"],
        "members": [{"accountId": "12", "memberAbilities": []}],
        "queryLogStatus": None,
        "isMetricsEnabled": "yes",
        "unknown": 1,
    }
    _, problems = incoming(given, shape)
    assert {problem.name for problem in problems} == {
        "name",
        "creatorDisplayName",
        "creatorMemberAbilities[0]",
        "members[0].accountId",
        "members[0].displayName",
        "queryLogStatus",
        "isMetricsEnabled",
    }


def test_a_request_that_is_wrong_is_told_every_member_that_is(premises: Premises) -> None:
    acme = premises.client("acme")
    with pytest.raises(ClientError) as refused:
        acme.create_configured_table(
            name="t",
            tableReference={"glue": {"tableName": "a", "databaseName": "b"}, "athena": {}},
            allowedColumns=[],
            analysisMethod="GUESS",
        )
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] == "ValidationException"
    assert response["reason"] == "FIELD_VALIDATION_FAILED"
    named = {each["name"] for each in response["fieldList"]}
    assert {"tableReference", "allowedColumns", "analysisMethod"} <= named
    assert "GUESS" not in str(response)
    assert TENANTS["acme"] not in response["Error"]["Message"]
