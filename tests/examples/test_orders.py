"""The example's orders live in a real PostgreSQL server, and change as they are said to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi
from tests.examples.conftest import SPEC

from antechamber.examples.retail import change_orders, load_orders, postgres, queries
from antechamber.examples.retail.orders import changed, orders


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres.start(tmp_path_factory.mktemp("server")) as url:
        yield url


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_table_holds_the_orders_of_the_specification(url: str) -> None:
    assert load_orders(url, SPEC) == SPEC.orders
    told = orders(SPEC, 0, SPEC.orders)
    found = rows(url, "SELECT count(*), count(customer_email), sum(amount)::text, max(updated_at) FROM public.orders")
    assert [(row[0], row[1], Decimal(row[2])) for row in found] == [
        (SPEC.orders, told["customer_email"].count(), told["amount"].sum())
    ]
    assert found[0][3] < datetime(2026, 7, 1, tzinfo=UTC)
    indexed = rows(url, "SELECT indexdef FROM pg_indexes WHERE tablename = 'orders'")
    assert any("(updated_at)" in definition for (definition,) in indexed)


def test_a_change_touches_exactly_the_orders_it_says_and_nothing_else(url: str) -> None:
    load_orders(url, SPEC)
    before = datetime.now(UTC)
    assert change_orders(url, 500, SPEC) == (450, 50)
    touched = rows(url, "SELECT order_id, amount::text FROM public.orders WHERE updated_at > '2026-07-01'")
    told = {row["order_id"]: row["amount"] for row in changed(SPEC, 500).iter_rows(named=True)}
    assert {order: Decimal(amount) for order, amount in touched} == told
    assert rows(url, "SELECT count(*) FROM public.orders") == [(SPEC.orders + 50,)]
    ((oldest,),) = rows(url, "SELECT min(updated_at) FROM public.orders WHERE updated_at > '2026-07-01'")
    assert oldest > before.replace(microsecond=0)


def test_the_revenue_that_is_expected_is_what_the_database_holds(url: str) -> None:
    for count in (0, 500):
        load_orders(url, SPEC)
        if count:
            change_orders(url, count, SPEC)
        query = """SELECT lower(trim(customer_email)), sum(amount)::text FROM public.orders
                   WHERE currency = 'USD' AND status = 'paid' AND customer_email IS NOT NULL GROUP BY 1"""
        spent = {email: Decimal(amount) for email, amount in rows(url, query)}
        buyers = {int(re.findall(r"(\d+)@", email)[0]): amount for email, amount in spent.items()}
        reached = dict(queries._audience(SPEC).iter_rows())
        found: dict[str, list[Decimal]] = {}
        for person, amount in buyers.items():
            if person in reached:
                found.setdefault(reached[person], []).append(amount)
        told = queries.revenue_by_campaign(SPEC, changed=count)
        assert {name: (row.buyers, row.revenue) for name, row in told.items()} == {
            name: (len(amounts), sum(amounts)) for name, amounts in found.items()
        }


def test_two_servers_live_side_by_side_and_leave_nothing_behind(tmp_path: Path) -> None:
    with postgres.start(tmp_path) as one, postgres.start(tmp_path) as other:
        assert one != other
        assert rows(one, "SELECT 1") == rows(other, "SELECT 1") == [(1,)]
        assert rows(one, "SELECT current_setting('listen_addresses')") == [("127.0.0.1",)]
    assert list(tmp_path.iterdir()) == []


def test_the_server_wants_its_password(tmp_path: Path) -> None:
    with postgres.start(tmp_path) as url:
        without = re.sub(r":[^:@]+@", ":wrong@", url)
        with pytest.raises(dbapi.Error, match="authentication"):
            rows(without, "SELECT 1")


def test_the_server_goes_when_the_program_that_started_it_is_killed(tmp_path: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from antechamber.examples.retail import postgres
with postgres.start(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ((data,),) = rows(process.stdout.readline().strip(), "SELECT current_setting('data_directory')")
        server = int((Path(data) / "postmaster.pid").read_text().splitlines()[0])
        assert lives(server)
    finally:
        process.kill()
        process.communicate()
    deadline = time.monotonic() + 20
    while (lives(server) or Path(data).exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not lives(server)
    assert not Path(data).exists()
