"""The dlt source: what any source of the library yields comes down our path; what it remembers lies in our commit."""

from __future__ import annotations

import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.connect import dlt_example
from tests.connect.http_service import cli, paged, people, published, texts, workspace
from tests.servers.rest import Asked, Reply, rest

from antechamber.connect.dlt import DltRecords, DltSource
from antechamber.declare.connector import Connector
from antechamber.errors import AntechamberError, SourceError
from antechamber.records import Progress
from antechamber.secrets import Secrets

SECRET = "hunter2-5f4dcc3b"
SHOP: dict[str, Any] = {
    "name": "tests.connect.dlt_example:shop",
    "resource": "events",
    "secrets": {"token": "file:s"},
}


def run(
    folder: Path, *, watermark: Any = None, full: bool = False, columns: Any = None, **declared: Any
) -> tuple[Any, pa.Table]:
    """(what the commit would record, the records read)."""
    (folder / "s").write_text(SECRET)
    model = DltSource.model_validate({"type": "dlt", **declared})
    source = DltRecords(model, secrets=Secrets(folder), columns=columns)
    listing = source.list(Progress(watermark=watermark), full=full)
    batches = [batch for each in listing.partitions for batch in source.read(each)]
    mark = source.watermark(listing)
    source.close()
    table = (
        pa.concat_tables([pa.Table.from_batches([batch]) for batch in batches], promote_options="default")
        if batches
        else pa.table({})
    )
    return json.loads(json.dumps(mark)), table


def rest_api(url: str, **more: Any) -> dict[str, Any]:
    """dlt's own REST source, set to the tests' service."""
    client = {"base_url": url, "auth": {"type": "bearer"}, "paginator": {"type": "header_link"}}
    people = {"name": "people", "endpoint": {"path": "people", "data_selector": "data.items", **more}}
    return {
        "name": "rest_api", "resource": "people", "secrets": {"config.client.auth.token": "file:s"},
        "arguments": {"config": {"client": client, "resources": [people, {"name": "other", "endpoint": "other"}]}},
    }  # fmt: skip


def test_the_rest_source_of_dlt_gives_every_page_with_the_secret_and_no_other(tmp_path: Path) -> None:
    with rest(paged(people(25))) as service:
        _, table = run(tmp_path, columns=("id", "email"), **rest_api(service.url))
        assert table.to_pylist() == texts(people(25))
        assert {asked.headers["Authorization"] for asked in service.asked} == {f"Bearer {SECRET}"}


def test_the_rest_source_of_dlt_goes_on_where_the_commit_says(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "email": "a", "at": "2026-11-01"},
        {"id": 2, "email": "b", "at": "2026-11-02"},
    ]

    def answer(asked: Asked) -> Reply:
        return Reply({"data": {"items": [row for row in rows if row["at"] >= asked.params["since"]]}})

    with rest(answer) as service:
        options = rest_api(
            service.url, params={"since": "{incremental.start_value}"},
            incremental={"cursor_path": "at", "initial_value": "2026-01-01"},
        )  # fmt: skip
        mark, table = run(tmp_path, **options)
        assert table.num_rows == 2
        rows.append({"id": 3, "email": "c", "at": "2026-11-02"})
        newer, table = run(tmp_path, watermark=mark, **options)
        assert [row["id"] for row in table.to_pylist()] == ["3"]
        assert service.asked[-1].params == {"since": "2026-11-02"}
        assert run(tmp_path, watermark=newer, **options)[1].num_rows == 0
        assert run(tmp_path, watermark=newer, full=True, **options)[1].num_rows == 3


def test_a_generator_remembers_in_the_commit_and_a_failed_run_leaves_no_trace(tmp_path: Path) -> None:
    dlt_example.EVENTS[:] = [{"id": number, "at": number} for number in range(5)]
    mark, table = run(tmp_path, **SHOP)
    assert table.num_rows == 5
    dlt_example.EVENTS.append({"id": 5, "at": 5})
    (tmp_path / "s").write_text(SECRET)
    with pytest.raises(SourceError) as error:
        run(tmp_path, watermark=mark, **SHOP, arguments={"fail": True})
    changed = error.value
    assert "before it was changed" in str(changed)
    assert run(tmp_path, watermark=mark, **SHOP)[1].to_pylist() == [{"id": "5", "at": "5"}]
    assert SECRET not in json.dumps(mark)


