"""Asking through the API: answers fetched, refusals in the members' names, templates, other receivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.collaborate.api.premises import lay_out, serving
from tests.collaborate.test_share import OVERLAP, SPRING, Site

from antechamber.collaborate.share.ask import PASSING, Answered, Asked, ask
from antechamber.collaborate.share.clients import clients
from antechamber.declare import load_workspace
from antechamber.errors import QueryFailed, QueryRefused


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root: Path = tmp_path_factory.mktemp("ask") / "workspace"
    root.mkdir()
    with serving(lay_out(root)) as premises:
        site = Site(root, premises)
        site.reviewed()
        site.collaborate(
            (root / "collaborations/spring.yaml")
            .read_text()
            .replace(
                "  streamly: {}", '  streamly: {abilities: [receive], results: "s3://results-of-streamly/spring"}'
            )
            .replace('receive], results: "s3://results-of-acme/spring"}', "receive]}")
        )
        site.share()
        yield site


def asked(site: Site, **question: object) -> Answered:
    declared = load_workspace(site.root)
    seen: list[str] = []
    with clients(declared) as api:
        answer = ask(declared, "spring", Asked("acme", **question), api, seen.append)  # type: ignore[arg-type]
    assert set(seen) <= {"SUBMITTED", "STARTED"}
    return answer


def test_a_template_is_answered_and_no_copy_stays_where_none_was_asked_for(shared: Site) -> None:
    answer = asked(shared, template="reach", parameters={"least": "60"})
    assert answer.table is not None
    assert answer.table.num_rows == 0  # nine people are behind it, and ten are demanded
    assert answer.location == ""
    assert not list((shared.root / "results" / PASSING).rglob("*.parquet"))


def test_a_default_fills_what_is_not_given(shared: Site) -> None:
    answer = asked(shared, template="reach")
    assert answer.table is not None
    # acme's are e000 to e079, shopwell's e010 to e089; whoever is e(10+n) spent n, and more than 10 are asked for.
    assert answer.table.to_pylist() == [{"reached": 59}]


def test_an_answer_for_another_member_lies_with_it(shared: Site) -> None:
    answer = asked(shared, template="reach", receiver="streamly")
    assert answer.table is None
    assert answer.receiver == "streamly"
    (file,) = (shared.root / "results/results-of-streamly").rglob("*.parquet")
    assert pq.read_table(file).to_pylist() == [{"reached": 59}]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"template": "raech"}, "there is no template 'raech'"),
        ({"template": "reach", "receiver": "rival"}, "'rival' is not a member"),
        ({"template": "reach", "receiver": "shopwell"}, "CAN_RECEIVE_RESULTS"),
        ({"template": "reach", "parameters": {"least": "1 OR 1=1"}}, "least"),
        ({"sql": "SELECT email FROM buyers"}, "shopwell|buyers"),
    ],
)
def test_a_refusal_says_why_in_the_names_of_the_members(shared: Site, question: dict[str, object], said: str) -> None:
    with pytest.raises((QueryRefused, QueryFailed), match=said) as refused:
        asked(shared, **question)
    assert "333333333333" not in str(refused.value)


def test_who_has_not_joined_is_told_what_to_do(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    declared = lay_out(root)
    (root / "collaborations/spring.yaml").write_text(SPRING)
    declared = load_workspace(root)
    with clients(declared) as api, pytest.raises(QueryRefused, match="acme has not joined") as refused:
        ask(declared, "spring", Asked("acme", sql=OVERLAP), api)
    assert refused.value.remedy == "antechamber share spring"
