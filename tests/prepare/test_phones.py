"""Numbers of every region come out as libphonenumber reads them."""

from __future__ import annotations

import subprocess
import sys

import phonenumbers
import polars as pl
import pytest

from antechamber.prepare.phones import Accept, e164

SPELLINGS = [
    ("020 7946 0018", "GB", "+442079460018"),
    ("+44 (0)20 7946 0018", "US", "+442079460018"),
    ("011 44 20 7946 0018", "US", "+442079460018"),
    ("(650) 253-0000 ext. 12", "US", "+16502530000"),
    ("1-800-FLOWERS", "US", "+18003569377"),
    ("06 698 12345", "IT", "+390669812345"),
    ("011 15-2345-6789", "AR", "+5491123456789"),
    ("+800 1234 5678", "", "+80012345678"),
    ("tel:253-0000;phone-context=+1-650", "", "+16502530000"),
    ("٠٦٥٠٢٥٣٠٠٠٠", "GB", None),
    ("＋１６５０２５３００００", "FR", "+16502530000"),
    ("650 253 0000", "", None),
    ("650 253 0000", "us", None),
    ("", "US", None),
]


@pytest.mark.parametrize(("text", "region", "expected"), SPELLINGS)
def test_a_spelling_is_read_as_the_library_reads_it(text: str, region: str, expected: str | None) -> None:
    assert e164(pl.Series([text]), region).to_list() == [expected]
    assert e164(pl.Series([text]), pl.Series([region])).to_list() == [expected]


@pytest.mark.parametrize(("accept", "expected"), [("valid", None), ("possible", "+16500530000")])
def test_possible_is_a_matter_of_length_alone(accept: Accept, expected: str | None) -> None:
    number = phonenumbers.parse("650 053 0000", "US")
    assert phonenumbers.is_possible_number(number)
    assert not phonenumbers.is_valid_number(number)
    assert e164(pl.Series(["650 053 0000"]), "US", accept=accept).to_list() == [expected]


def test_the_first_texts_of_a_process_may_hold_no_number_at_all() -> None:
    """No plan is compiled then: seen in a process of its own."""
    script = (
        "import polars as pl; from antechamber.prepare.phones import e164; "
        "print(e164(pl.Series(['000000000', '1000']), '').to_list())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["[None,", "None]"], done.stderr