def test_a_failure_tells_its_kinds_and_neither_values_nor_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError, match=r"the source failed \(ResourceExtractionError from ValueError\)") as error:
        run(tmp_path, **SHOP, arguments={"fail": True})
    missing = Reply({"error": "jane@example.com"}, status=404)
    with rest(lambda _: missing) as service, pytest.raises(SourceError, match="HTTPError, status 404") as other:
        run(tmp_path, **rest_api(service.url))
    told = f"{error.value}{error.value!r}{other.value}{caplog.text}"
    assert SECRET not in told and "jane" not in told


def test_values_are_text_and_paths_lead_inside(tmp_path: Path) -> None:
    names = (
        "id",
        "yes",
        "big",
        "float",
        "cents",
        "nan",
        "when",
        "day",
        "raw",
        "uuid",
        "deep",
        "deep.list[k=a].v",
        "none",
    )
    _, table = run(tmp_path, columns=names, **{**SHOP, "resource": "values"})
    assert list(table.to_pylist()[0].values()) == [
        "1", "true", "12345678901234567890123", "10000000000000000000000", "1.10", None,
        "2026-11-24T08:00:00+00:00",
        "2026-11-24", "abc", "00000000-0000-0000-0000-000000000007",
        '{"list":[{"k":"a","v":2.50},null]}', "2.50", None,
    ]  # fmt: skip


def test_arrow_tables_keep_their_types(tmp_path: Path) -> None:
    _, table = run(tmp_path, name="tests.connect.dlt_example:tables", columns=("id", "cents", "more.a"))
    assert table.schema.field("cents").type == pa.decimal128(5, 2) and table.schema.field("id").type == pa.int64()
    assert table.column("more.a").to_pylist() == ["1", "1", None]


@pytest.mark.parametrize("backend", ["pyarrow", "sqlalchemy"])
def test_a_database_is_read_by_dlt_and_only_what_changed_the_next_time(backend: str, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, changed INTEGER)")
    database.executemany(
        "INSERT INTO orders VALUES (?, ?, ?)", [(number, f"n{number}", number) for number in range(300)]
    )
    database.commit()
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/shop.db")
    options: dict[str, Any] = {
        "name": "sql_table", "arguments": {"table": "orders", "backend": backend},
        "secrets": {"credentials": "file:url"},
        "incremental": {"cursor": "changed", "type": "integer", "start": "10"}, "columns": ("id", "name"),
    }  # fmt: skip
    mark, table = run(tmp_path, **options)
    assert table.num_rows == 290
    database.execute("UPDATE orders SET name = 'new', changed = 1000 WHERE id = 5")
    database.commit()
    _, table = run(tmp_path, watermark=mark, **options)
    assert [(str(row["id"]), row["name"]) for row in table.to_pylist()] == [("5", "new")]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"name": "no.such.module:f"}, "the module 'no' is not installed"),
        ({"name": "tests.connect.dlt_example:nothing"}, "has no 'nothing'"),
        ({"name": "tests.connect.dlt_example:not_a_source"}, "neither a source nor a resource"),
        ({"name": "tests.connect.dlt_example:nonsense"}, "yields a int, which is no record"),
        ({**SHOP, "resource": None}, "there are 2 resources"),
        ({**SHOP, "resource": "evnts"}, "no resource 'evnts'"),
        ({**SHOP, "secrets": {}}, "is not told token"),
        ({**SHOP, "secrets": {"a[3].b": "file:s"}}, "leads nowhere"),
        ({**SHOP, "arguments": {"colour": "red"}}, "the source failed"),
    ],
)
def test_a_source_that_cannot_be_made_says_what_is_missing(
    declared: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(AntechamberError, match=said):
        run(tmp_path, **declared)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"name": "shopify"}, ["name"]),
        ({"arguments": {"config": {"client": {"auth": {"token": SECRET}}}}}, ["token"]),
        ({"arguments": {"credentials": f"postgresql://u:{SECRET}@h/d"}}, ["credentials"]),
        ({"arguments": {"headers": {"X-Api_Key": "k"}}}, []),
        ({"incremental": {"cursor": "at"}, "state": False}, ["incremental"]),
    ],
)
def test_a_mistake_of_a_declaration_is_told_at_its_key(changed: dict[str, Any], where: list[str]) -> None:
    connector = Connector.model_validate(
        {
            "connector": "c", "tenant": "t", "source": {"type": "dlt", "name": "rest_api", **changed},
            "columns": {"id": {"type": "id"}}, "table": {"name": "n"},
        }
    )  # fmt: skip
    found = list(connector.source.mistakes(connector))
    assert [mistake.path[-1] for mistake in found] == where
    assert SECRET not in str(found[0].what if found else "")


