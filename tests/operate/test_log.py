"""A log line never quotes what a library's exception said, for it may have quoted a record."""

from __future__ import annotations

import logging

import polars as pl
import pytest

from antechamber.errors import AntechamberError, SourceError
from antechamber.operate.log import as_ours, outline, set_up


def _cast() -> None:
    pl.Series(["ann@example.com"]).cast(pl.Int64)


def test_an_unexpected_exception_is_outlined_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    kept = logging.getLogger().handlers[:]
    set_up("debug")
    try:
        with pytest.raises(pl.exceptions.InvalidOperationError) as raised:
            _cast()
        logging.getLogger("antechamber.test").exception("it broke", exc_info=raised.value)
    finally:
        logging.getLogger().handlers[:] = kept
    said = capsys.readouterr().err
    assert "ann@example.com" in str(raised.value)
    assert "ann@example.com" not in said
    assert "InvalidOperationError at" in said and "test_log.py" in said
    assert "ann@example.com" not in outline(raised.value)


def test_our_errors_stay_as_they_are_and_others_become_ours() -> None:
    ours = SourceError("it is not there", where="a.csv")
    assert as_ours(ours, where="b.csv") is ours
    foreign = as_ours(ValueError("ann@example.com"), where="a.csv")
    assert isinstance(foreign, AntechamberError)
    assert foreign.where == "a.csv" and "ann@example.com" not in str(foreign)
    assert as_ours(OSError(28, "No space left on device"), where="run").what.endswith("No space left on device")
    refused = as_ours(PermissionError(13, "Permission denied", "/srv/store"), where="run")
    assert refused.what == "the system said: Permission denied (/srv/store)"
