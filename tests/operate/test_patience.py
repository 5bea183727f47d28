"""Patience with a source that is away: waits that double, and an end."""

from __future__ import annotations

from antechamber.operate.patience import FIRST_S, LONGEST_S, Patience


def test_waits_double_up_to_a_longest_and_are_never_more_than_was_allowed() -> None:
    waited: list[float] = []
    patience = Patience(200, sleep=waited.append)
    while patience.wait():
        assert len(waited) < 100
    assert abs(sum(waited) - 200) < 1e-6 and patience.used == len(waited)
    for number, seconds in enumerate(waited[:-1]):
        longest = min(FIRST_S * 2**number, LONGEST_S)
        assert longest / 2 <= seconds <= longest


def test_without_patience_nothing_is_tried_again() -> None:
    assert not Patience(0, sleep=lambda _: None).wait()
