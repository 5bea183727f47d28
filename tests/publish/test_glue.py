"""Tables in S3 and the Glue catalog: what the commit promises for a file on this machine, it promises there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers.aws import REGION, Aws, aws

from antechamber.catalog import open_catalog
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import CatalogError, PublishError
from antechamber.job import open_job
from antechamber.pipeline import run
from antechamber.publish import Stamp, commit, read_quarantine, runs_in

KEY = "00112233445566778899aabbccddeeff" * 2

WORKSPACE = """
workspace: small
store: s3://{bucket}/store
catalog: {{type: glue}}
tenants:
  acme: {{key: "env:ACME_KEY", kms_key: alias/acme}}
"""

LOYALTY = """
connector: loyalty
tenant: acme
source: {type: landing, path: "landing/*.csv", settle: 0}
columns:
  id: {type: id}
  email: {type: email, protect: sha256, on_invalid: quarantine}
  points: {type: integer}
table: {name: loyalty, mode: upsert, key: id}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Aws]:
    with aws() as running:
        key = running.client("kms").create_key()["KeyMetadata"]["KeyId"]
        running.client("kms").create_alias(AliasName="alias/acme", TargetKeyId=key)
        yield running


@pytest.fixture
def bucket(server: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ACME_KEY", KEY)
    server.faults.clear()
    glue = server.client("glue")
    for database in glue.get_databases()["DatabaseList"]:
        for table in glue.get_tables(DatabaseName=database["Name"])["TableList"]:
            glue.delete_table(DatabaseName=database["Name"], Name=table["Name"])
    return server.bucket()


@pytest.fixture
def declared(bucket: str, tmp_path: Path) -> Declarations:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "antechamber.yaml").write_text(WORKSPACE.format(bucket=bucket))
    (tmp_path / "connectors/loyalty.yaml").write_text(LOYALTY)
    return load_workspace(tmp_path)


def drop(server: Aws, bucket: str, name: str, *lines: str) -> None:
    body = "\n".join(("id,email,points", *lines, "")).encode()
    server.client("s3").put_object(Bucket=bucket, Key=f"store/landing/{name}", Body=body)


def points(declared: Declarations) -> dict[str, int]:
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "loyalty"))
    return {row["id"]: row["points"] for row in table.scan().to_arrow().to_pylist()}


def test_a_run_on_s3_publishes_quarantines_archives_and_all_of_it_is_encrypted_with_the_tenants_key(
    server: Aws, bucket: str, declared: Declarations
) -> None:
    drop(server, bucket, "a.csv", "1,a@x.test,1", "2,b@x.test,2", "3,nobody,3")
    first = run(declared, "loyalty")
    drop(server, bucket, "b.csv", "1,a@x.test,10", "4,d@x.test,4")
    second = run(declared, "loyalty")
    assert (first.status, first.published, first.quarantined) == ("succeeded", 2, 1), first.error
    assert (second.status, second.published, second.updated) == ("succeeded", 2, 1), second.error
    assert points(declared) == {"1": 10, "2": 2, "4": 4}
    kept = {key.removeprefix("store/") for key in server.keys(bucket)}
    assert not {key for key in kept if key.startswith("landing/")}
    assert {f"tenants/acme/archive/loyalty/{name}.csv" for name in "ab"} <= kept
    job_quarantine = [key for key in kept if key.startswith("tenants/acme/quarantine/")]
    assert [key.rpartition("/")[2].partition(".")[0] for key in job_quarantine] == [first.run]
    heads = {key: server.client("s3").head_object(Bucket=bucket, Key=f"store/{key}") for key in kept}
    sealed = {key for key, head in heads.items() if head.get("ServerSideEncryption") == "aws:kms"}
    assert sealed == kept and {head["SSEKMSKeyId"] for head in heads.values()} == {"alias/acme"}


def test_quarantine_in_s3_is_read_back_with_the_tenants_key(server: Aws, bucket: str, declared: Declarations) -> None:
    from antechamber.catalog import Layout

    drop(server, bucket, "a.csv", "1,a@x.test,1", "3,nobody,3")
    record = run(declared, "loyalty")
    location = Layout.of(declared.workspace, declared.root).quarantine("acme", "loyalty")
    (found,) = read_quarantine(location, record.run, bytes.fromhex(KEY))
    assert found.column == "email" and found.line == 3


