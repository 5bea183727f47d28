"""Tables of a Glue catalog elsewhere, in S3: Iceberg and plain Parquet are read for their own tenant alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from pyiceberg.catalog.glue import GlueCatalog
from tests.collaborate.api.premises import (
    TENANTS,
    Pair,
    custom,
    finished,
    lay_out,
    paired,
    publish,
    s3,
    serving,
    share,
)
from tests.servers.aws import REGION, aws

from antechamber.catalog import open_catalog
from antechamber.declare import Declarations, load_workspace
from antechamber.object_io import ObjectIO

PEOPLE = pa.table({"Email": ["e1", "e2", "e3"], "points": [1, 2, 3], "unread": ["x", "y", "z"]})
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
COLUMNS = [{"Name": "email", "Type": "string"}, {"Name": "points", "Type": "bigint"}]
SNOWFLAKE = """\
connector: orders
tenant: acme
source: {type: snowflake, url: "env:URL", table: SALES.ORDERS}
columns: {email: {type: string}, points: {type: integer}}
table: {name: orders}
"""


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declarations]:
    """acme may share what is in the database `crm` of a Glue catalog."""
    with aws() as server, pytest.MonkeyPatch.context() as patched:
        for name, value in server.environment.items():
            patched.setenv(name, value)
        bucket, glue = server.bucket(), server.client("glue")
        for database in ("crm", "secret"):
            glue.create_database(DatabaseInput={"Name": database})
        through = {"py-io-impl": f"{ObjectIO.__module__}.{ObjectIO.__name__}"}
        place = {"glue.region": REGION, "glue.endpoint": server.endpoint}
        catalog = GlueCatalog("elsewhere", **place, **through)
        lower = PEOPLE.rename_columns(["email", "points", "unread"])
        for database in ("crm", "secret"):
            made = catalog.create_table((database, "iceberg"), lower.schema, location=f"s3://{bucket}/{database}")
            made.append(lower)
        folder = f"s3://{bucket}/plain"
        for day, rows in (("day=1", PEOPLE.slice(0, 2)), (f"day={'__HIVE_DEFAULT_PARTITION__'}", PEOPLE.slice(2))):
            sink = io.BytesIO()
            pq.write_table(rows, sink)
            for key, body in ((f"plain/{day}/a.parquet", sink.getvalue()), (f"plain/{day}/_SUCCESS", b"no")):
                server.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        described: dict[str, Any] = {"Columns": COLUMNS, "Location": folder, "InputFormat": PARQUET}
        keys = {"PartitionKeys": [{"Name": "day", "Type": "int"}], "TableType": "EXTERNAL_TABLE"}
        glue.create_table(DatabaseName="crm", TableInput={"Name": "plain", "StorageDescriptor": described, **keys})
        for value in ("1", "__HIVE_DEFAULT_PARTITION__"):
            place = {**described, "Location": f"{folder}/day={value}"}
            glue.create_partition(
                DatabaseName="crm", TableName="plain", PartitionInput={"Values": [value], "StorageDescriptor": place}
            )
        text = {**described, "InputFormat": "org.apache.hadoop.mapred.TextInputFormat"}
        glue.create_table(DatabaseName="crm", TableInput={"Name": "lines", "StorageDescriptor": text})
        glue.create_table(
            DatabaseName="crm",
            TableInput={"Name": "seen", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": described},
        )
        root = tmp_path_factory.mktemp("elsewhere")
        declared = lay_out(root)
        workspace = (root / "antechamber.yaml").read_text()
        account = f'account: "{TENANTS["acme"]}"'
        added = f'{account}, glue: {{databases: [crm], region: {REGION}, endpoint: "{server.endpoint}"}}'
        (root / "antechamber.yaml").write_text(workspace.replace(account, added))
        (root / "connectors/orders.yaml").write_text(SNOWFLAKE)
        publish(open_catalog(declared.workspace, root), "acme", "orders", {"email": ["e1", "e2"], "points": [7, 8]})
        yield load_workspace(root)


@pytest.fixture(scope="module")
def pair(declared: Declarations) -> Iterator[Pair]:
    with serving(declared, region=REGION) as premises:
        yield paired(premises)


def table_at(name: str, reference: dict[str, Any], *columns: str) -> dict[str, Any]:
    return {
        "name": name,
        "tableReference": reference,
        "allowedColumns": list(columns),
        "analysisMethod": "DIRECT_QUERY",
    }


def answer(pair: Pair, root: Path, sql: str) -> list[str]:
    asked = pair.acme.start_protected_query(
        type="SQL", membershipIdentifier=pair.ours, sqlParameters={"queryString": sql}, resultConfiguration=s3()
    )["protectedQuery"]
    over = finished(pair.acme, pair.ours, asked["id"])
    assert over["status"] == "SUCCESS", over
    place: str = over["result"]["output"]["s3"]["location"]
    return sorted((root / "results" / place.removeprefix("s3://")).read_text().replace('"', "").split()[1:])


ANY = custom("ANY_QUERY", allowedAnalysisProviders=[TENANTS["acme"]])
SCHEMA = [{"columnName": "email", "columnType": "string"}, {"columnName": "points", "columnType": "int"}]
AT_SNOWFLAKE = {
    "secretArn": "arn:aws:secretsmanager:us-east-1:111111111111:secret:sf",
    "accountIdentifier": "acme-eu",
    "databaseName": "CRM",
    "schemaName": "SALES",
    "tableSchema": {"v1": SCHEMA},
}


@pytest.mark.parametrize(
    ("name", "reference", "columns", "sql", "rows"),
    [
        (
            "iced",
            {"glue": {"databaseName": "crm", "tableName": "iceberg"}},
            ("email", "points"),
            "SELECT email, points FROM iced",
            ["e1,1", "e2,2", "e3,3"],
        ),
        (
            "flat",
            {"glue": {"databaseName": "crm", "tableName": "plain"}},
            ("email", "points", "day"),
            "SELECT email, points, COALESCE(day, 0) AS d FROM flat",
            ["e1,1,1", "e2,2,1", "e3,3,0"],
        ),
        (
            "counted",
            {"athena": {"workGroup": "primary", "databaseName": "crm", "tableName": "plain"}},
            ("email",),
            "SELECT COUNT(*) AS n FROM counted",
            ["3"],
        ),
        (
            "ordered",
            {"snowflake": {**AT_SNOWFLAKE, "tableName": "ORDERS"}},
            ("email", "points"),
            "SELECT email, points FROM ordered",
            ["e1,7", "e2,8"],
        ),
    ],
)
def test_a_table_elsewhere_is_read(
    declared: Declarations,
    pair: Pair,
    name: str,
    reference: dict[str, Any],
    columns: tuple[str, ...],
    sql: str,
    rows: list[str],
) -> None:
    share(pair.acme, pair.ours, table_at(name, reference, *columns), name, ANY)
    shown = pair.acme.get_schema(collaborationIdentifier=pair.collaboration, name=name)["schema"]
    assert {each["name"] for each in (*shown["columns"], *shown["partitionKeys"])} == set(columns)
    assert answer(pair, declared.root, sql) == rows


@pytest.mark.parametrize(
    ("tenant", "reference", "says"),
    [
        (
            "acme",
            {"glue": {"databaseName": "secret", "tableName": "iceberg"}},
            "no such table",
        ),
        (
            "streamly",
            {"glue": {"databaseName": "crm", "tableName": "iceberg"}},
            "no such table",
        ),
        (
            "acme",
            {"glue": {"databaseName": "crm", "tableName": "absent"}},
            "no such table",
        ),
        ("acme", {"glue": {"databaseName": "crm", "tableName": "lines"}}, "its files are not Parquet"),
        (
            "acme",
            {"athena": {"workGroup": "w", "databaseName": "crm", "tableName": "seen"}},
            "it is a view, which AWS runs",
        ),
    ],
)
def test_what_is_another_s_or_of_another_kind_is_refused(
    pair: Pair, tenant: str, reference: dict[str, Any], says: str
) -> None:
    with pytest.raises(ClientError, match=says):
        getattr(pair, tenant).create_configured_table(**table_at("x", reference, "email"))


def test_a_table_of_another_service_that_no_connector_reads_cannot_be_asked(
    declared: Declarations, pair: Pair
) -> None:
    share(
        pair.acme,
        pair.ours,
        table_at("else", {"snowflake": {**AT_SNOWFLAKE, "tableName": "OTHER"}}, "email"),
        "other",
        ANY,
    )
    with pytest.raises(ClientError, match="other is not a table that this server can read"):
        answer(pair, declared.root, "SELECT email FROM other")
