"""The example of docs/reference/sources/mysql.md, as printed, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML
from tests.connect.relational_table import run
from tests.servers.mariadb import MariaDB

from antechamber.declare.connector import Connector
from antechamber.declare.source import DatabaseSource

PAGE = Path(__file__).parents[2] / "docs/reference/sources/mysql.md"


def test_the_example_reads_all_and_then_what_changed(mariadb: MariaDB, database: str, tmp_path: Path) -> None:
    page = PAGE.read_text()
    (make,) = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (declared,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    connector = Connector.model_validate(YAML(typ="safe").load(declared))
    assert isinstance(connector.source, DatabaseSource)
    try:
        with mariadb.connect(database=database) as connection, connection.cursor() as cursor:
            for statement in filter(str.strip, re.split(r";\n", make)):
                cursor.execute(statement)
        url = mariadb.url("antechamber", "change%20me", database)
        options = connector.source.model_dump(include={"table", "watermark"})
        columns = list(connector.columns)
        first, rows = run("mysql", url, tmp_path, columns=columns, **options)
        assert [str(row["balance"]) for row in rows] == ["19.90", "5.00"] and first.skipped == ()
        mariadb.run(f"UPDATE {database}.customers SET balance = 6 WHERE customer_id = 2")
        second, rows = run("mysql", url, tmp_path, columns=columns, last=first.watermark, **options)
        assert [str(row["balance"]) for row in rows] == ["6.00"] and second.skipped == ()
    finally:
        mariadb.run("DROP USER IF EXISTS antechamber@'%'")
