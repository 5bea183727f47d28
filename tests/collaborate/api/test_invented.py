"""Whatever is asked, and with whatever ids, the answer is one of the API: nothing makes the server err."""

from __future__ import annotations

import os

from botocore.exceptions import ClientError
from tests.collaborate.api.invented import Inventor
from tests.collaborate.api.judge import model
from tests.collaborate.api.premises import Pair, Premises

from antechamber.collaborate.api.contract import command

ENDINGS = ("DeleteCollaboration", "DeleteConfiguredTableAssociation", "DeleteMember", "DeleteMembership")
ROUNDS = 60 if os.environ.get("ANTECHAMBER_SOAK") else 4


def known(pair: Pair) -> dict[str, list[str]]:
    """What there is, so that inputs reach further than a lookup."""
    return {
        "collaboration id": [pair.collaboration],
        "membership id": [pair.ours] * 7 + [pair.theirs],
        "configuredTableAssociation id": [pair.members["id"]],
        "configuredTable id": [pair.members["configuredTableId"]],
    }


def test_inputs_made_up_from_the_shapes_are_carried_out_or_refused(pair: Pair, premises: Premises) -> None:
    answered, there = 0, known(pair)
    for seed in range(ROUNDS):
        inventor = Inventor(seed, there)
        for operation in sorted(model()["operations"]):
            # What ends the collaboration for all ends the test of the others too.
            if operation in ENDINGS:
                continue
            try:
                inventor.learn(getattr(pair.acme, command(operation))(**inventor.input_of(operation)))
                answered += 1
            except ClientError as error:
                code = error.response["Error"]["Code"]
                assert code != "InternalServerException", f"{operation}, seed {seed}"
    assert answered > ROUNDS
    assert set(model()["operations"]) - premises.called <= set(ENDINGS)
