"""A small good workspace, and what is told about one with changes in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from antechamber.declare import Declarations, load_workspace
from antechamber.errors import DeclarationErrors

WORKSPACE = """\
workspace: retail
store: store
tenants:
  acme:
    key: env:ACME_KEY
    notify: ["log:"]
  streamly:
    key: file:keys/streamly.key
"""

LOYALTY = """\
# the loyalty programme
connector: loyalty
tenant: acme
source:
  type: landing
  path: landing/loyalty/*.csv.pgp
  decrypt: {pgp: "file:keys/acme.asc"}
  format:
    type: csv
    delimiter: ";"
columns:
  customer_id: {type: id}
  email:
    type: email
    protect: sha256
  phone: {type: phone, protect: hmac-sha256, secret: env:PHONE_KEY, region: US}
  zip: {type: postal_code, country: US}
  tier: {type: string, one_of: [gold, silver, bronze]}
  signup: {type: date, format: "%m/%d/%Y"}
  seen: {type: timestamp, timezone: Europe/Berlin}
  ltv: {type: decimal, precision: 12, scale: 2}
  score: {type: float}
  card: {type: string, protect: mask, keep_last: 2}
  note: {type: string, protect: drop}
table:
  name: loyalty
  mode: upsert
  key: customer_id
share:
  - collaboration: spring
    columns: [email, phone, tier, zip, ltv]
    rule:
      aggregation:
        aggregate:
          - {columns: [email], function: COUNT DISTINCT}
          - {columns: [ltv], function: SUM}
        join: [email, phone]
        dimensions: [tier, zip]
        scalar_functions: [UPPER]
        minimum: {column: email, count: 50}
schedule: "cron(0 2 * * ? *)"
notify: ["log:"]
"""

ORDERS = """\
connector: orders
tenant: acme
source:
  type: postgresql
  url: env:SHOP_URL
  table: public.orders
  watermark: updated_at
columns:
  order_id: {type: integer}
table: {name: orders, mode: upsert, key: [order_id]}
"""

SPRING = """\
collaboration: spring
members:
  acme: {abilities: [query, receive]}
  streamly: {}
"""

FILES = {
    "antechamber.yaml": WORKSPACE,
    "connectors/loyalty.yaml": LOYALTY,
    "connectors/orders.yml": ORDERS,
    "collaborations/spring.yaml": SPRING,
}

Lay = Callable[..., Path]


def lay_out(root: Path, changed: dict[str, str | bytes]) -> Path:
    """Write the good workspace, with some files changed or added, into `root`."""
    for name, text in {**FILES, **changed}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return root


def mistakes(root: Path) -> list[tuple[str, str, str]]:
    """(where, what, remedy) of all that is wrong; nothing when the workspace loads."""
    try:
        load_workspace(root)
    except DeclarationErrors as errors:
        return [(each.where, each.what, each.remedy) for each in errors.mistakes]
    return []


@pytest.fixture
def told(tmp_path: Path) -> Callable[[dict[str, str | bytes]], list[tuple[str, str, str]]]:
    """What is told about the good workspace with some files changed."""
    return lambda changed: mistakes(lay_out(tmp_path, changed))


@pytest.fixture
def loaded(tmp_path: Path) -> Declarations:
    """The good workspace."""
    return load_workspace(lay_out(tmp_path, {}))
