"""A room of two tenants, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from tests.collaborate.workshop import (
    MEMBERS,
    PLANS,
    SHARED_MEMBERS,
    VIEWERS,
    Workshop,
    members_rule,
    some_members,
    some_viewers,
    viewers_rule,
)

from antechamber.collaborate import Room


def workshop_at(root: Path) -> Workshop:
    catalog = SqlCatalog("test", uri=f"sqlite:///{root}/catalog.db", warehouse=f"file://{root}/warehouse")
    return Workshop(catalog, root)


@pytest.fixture(scope="session")
def standing_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workshop]:
    return lambda name: workshop_at(tmp_path_factory.mktemp(name))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return workshop_at(tmp_path)


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The three tables, made once; tests only read them."""
    made = workshop_at(tmp_path_factory.mktemp("room"))
    made.table("members", "acme", MEMBERS, some_members(120), members_rule(), SHARED_MEMBERS)
    made.table("viewers", "streamly", VIEWERS, some_viewers(120), viewers_rule())
    plans = [{"plan_id": f"p{n}", "family": "tv" if n % 2 else "film", "price": n} for n in range(30)]
    made.table(
        "plans",
        "streamly",
        PLANS,
        plans,
        {
            "aggregate": [{"columns": ["price"], "function": "AVG"}],
            "join": ["plan_id"],
            "dimensions": ["family"],
            "minimum": {"column": "plan_id", "count": 2},
            "join_operators": ["AND", "OR"],
        },
    )
    return made


@pytest.fixture(scope="session")
def room(standing: Workshop) -> Room:
    return standing.room()