def test_nothing_is_written_anywhere_and_nothing_but_the_declaration_is_asked(tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here / ".dlt", tmp_path / "tmp"):
        folder.mkdir(parents=True)
    (here / ".dlt/secrets.toml").write_text('token = "from a file"\n')
    (here / "s").write_text(SECRET)
    script = f"""
import sys
from pathlib import Path
writes = []
def hook(event, args):
    if event == "open" and isinstance(args[1], str) and any(c in args[1] for c in "wax+"): writes.append(str(args[0]))
    if event in ("os.mkdir", "socket.connect"): writes.append(f"{{event}} {{args}}")
sys.addaudithook(hook)
from tests.connect import dlt_example
from tests.connect.test_dlt import run, SHOP
dlt_example.EVENTS[:] = [{{"id": 1, "at": 1, "email": "jane@example.com"}}]
mark, table = run(Path({str(here)!r}), **SHOP)
assert table.num_rows == 1
try:
    run(Path({str(here)!r}), **{{**SHOP, "secrets": {{}}}})
except Exception as error:
    assert "is not told token" in str(error), error
else:
    raise SystemExit("a secret came from a file")
writes = [each for each in writes if each != {str(here / "s")!r} and "__pycache__" not in each]
assert not writes, writes
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script], cwd=here, capture_output=True, text=True, check=False,
        env={
            **os.environ, "HOME": str(home), "TMPDIR": str(tmp_path / "tmp"), "TOKEN": "x",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(home.rglob("*")) and not list((tmp_path / "tmp").rglob("*"))


def test_the_example_of_the_docs_is_checked_and_read_and_only_what_changed_is_read_again(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/reference/sources/dlt.md").read_text()
    declared = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    rows = [
        {"id": n, "email": f"p{n}@example.test", "address": {"city": "Ulm"}, "updated_at": f"2026-11-{n:02}"}
        for n in range(1, 9)
    ]

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != "Bearer hunter2":
            return Reply(status=401)
        return Reply({"data": {"items": [row for row in rows if str(row["updated_at"]) >= asked.params["since"]]}})

    with rest(answer) as service:
        workspace(tmp_path, declared.replace("https://api.example.com", service.url))
        code, said, error = cli(tmp_path, "check", "people")
        assert code == 0, error
        assert said["connectors"][0]["sampled"] == 8 and said["connectors"][0]["unnamed_columns"] == ["updated_at"]
        assert cli(tmp_path, "run", "people")[0] == 0
        service.faults = [Reply(status=403)]
        code, said, error = cli(tmp_path, "run", "people")
        assert code == 1 and "status 403" in json.dumps(said) + error and "hunter2" not in json.dumps(said) + error
        rows[0] |= {"address": {"city": "Bonn"}, "updated_at": "2026-11-30"}
        assert cli(tmp_path, "run", "people")[0] == 0
        assert service.asked[-1].params == {"since": "2026-11-08"}
    cities = {row["person_id"]: row["city"] for row in published(tmp_path, "people").scan().to_arrow().to_pylist()}
    assert cities == {"1": "bonn", **{str(n): "ulm" for n in range(2, 9)}}
    assert not [path for path in tmp_path.rglob("*") if "dlt" in path.name]
