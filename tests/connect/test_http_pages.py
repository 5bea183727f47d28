"""The http source: every style of pages is read whole, or refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.connect.http_service import paged, people, read, run, source, texts
from tests.servers.rest import Asked, Reply, rest

from antechamber.connect.http.pages import next_link
from antechamber.errors import SourceError
from antechamber.records import Progress

STYLES: list[dict[str, Any]] = [
    {"type": "page"},
    {"type": "page", "size": 10, "size_param": "n", "short": True},
    {"type": "page", "last": "meta.pages"},
    {"type": "page", "more": "meta.more"},
    {"type": "offset"},
    {"type": "offset", "size": 10, "total": "meta.total"},
    {"type": "cursor", "path": "meta.next"},
    {"type": "cursor", "path": "meta.next", "more": "meta.more", "total": "meta.total"},
    {"type": "cursor", "header": "X-Next"},
    {"type": "next", "path": "next"},
    {"type": "link"},
]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(map(str, style.values())))
@pytest.mark.parametrize("count", [0, 1, 10, 25, 30])
def test_every_style_of_pages_gives_every_record_once(style: dict[str, Any], count: int, tmp_path: Path) -> None:
    rows = people(count)
    with rest(paged(rows)) as service:
        _, found = run(f"{service.url}/people", tmp_path, records="data.items", pages=style)
        assert found == texts(rows)
        assert len(service.asked) <= count // 10 + 2


@pytest.mark.parametrize(
    "style", [{"type": "page", "into": "body"}, {"type": "cursor", "path": "meta.next", "into": "body"}]
)
def test_a_page_can_be_asked_for_in_the_body_of_a_post(style: dict[str, Any], tmp_path: Path) -> None:
    with rest(paged(people(25))) as service:
        _, found = run(
            f"{service.url}/search", tmp_path, method="POST", body={"q": {"a": 1}}, records="data.items", pages=style
        )
        assert found == texts(people(25))
        assert all(json.loads(asked.body)["q"] == {"a": 1} for asked in service.asked)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<a?x=1,2>; rel="next"', "a?x=1,2"),
        ('<a>; rel=prev, <b>; title="x, <c>; rel=next"; rel="last next"', "b"),
        ("<a>;rel=NEXT", "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; title="rel=next"; rel=up', None),
        ("", None),
        ("garbage; rel=next", None),
    ],
)
def test_a_link_header_names_the_next_page_by_its_relation(header: str, target: str | None) -> None:
    assert next_link(header) == target


def test_the_end_of_the_records_before_their_total_is_an_error(tmp_path: Path) -> None:
    short = lambda asked: Reply({"items": people(10) if asked.params["page"] == "1" else [], "total": 25})  # noqa: E731
    with rest(short) as service, pytest.raises(SourceError, match="ended after 10 of 25"):
        run(service.url, tmp_path, records="items", pages={"type": "page", "total": "total"})


@pytest.mark.parametrize(
    ("style", "said"),
    [
        ({"type": "cursor", "path": "next"}, "go in circles"),
        ({"type": "next", "path": "url"}, "go in circles"),
        ({"type": "link"}, "go in circles"),
        ({"type": "page"}, "are the same"),
        ({"type": "offset", "size": 2}, "are the same"),
    ],
)
def test_pages_that_go_in_circles_are_an_error(style: dict[str, Any], said: str, tmp_path: Path) -> None:
    same = Reply({"items": people(2), "next": "a", "url": "/?x=1"}, headers={"Link": '</?x=1>; rel="next"'})
    with rest(lambda _: same) as service, pytest.raises(SourceError, match=said):
        run(service.url, tmp_path, records="items", pages=style)
    assert len(service.asked) <= 3


def test_pages_without_end_stop_at_max_pages(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.params["page"])
        return Reply([{"id": number, "email": None}])

    with rest(answer) as service, pytest.raises(SourceError, match="more than 7 pages"):
        run(service.url, tmp_path, pages={"type": "page"}, max_pages=7)
    assert len(service.asked) == 7


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Reply({"error": "jane@example.com has no access"}),
            "no array of records at `records:`: it is an object with error",
        ),
        (Reply({"items": {"jane@example.com": 1}}), "no array of records"),
        (Reply({"items": [1]}), "record 1 of the answer is not an object"),
        (Reply({"items": [{"id": 1}, {"id": 2}, None]}), "record 3"),
        (Reply(b'{"items": [{"id": 1}, {"id"'), "is not JSON, at character"),
        (Reply(b'{"items": [{"id": NaN}]}'), "NaN or Infinity"),
        (Reply(b'{"items": [{"id": 1, "id": 2}]}'), "a key that occurs twice"),
        (Reply(b'{"items": [{"id": "\\ud800"}]}'), "surrogate"),
        (Reply(b'{"items": [{"id": "\xff"}]}'), "not UTF-8"),
        (Reply(b"[" * 100_000), "nested too deeply"),
        (Reply(b""), "not JSON|empty"),
        (Reply(b"<html>jane@example.com</html>", headers={"Content-Type": "text/html"}), "not JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_not_what_was_declared_is_refused_without_its_values(
    answer: Reply, said: str, tmp_path: Path
) -> None:
    with rest(lambda _: answer) as service, pytest.raises(SourceError, match=said) as error:
        run(f"{service.url}/items", tmp_path, records="items")
    assert "jane" not in str(error.value) and error.value.where.endswith("/items")
    assert error.value.as_json()["error"] == "SourceError"
    assert error.value.remedy or "character" not in said


def test_values_are_text_as_they_are_written_and_paths_lead_inside(tmp_path: Path) -> None:
    body = """[{"id": 1.10, "big": 123456789012345678901234567890, "yes": true, "no": null, "name": "Zoë \\"Z\\"",
      "address": {"city": "Ulm", "lines": ["a", "b"]},
      "mails": [{"kind": "home", "at": "h"}, {"kind": "work", "at": "w"}],
      "a.b": "own", "empty": "", "nested": {"x": [1.50, {"y": false}]}}, {"address": null}]"""
    names = ("id", "big", "yes", "no", "name", "address.city", "address.lines[1]", "mails[kind=work].at", "a.b",
             "empty", "nested", "missing.deep")  # fmt: skip
    with rest(lambda _: Reply(body.encode())) as service:
        _, (first, second) = run(service.url, tmp_path, columns=names)
    assert list(first.values()) == ["1.10", "123456789012345678901234567890", "true", None, 'Zoë "Z"', "Ulm", "b",
                                    "w", "own", None, '{"x":[1.50,{"y":false}]}', None]  # fmt: skip
    assert set(second.values()) == {None}


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("jsonl", b'{"id": 0, "email": "a"}\r\n\n{"id": 1, "email": null}'),
        ("csv", b'\xef\xbb\xbfemail,other,id\r\na,"x\n""y""",0\r\n\r\n,,1\r\n'),
    ],
)
def test_json_lines_and_csv_are_read_as_well(format: str, body: bytes, tmp_path: Path) -> None:
    with rest(lambda _: Reply(body)) as service:
        _, found = run(service.url, tmp_path, format=format)
        assert found == [{"id": "0", "email": "a"}, {"id": "1", "email": None}]
        service.faults = [Reply(body, headers={"Content-Length": ""})] * 3
        with pytest.raises(SourceError, match="does not say where it ends"):
            run(service.url, tmp_path, format=format)


