"""The identity types of which standards say little: dates of birth, genders, advertising ids, hosts, external ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pyarrow as pa
import pytest

from antechamber.declare import BY_STANDARD, StandardName
from antechamber.prepare import Recipe
from antechamber.prepare.standards import STANDARDS
from antechamber.prepare.types import TYPES

MakeRecipe = Callable[..., Recipe]
MakeBatch = Callable[..., pa.RecordBatch]
SHOWN = {"protect": "none", "because": "it is compared"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("date_of_birth", "1980-02-29", "1980-02-29"),
        ("date_of_birth", " 19800229 ", "1980-02-29"),
        ("date_of_birth", "1981-02-29", None),
        ("date_of_birth", "02/29/1980", None),
        ("gender", "F", "f"),
        ("gender", " Female ", "f"),
        ("gender", "MALE", "m"),
        ("gender", "M.", "m"),
        ("gender", "weiblich", "f"),
        ("gender", "homme", "m"),
        ("gender", "h", None),
        ("gender", "unknown", None),
        ("mobile_ad_id", "6D92078A-8246-4BA4-AE5B-76104861E7DC", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("mobile_ad_id", "6d92078a82464ba4ae5b76104861e7dc", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("mobile_ad_id", "{6d92078a-8246-4ba4-ae5b-76104861e7dc}", "6d92078a-8246-4ba4-ae5b-76104861e7dc"),
        ("mobile_ad_id", "00000000-0000-0000-0000-000000000000", None),
        ("mobile_ad_id", "0" * 32, None),
        ("mobile_ad_id", "6d92078a-8246-4ba4-ae5b-76104861e7d", None),
        ("mobile_ad_id", "6d92078a-8246-4ba4-ae5b-76104861e7dg", None),
        ("ip_address", " 192.0.2.1 ", "192.0.2.1"),
        ("ip_address", "192.0.2.256", None),
        ("ip_address", "192.0.2.01", None),
        ("ip_address", "192.0.2.1:443", None),
        ("ip_address", "0.0.0.0", None),  # noqa: S104 -- compared with
        ("ip_address", "2001:0DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("ip_address", "2001:db8::1", "2001:db8::1"),
        ("ip_address", "::ffff:192.0.2.1", "192.0.2.1"),
        ("ip_address", "fe80::1%eth0", None),
        ("ip_address", "::", None),
        ("ip_address", "١٩٢.0.2.1", None),
        ("external_id", "  Cust-0042 ", "Cust-0042"),
        ("full_name", "José  Ángel", "joseangel"),
    ],
)
def test_a_value_has_one_writing(
    kind: str, value: str, expected: str | None, recipe: MakeRecipe, batch: MakeBatch
) -> None:
    result = recipe({"v": {"type": kind, **SHOWN}}).apply(batch(v=[value]))
    assert result.batch.column("v").to_pylist() == [expected]
    assert bool(result.nulled) == (expected is None)


def test_a_date_of_birth_is_read_by_its_formats(recipe: MakeRecipe, batch: MakeBatch) -> None:
    column: dict[str, Any] = {"type": "date_of_birth", "format": ["%m/%d/%Y", "%d %b %y"], **SHOWN}
    result = recipe({"v": column}).apply(batch(v=["2/29/1980", "1 Mar 99", "13/01/2000", None]))
    assert result.batch.column("v").to_pylist() == ["1980-02-29", "1999-03-01", None, None]
    assert result.nulled == {("v", "not a date in the declared format"): 1, ("v", "empty"): 1}


def test_every_standard_that_can_be_declared_has_its_rules() -> None:
    assert set(get_args(StandardName)) == set(STANDARDS)
    assert set(TYPES) > BY_STANDARD


def test_the_standard_of_a_column_comes_before_that_of_the_connector(recipe: MakeRecipe) -> None:
    plans = recipe(
        {
            "a": {"type": "email", "protect": "sha256", "standard": "aws-entity-resolution"},
            "b": {"type": "email", "protect": "sha256"},
        }
    ).describe()
    assert "as an e-mail address by aws-entity-resolution, then" in plans[0].sentence
    assert "as an e-mail address, then" in plans[1].sentence
