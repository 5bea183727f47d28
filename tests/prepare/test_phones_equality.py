"""Every text gives what libphonenumber itself makes of it, in every region, batch and order."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Callable

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat
from tests.prepare.phones_made import REGIONS, hostile, spelling

from antechamber.prepare.phones import Accept, e164, national

NUMBERS = int(os.environ.get("ANTECHAMBER_PHONE_NUMBERS", "50000"))
"""How many numbers are compared; make soak compares a million and more."""
IN_SOAK = 1_200_000
HOSTILE = 20_000
CHUNK = 12_500
ACCEPTED: list[Accept] = ["valid", "possible"]

Made = Callable[[random.Random], tuple[str, str]]


def by_the_library(text: str, region: str) -> dict[Accept, str | None]:
    """The plain loop's answers; shares nothing with the product."""
    try:
        number = phonenumbers.parse(text, region if region in REGIONS else None)
    except NumberParseException:
        return {"valid": None, "possible": None}
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return {
        "valid": e164 if phonenumbers.is_valid_number(number) else None,
        "possible": e164 if phonenumbers.is_possible_number(number) else None,
    }


def differences(made: Made, seed: str, count: int) -> tuple[list[tuple[str, str, str | None]], Counter[str]]:
    """What was read differently, and how much of it are numbers at all."""
    chance = random.Random(seed)
    rows = [made(chance) for _ in range(count)]
    text, region = pl.Series([text for text, _ in rows]), pl.Series([region for _, region in rows])
    wrong: list[tuple[str, str, str | None]] = []
    counts: Counter[str] = Counter(read=count)
    expected = [by_the_library(*row) for row in rows]
    for accept in ACCEPTED:
        for (spelled, where), theirs, ours in zip(rows, expected, e164(text, region, accept=accept), strict=True):
            if ours != theirs[accept]:
                wrong.append((spelled, where, ours))
            counts[accept] += ours is not None
    return wrong, counts


def all_differences(made: Made, count: int) -> tuple[list[tuple[str, str, str | None]], Counter[str]]:
    """The same in all processors."""
    tasks = [(made, f"{made.__name__} {start}", min(CHUNK, count - start)) for start in range(0, count, CHUNK)]
    context = multiprocessing.get_context("spawn")  # Polars' threads do not survive a fork
    with context.Pool(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2) as pool:
        results = pool.starmap(differences, tasks)
    return [one for wrong, _ in results for one in wrong], sum((counts for _, counts in results), Counter[str]())


def test_numbers_of_all_regions_are_read_as_the_library_reads_them() -> None:
    wrong, counts = all_differences(spelling, NUMBERS)
    assert wrong == []
    assert counts["read"] == NUMBERS
    # Neither all nor nothing is a number.
    assert NUMBERS * 0.3 < counts["valid"] < counts["possible"] < NUMBERS * 0.9


def test_hostile_texts_are_read_as_the_library_reads_them() -> None:
    wrong, counts = all_differences(hostile, HOSTILE)
    assert wrong == []
    assert counts["valid"] > 0


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("ANTECHAMBER_SOAK"), reason="runs in make soak")
@pytest.mark.timeout(3600)
def test_more_than_a_million_numbers_of_all_regions_are_read_as_the_library_reads_them() -> None:
    assert all_differences(spelling, IN_SOAK)[0] == []
    assert all_differences(hostile, IN_SOAK // 10)[0] == []


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=300), st.sampled_from([*REGIONS, "", "ZZ"]))))
def test_any_unicode_is_read_without_an_exception(rows: list[tuple[str, str]]) -> None:
    text = pl.Series([text for text, _ in rows], dtype=pl.String)
    region = pl.Series([region for _, region in rows], dtype=pl.String)
    for accept in ACCEPTED:
        expected = [by_the_library(*row)[accept] for row in rows]
        assert e164(text, region, accept=accept).to_list() == expected


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.from_regex(r"\A[+(]?[0-9 ().x#-]{2,24}\Z"), st.sampled_from([*REGIONS, ""]))))
def test_any_digits_and_punctuation_are_read_as_the_library_reads_them(rows: list[tuple[str, str]]) -> None:
    text = pl.Series([text for text, _ in rows], dtype=pl.String)
    region = pl.Series([region for _, region in rows], dtype=pl.String)
    for accept in ACCEPTED:
        expected = [by_the_library(*row)[accept] for row in rows]
        assert e164(text, region, accept=accept).to_list() == expected


def test_batches_and_order_change_nothing() -> None:
    chance = random.Random("batches")
    rows = [(spelling if chance.random() < 0.9 else hostile)(chance) for _ in range(3000)]
    text, region = pl.Series([text for text, _ in rows]), pl.Series([region for _, region in rows])
    whole = e164(text, region)
    for size in (1, 7, 500):
        parts = [e164(text.slice(at, size), region.slice(at, size)) for at in range(0, len(text), size)]
        assert pl.concat(parts).equals(whole)
    order = pl.Series(chance.sample(range(len(rows)), len(rows)))
    assert e164(text.gather(order), region.gather(order)).equals(whole.gather(order))
    # More rows than are worked on together.
    assert pl.concat([whole] * 30).equals(e164(pl.concat([text] * 30), pl.concat([region] * 30)))


def test_the_national_number_is_what_stands_behind_the_calling_code() -> None:
    chance = random.Random("national")
    rows = [spelling(chance) for _ in range(3000)]
    text, region = pl.Series([text for text, _ in rows]), pl.Series([region for _, region in rows])
    for (spelled, where), found, whole in zip(rows, national(text, region), e164(text, region), strict=True):
        assert (found is None) == (whole is None)
        if found is not None:
            number = phonenumbers.parse(spelled, where if where in REGIONS else None)
            assert found == phonenumbers.national_significant_number(number)
