"""The example of docs/reference/sources/postgresql.md, as printed, against a real server."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML
from tests.connect.cdc_workspace import Captured
from tests.connect.postgres_table import run
from tests.servers.postgres import Postgres

from antechamber.connect.postgresql import PostgresqlSource
from antechamber.declare.connector import Connector

PAGE = Path(__file__).parents[2] / "docs/reference/sources/postgresql.md"


def test_the_example_reads_all_and_then_what_changed(postgres: Postgres, tmp_path: Path) -> None:
    page = PAGE.read_text()
    make, touch, _ = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    declared, _ = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
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


def test_the_example_of_change_capture_works_with_what_the_owner_is_told_to_make(
    postgres: Postgres, tmp_path: Path
) -> None:
    page = PAGE.read_text()
    owner = re.findall(r"^```sql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[2].strip().removesuffix(";")
    declared = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
    shop = Captured(tmp_path / "ws", postgres, "public.customers")
    (shop.root / "antechamber.yaml").write_text('workspace: shop\ntenants: {acme: {key: "file:keys/acme.key"}}\n')
    (shop.root / "connectors/people.yaml").write_text(
        declared.replace("connector: customers", "connector: people")
        .replace("env:SHOP_URL", "file:keys/url")
        .replace("name: customers", "name: people")
    )
    shop.slot = "antechamber_shop_acme_people"
    postgres.run("CREATE TABLE public.customers (customer_id int PRIMARY KEY, email text)")
    try:
        make, slot = owner.replace("antechamber_shop_acme_customers", shop.slot).split(";\n")
        assert f"the table's owner runs: {make}; {slot}" in shop.refused()
        postgres.run(
            make, f"SELECT 1 FROM ({slot}) AS made", "INSERT INTO public.customers VALUES (1, 'a@example.com')"
        )
        shop.succeed()
        postgres.run(
            "INSERT INTO public.customers VALUES (2, 'b@example.com')",
            "DELETE FROM public.customers WHERE customer_id = 1",
        )
        shop.succeed()
        assert [row["customer_id"] for row in shop.rows()] == [2]
    finally:
        shop.drop()
        postgres.run("DROP TABLE public.customers")
