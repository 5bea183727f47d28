"""Many clients at once: no error, and no two of anything that there can be one of."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    TENANTS,
    Premises,
    client_of,
    collaboration_of,
    in_a_process,
    serving,
    table_of,
)

from antechamber.declare import Declarations

CLIENTS = 50
ROUNDS = 40 if os.environ.get("ANTECHAMBER_SOAK") else 2


def use(premises: Premises, number: int, rounds: int) -> int:
    """A client's day: it makes, lists, reads and deletes; gives how many calls it made."""
    tenant = list(TENANTS)[number % len(TENANTS)]
    other = next(name for name in TENANTS if name != tenant)
    client = premises.client(tenant)
    calls = 0
    for _ in range(rounds):
        made = client.create_collaboration(**collaboration_of(other))["collaboration"]["id"]
        own = client.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
        assert len(client.list_members(collaborationIdentifier=made)["memberSummaries"]) == 2
        assert client.get_membership(membershipIdentifier=own)["membership"]["collaborationId"] == made
        listed = client.list_collaborations()["collaborationList"]
        assert made in {each["id"] for each in listed} or len(listed) == 100
        client.delete_membership(membershipIdentifier=own)
        client.delete_collaboration(collaborationIdentifier=made)
        calls += 7
    return calls


def serve_many(declared: Declarations, rounds: int) -> None:
    quotas = {"Collaborations created per account": 10_000, "Memberships per account": 10_000}
    with serving(declared, quotas=quotas) as premises, ThreadPoolExecutor(CLIENTS) as pool:
        done = list(pool.map(lambda number: use(premises, number, rounds), range(CLIENTS)))
    assert sum(done) == CLIENTS * rounds * 7


def test_fifty_clients_at_once_meet_no_error(declared: Declarations) -> None:
    serve_many(declared, rounds=1)


@pytest.mark.soak
def test_fifty_clients_at_once_meet_no_error_for_long(declared: Declarations) -> None:
    serve_many(declared, ROUNDS)


def test_of_many_who_take_a_name_at_once_one_gets_it(premises: Premises) -> None:
    acme = premises.client("acme")
    made = acme.create_collaboration(**collaboration_of("streamly"))["collaboration"]["id"]
    own = acme.create_membership(collaborationIdentifier=made, queryLogStatus="DISABLED")["membership"]["id"]
    table = acme.create_configured_table(**table_of("acme", "members", "email"))["configuredTable"]["id"]
    clients = [premises.client("acme") for _ in range(8)]

    def take(number: int) -> bool:
        try:
            clients[number].create_configured_table_association(
                name="members",
                membershipIdentifier=own,
                configuredTableIdentifier=table,
                roleArn="arn:aws:iam::111111111111:role/antechamber",
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConflictException"
            return False
        return True

    with ThreadPoolExecutor(len(clients)) as pool:
        assert sum(pool.map(take, range(len(clients)))) == 1


def test_a_quota_that_is_given_on_the_command_line_holds(declared: Declarations) -> None:
    with in_a_process(declared.root, "--quota", "Collaborations created per account=1") as (_, said):
        acme = client_of(said, "acme")
        acme.create_collaboration(**collaboration_of("streamly"))
        with pytest.raises(ClientError, match="ServiceQuotaExceeded"):
            acme.create_collaboration(**collaboration_of("streamly"))
        assert said["accounts"] == TENANTS
