"""The example of docs/reference/sources/postgresql.md, as printed, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML
from tests.connect.postgres_table import run
from tests.servers.postgres import Postgres

from antechamber.connect.postgresql import PostgresqlSource
from antechamber.declare.connector import Connector

PAGE = Path(__file__).parents[2] / "docs/reference/sources/postgresql.md"


def test_the_example_reads_all_and_then_what_changed(postgres: Postgres, tmp_path: Path) -> None:
    page = PAGE.read_text()
    make, touch = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (declared,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    connector = Connector.model_validate(YAML(typ="safe").load(declared))
    assert isinstance(connector.source, PostgresqlSource)
    try:
        for script in (make, touch):
            postgres.run(*filter(str.strip, re.split(r";\n", script)))
        url = postgres.url("antechamber", "change%20me")
        options = connector.source.model_dump(include={"table", "partition_on"})
        first, rows = run(url, tmp_path, watermark_column=connector.source.watermark, **options)
        assert [str(row["amount"]) for row in rows] == ["19.90", "5.00"] and first.skipped == ()
        postgres.run("UPDATE public.orders SET amount = 6 WHERE order_id = 2")
        second, rows = run(
            url, tmp_path, watermark=first.watermark, watermark_column=connector.source.watermark, **options
        )
        assert [str(row["amount"]) for row in rows] == ["6.00"] and second.skipped == ()
    finally:
        postgres.run("DROP TABLE IF EXISTS public.orders", "DROP FUNCTION IF EXISTS public.touch")
        postgres.run("REVOKE pg_read_all_stats FROM antechamber", "DROP ROLE IF EXISTS antechamber")