def test_what_glue_keeps_of_a_table_is_what_athena_and_clean_rooms_look_for(
    server: Aws, bucket: str, declared: Declarations
) -> None:
    drop(server, bucket, "a.csv", "1,a@x.test,1")
    run(declared, "loyalty")
    table = server.client("glue").get_table(DatabaseName="acme", Name="loyalty")["Table"]
    assert table["TableType"] == "EXTERNAL_TABLE" and table["Parameters"]["table_type"] == "ICEBERG"
    assert table["Parameters"]["metadata_location"].startswith(f"s3://{bucket}/store/tenants/acme/tables/loyalty/")
    columns = {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}
    assert columns == {"id": "string", "email": "string", "points": "bigint"}
    assert all(len(value.encode()) <= 512_000 for value in table["Parameters"].values())


def test_a_commit_on_top_of_another_writers_is_refused_and_run_again(
    server: Aws, bucket: str, declared: Declarations
) -> None:
    from contextlib import ExitStack

    drop(server, bucket, "a.csv", "1,a@x.test,1")
    run(declared, "loyalty")
    with ExitStack() as stack:
        stale = open_job(declared, "loyalty", stack).open_table()
    drop(server, bucket, "b.csv", "2,b@x.test,2")
    run(declared, "loyalty")
    with pytest.raises(PublishError, match="another writer committed"):
        commit(stale, [], mode="append", stamp=Stamp("run-stale", "loyalty"))
    assert points(declared) == {"1": 1, "2": 2}


def test_a_commit_that_landed_while_its_answer_was_lost_is_found_and_not_made_twice(
    server: Aws, bucket: str, declared: Declarations
) -> None:
    drop(server, bucket, "a.csv", "1,a@x.test,1")
    assert run(declared, "loyalty").status == "succeeded"
    drop(server, bucket, "b.csv", "2,b@x.test,2")
    # boto repeats the request, and Glue answers that the version is no longer the current one.
    lost = server.disturb("glue", "UpdateTable", lost=True)
    second = run(declared, "loyalty")
    assert lost.times == 0 and second.status == "succeeded", second.error
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "loyalty"))
    assert [each.run_id for each in runs_in(table)].count(second.run) == 1
    assert points(declared) == {"1": 1, "2": 2}


def test_two_writers_at_the_same_moment_never_overwrite_each_other(
    server: Aws, bucket: str, declared: Declarations
) -> None:
    from contextlib import ExitStack

    drop(server, bucket, "a.csv", "1,a@x.test,1")
    run(declared, "loyalty")
    with ExitStack() as stack:
        job = open_job(declared, "loyalty", stack)
        ours = job.open_table()
        plain = ours.catalog._update_glue_table  # type: ignore[attr-defined]

        def late(**arguments: object) -> None:
            # Between our look at the table and our update of it another writer commits.
            ours.catalog._update_glue_table = plain  # type: ignore[attr-defined]
            other = job.open_table()
            commit(other, [], mode="append", stamp=Stamp("run-other", "loyalty"))
            plain(**arguments)

        ours.catalog._update_glue_table = late  # type: ignore[attr-defined]
        with pytest.raises(PublishError, match="another writer committed"):
            commit(ours, [], mode="append", stamp=Stamp("run-ours", "loyalty"))
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "loyalty"))
    assert [each.run_id for each in runs_in(table)][-1] == "run-other"


def test_a_throttled_store_is_asked_again(server: Aws, bucket: str, declared: Declarations) -> None:
    drop(server, bucket, "a.csv", "1,a@x.test,1")
    throttled = server.disturb("s3", r"PUT .*/data/.*\.parquet", times=2)
    record = run(declared, "loyalty")
    assert throttled.times == 0 and record.status == "succeeded", record.error
    assert points(declared) == {"1": 1}


def test_a_catalog_without_a_region_says_what_to_set(declared: Declarations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(CatalogError) as refused:
        open_catalog(declared.workspace, declared.root)
    assert "catalog.region" in refused.value.remedy
    assert REGION not in str(refused.value)
