"""acme's orders: a table in a real PostgreSQL database, and how it changes between two runs."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from antechamber.errors import MissingExtra
from antechamber.examples.retail import spelling
from antechamber.examples.retail.people import digits, mix, people, pick
from antechamber.examples.retail.spec import Spec

CHUNK = 200_000
"""Orders that are in memory at once."""
CURRENCIES = ("USD",) * 8 + ("EUR", "GBP")
STATES = ("paid",) * 8 + ("open", "refunded")
GUESTS = 5
"""One order in so many comes from somebody who is not in the loyalty programme."""

TABLE = """
CREATE TABLE public.orders (
  order_id bigint PRIMARY KEY,
  customer_email text,
  amount numeric(12,2) NOT NULL,
  currency text NOT NULL,
  status text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
)
"""
LOADED = """
INSERT INTO public.orders (order_id, customer_email, amount, currency, status, updated_at)
SELECT order_id, customer_email, cents / 100.0, currency, status, updated_at FROM pg_temp.loaded
"""
CHANGES = """
INSERT INTO public.orders (order_id, customer_email, amount, currency, status)
SELECT order_id, customer_email, cents / 100.0, currency, status FROM pg_temp.changes
ON CONFLICT (order_id) DO UPDATE SET
  customer_email = excluded.customer_email, amount = excluded.amount, currency = excluded.currency,
  status = excluded.status, updated_at = now()
"""


def load_orders(url: str, spec: Spec | None = None) -> int:
    """Make `public.orders` anew and fill it with orders last changed in the first half of 2026. Returns their number.

    Raises MissingExtra without the PostgreSQL driver.
    """
    spec = spec or Spec()
    dbapi = _driver()
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS public.orders")
        cursor.execute(TABLE)
        for start in range(0, spec.orders, CHUNK):
            batch = _arrow(orders(spec, start, min(start + CHUNK, spec.orders)))
            cursor.adbc_ingest("loaded", batch, mode="create", temporary=True)
            cursor.execute(LOADED)
            cursor.execute("DROP TABLE pg_temp.loaded")
        cursor.execute("CREATE INDEX orders_updated_at ON public.orders (updated_at)")
        connection.commit()
    return spec.orders


def change_orders(url: str, count: int, spec: Spec | None = None) -> tuple[int, int]:
    """Change `count` orders now: nine in ten get another amount and are paid, one in ten is new.

    Returns how many were updated and how many inserted. Doing it again changes the same orders to the same values.
    Raises MissingExtra without the PostgreSQL driver.
    """
    spec = spec or Spec()
    dbapi = _driver()
    inserted = max(count // 10, 1)
    frame = changed(spec, count)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        batch = _arrow(frame.drop("updated_at"))
        cursor.adbc_ingest("changes", batch, mode="create", temporary=True)
        cursor.execute(CHANGES)
        connection.commit()
    return frame.height - inserted, inserted


def orders(spec: Spec, start: int, stop: int) -> pl.DataFrame:
    """The orders [start, stop) as they are loaded, and who gave them.

    person: the customer's number. email_kept: whether the order has an e-mail address.
    """
    return _orders(spec, pl.int_range(start, stop, dtype=pl.UInt64, eager=True), "order")


def changed(spec: Spec, count: int) -> pl.DataFrame:
    """The orders that `change_orders` touches, as they are afterwards."""
    inserted = max(count // 10, 1)
    step = max(spec.orders // max(count - inserted, 1), 1)
    numbers = pl.int_range(0, spec.orders, step, dtype=pl.UInt64, eager=True).head(count - inserted)
    added = pl.int_range(spec.orders, spec.orders + inserted, dtype=pl.UInt64, eager=True)
    return _orders(spec, pl.concat([numbers, added]), "order changed").with_columns(pl.lit("paid").alias("status"))


def _orders(spec: Spec, numbers: pl.Series, version: str) -> pl.DataFrame:
    seed, order, person = spec.seed, pl.col("order"), pl.col("person")
    buyer = mix(order, seed, "buyer")
    style = mix(order, seed, "order e-mail style")
    money = mix(order, seed, f"{version} amount")
    cents = money % 49_900 + 100
    guest = buyer // 2**32 % GUESTS == 0
    first = pl.datetime(2026, 1, 1, time_zone="UTC", time_unit="us")
    return (
        pl.LazyFrame({"order": numbers})
        .with_columns(
            pl.when(guest).then(buyer % spec.members + spec.members).otherwise(buyer % spec.members).alias("person")
        )
        .with_columns(people(person, seed))
        .select(
            person,
            spelling.has_order_email(style).alias("email_kept"),
            (order + 1).cast(pl.Int64).alias("order_id"),
            spelling.order_email(pl.col("email"), style).alias("customer_email"),
            pl.concat_str((cents // 100).cast(pl.String), pl.lit("."), digits(cents, 2)).cast(pl.Decimal(12, 2))
            .alias("amount"),
            pick(CURRENCIES, buyer // 2**40).alias("currency"),
            pick(STATES, buyer // 2**48).alias("status"),
            (first + pl.duration(seconds=(money // 50_000 % 15_000_000).cast(pl.Int64))).alias("updated_at"),
        )
        .collect()
    )  # fmt: skip


def _arrow(frame: pl.DataFrame) -> pa.Table:
    """The orders with their amounts in cents: the driver of the version that reads fast sends decimals wrongly."""
    cents = (pl.col("amount") * 100).cast(pl.Int64).alias("cents")
    sent = frame.with_columns(cents).drop("person", "email_kept", "amount")
    table: pa.Table = sent.to_arrow(compat_level=pl.CompatLevel.oldest())
    return table


def _driver() -> Any:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise MissingExtra("postgres", needed_for="loading the example's orders") from None
    return dbapi
