"""What was answered is on disk: a server that is killed loses nothing, and shows nothing by halves."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.collaborate.api.premises import (
    HEAVY,
    OVERLAP,
    Given,
    Pair,
    Premises,
    aggregation,
    client_of,
    finished,
    in_a_process,
    pair_of,
    publish_heavy,
    s3,
    serving,
    share,
    table_of,
)

from antechamber.declare import Declarations
from antechamber.errors import AntechamberError


def share_heavy(pair: Pair) -> None:
    share(pair.acme, pair.ours, table_of("acme", "crowd", "email", "tier"), "crowd", aggregation("tier"))
    share(pair.streamly, pair.theirs, table_of("streamly", "throng", "email", "plan"), "throng", aggregation("plan"))


def start_heavy(pair: Pair) -> str:
    query: str = pair.acme.start_protected_query(
        type="SQL",
        membershipIdentifier=pair.ours,
        sqlParameters={"queryString": HEAVY},
        resultConfiguration=s3(),
    )["protectedQuery"]["id"]
    return query


def wait_for(client: Any, membership: str, query: str, status: str) -> Given:
    for _ in range(600):
        found: Given = client.get_protected_query(membershipIdentifier=membership, protectedQueryIdentifier=query)[
            "protectedQuery"
        ]
        if found["status"] == status:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the query is never {status}: {found}")


def results(root: Path) -> list[Path]:
    return [path for path in (root / "results").rglob("*") if path.is_file()]


def test_what_was_answered_before_a_kill_is_there_after_it(declared: Declarations) -> None:
    with in_a_process(declared.root) as (process, said):
        pair = pair_of(client_of(said, "acme"), client_of(said, "streamly"))
        token = pair.acme.list_members(collaborationIdentifier=pair.collaboration, maxResults=1)["nextToken"]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with serving(declared) as premises:
        acme = premises.client("acme")
        (second,) = acme.list_members(collaborationIdentifier=pair.collaboration, nextToken=token)["memberSummaries"]
        assert second["status"] == "ACTIVE"
        query = acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )["protectedQuery"]["id"]
        assert finished(acme, pair.ours, query)["status"] == "SUCCESS"


def test_a_query_that_ran_when_the_server_was_killed_has_failed_and_one_that_waited_is_run(
    declared: Declarations,
) -> None:
    publish_heavy(declared)
    with in_a_process(declared.root) as (process, said):
        pair = pair_of(client_of(said, "acme"), client_of(said, "streamly"))
        share_heavy(pair)
        running = [start_heavy(pair), start_heavy(pair)]
        waiting = pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(),
        )["protectedQuery"]["id"]
        for query in running:
            wait_for(pair.acme, pair.ours, query, "STARTED")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert results(declared.root) == []
    with serving(declared) as premises:
        acme = premises.client("acme")
        for query in running:
            found = finished(acme, pair.ours, query)
            assert (found["status"], found["error"]["code"]) == ("FAILED", "SERVER_STOPPED")
        assert finished(acme, pair.ours, waiting)["status"] == "SUCCESS"
    assert [path.stem for path in results(declared.root)] == [waiting]


def test_a_query_is_cancelled_while_it_runs_and_leaves_nothing(declared: Declarations) -> None:
    publish_heavy(declared)
    with serving(declared) as premises:
        pair = pair_of(premises.client("acme"), premises.client("streamly"))
        share_heavy(pair)
        query, own = start_heavy(pair), {"membershipIdentifier": pair.ours}
        wait_for(pair.acme, pair.ours, query, "STARTED")
        named = {**own, "protectedQueryIdentifier": query, "targetStatus": "CANCELLED"}
        assert pair.acme.update_protected_query(**named)["protectedQuery"]["status"] == "CANCELLING"
        assert finished(pair.acme, pair.ours, query)["status"] == "CANCELLED"
        assert pair.acme.update_protected_query(**named)["protectedQuery"]["status"] == "CANCELLED"
        assert results(premises.root) == []


def test_five_queries_of_a_membership_go_on_at_once_and_no_sixth(declared: Declarations) -> None:
    publish_heavy(declared)
    with serving(declared) as premises:
        pair = pair_of(premises.client("acme"), premises.client("streamly"))
        share_heavy(pair)
        for _ in range(5):
            start_heavy(pair)
        with pytest.raises(ClientError, match="ServiceQuotaExceeded"):
            start_heavy(pair)


def test_a_query_beyond_its_time_is_timed_out(declared: Declarations) -> None:
    publish_heavy(declared)
    from antechamber.collaborate import Limits

    with serving(declared, limits=Limits(seconds=1, memory=256 * 2**20, threads=1)) as premises:
        pair = pair_of(premises.client("acme"), premises.client("streamly"))
        share_heavy(pair)
        found = finished(pair.acme, pair.ours, start_heavy(pair))
        assert found["status"] == "TIMED_OUT" and "1 second" in found["error"]["message"]


def test_one_server_has_a_workspace(premises: Premises, declared: Declarations) -> None:
    with pytest.raises(AntechamberError, match="another clean room server"), serving(declared):
        raise AssertionError("there must be one")


def test_a_result_goes_nowhere_but_below_its_folder(pair: Pair, premises: Premises) -> None:
    for prefix in ("../..", "a/../../b", "./a", "..", ".result-1"):
        with pytest.raises(ClientError, match="ValidationException"):
            pair.acme.start_protected_query(
                type="SQL",
                membershipIdentifier=pair.ours,
                sqlParameters={"queryString": OVERLAP},
                resultConfiguration=s3(keyPrefix=prefix),
            )
    query = pair.acme.start_protected_query(
        type="SQL",
        membershipIdentifier=pair.ours,
        sqlParameters={"queryString": OVERLAP},
        resultConfiguration=s3(keyPrefix="//etc///passwd/"),
    )["protectedQuery"]["id"]
    assert finished(pair.acme, pair.ours, query)["status"] == "SUCCESS"
    assert results(premises.root) == [premises.root / f"results/results-of-acme/etc/passwd/{query}.csv"]


def test_a_result_that_cannot_be_written_fails_its_query_and_no_other(pair: Pair, premises: Premises) -> None:
    (premises.root / "results").mkdir()
    (premises.root / "results/results-of-acme").write_text("in the way")

    def ask(bucket: str) -> Given:
        query = pair.acme.start_protected_query(
            type="SQL",
            membershipIdentifier=pair.ours,
            sqlParameters={"queryString": OVERLAP},
            resultConfiguration=s3(bucket),
        )["protectedQuery"]["id"]
        return finished(pair.acme, pair.ours, query)

    for _ in range(3):
        failed = ask("results-of-acme")
        assert (failed["status"], failed["error"]["code"]) == ("FAILED", "RESULT_NOT_WRITTEN")
        assert str(premises.root) not in failed["error"]["message"]
    assert ask("elsewhere")["status"] == "SUCCESS"
    assert {path.name for path in (premises.root / "results").iterdir()} == {"results-of-acme", "elsewhere"}
