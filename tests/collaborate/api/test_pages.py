"""Lists come in pages, whole and in order, and a token is of the list that gave it."""

from __future__ import annotations

import base64

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import Pair, Premises, table_of


def test_pages_together_are_the_list_and_tokens_are_of_their_list_only(pair: Pair, premises: Premises) -> None:
    acme = pair.acme
    made = [pair.members["configuredTableId"]]
    for number in range(6):
        table = table_of("acme", "members", "email", name=f"table {number}")
        made.append(acme.create_configured_table(**table)["configuredTable"]["id"])
    pages = list(acme.get_paginator("list_configured_tables").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["configuredTableSummaries"]) for page in pages] == [3, 3, 1]
    assert [each["id"] for page in pages for each in page["configuredTableSummaries"]] == made

    token = pages[0]["nextToken"]
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[0] ^= 1
    changed = base64.urlsafe_b64encode(bytes(raw)).decode()
    for wrong in (changed, token[:-4], "x", "", "ü", "9999"):
        with pytest.raises(ClientError, match="ValidationException"):
            acme.list_configured_tables(nextToken=wrong)
    with pytest.raises(ClientError, match="ValidationException"):
        premises.client("shopwell").list_configured_tables(nextToken=token)
    with pytest.raises(ClientError, match="ValidationException"):
        acme.list_memberships(nextToken=token)
    again = acme.list_configured_tables(nextToken=token, maxResults=100)["configuredTableSummaries"]
    assert [each["id"] for each in again] == made[3:]


def test_a_computed_list_comes_in_pages_too(pair: Pair) -> None:
    named = {"collaborationIdentifier": pair.collaboration}
    first = pair.acme.list_schemas(**named, maxResults=1)
    second = pair.acme.list_schemas(**named, maxResults=1, nextToken=first["nextToken"])
    names = [page["schemaSummaries"][0]["name"] for page in (first, second)]
    assert names == ["members", "viewers"] and "nextToken" not in second
    with pytest.raises(ClientError, match="ValidationException"):
        pair.acme.list_schemas(**named, schemaType="TABLE", nextToken=first["nextToken"])
    for size in (0, 101, "many"):
        with pytest.raises(ClientError, match="maxResults"):
            pair.acme.list_schemas(**named, maxResults=size)