def test_each_value_of_a_list_is_a_part_of_its_own(tmp_path: Path) -> None:
    with rest(lambda asked: Reply([{"id": asked.path, "email": asked.params["kind"]}])) as service:
        opened = source(
            service.url + "/shops/{shop}/people", tmp_path, params={"kind": "{kind}", "deep": "1"},
            for_each={"shop": ["a/b", "ü"], "kind": ["x", "y"]},
        )  # fmt: skip
        listing, found = read(opened)
    assert [part.id.partition("#")[2] for part in listing.partitions] == [
        "shop=a/b,kind=x", "shop=a/b,kind=y", "shop=ü,kind=x", "shop=ü,kind=y",
    ]  # fmt: skip
    assert found[0] == {"id": "/shops/a%2Fb/people", "email": "x"}


def test_many_small_pages_become_few_batches_and_no_more_are_held(tmp_path: Path) -> None:
    with rest(paged(people(10_000), size=500)) as service:
        opened = source(service.url, tmp_path, records="data.items", pages={"type": "link"})
        batches = opened.read(opened.list(Progress()).partitions[0])
        assert next(batches).num_rows == 4500 and len(service.asked) == 9
        assert [batch.num_rows for batch in batches] == [4500, 1000]


def test_without_named_columns_those_of_the_first_page_are_given(tmp_path: Path) -> None:
    with rest(paged(people(15))) as service:
        opened = source(service.url, tmp_path, columns=None, records="data.items", pages={"type": "link"})
        assert opened.schema().names == ["id", "email"] and len(read(opened)[1]) == 15
