"""The local engine keeps order by position, keeps partitions apart, and stays within its bounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator

import pytest

from antechamber.engine import run_locally


def test_every_item_of_every_partition_is_worked_once_with_its_position() -> None:
    seen: list[tuple[str, int, int]] = []
    lock = threading.Lock()

    def work(partition: str, position: int, item: int) -> None:
        with lock:
            seen.append((partition, position, item))

    names = [f"p{n}" for n in range(37)]
    outcomes = list(run_locally(names, read=lambda _: range(10, 25), work=work))
    assert sorted(seen) == sorted((name, n, n + 10) for name in names for n in range(15))
    assert sorted(o.partition for o in outcomes) == sorted(names)
    assert all(o.error is None for o in outcomes)


@pytest.mark.parametrize("where", ["read", "work"])
def test_an_error_ends_its_partition_only(where: str) -> None:
    worked: set[str] = set()

    def read(partition: str) -> Iterator[int]:
        yield 1
        if partition == "bad" and where == "read":
            raise OSError("gone")
        yield 2

    def work(partition: str, position: int, item: int) -> None:
        if partition == "bad" and where == "work":
            raise OSError("gone")
        worked.add(partition)

    outcomes = {o.partition: o.error for o in run_locally(["a", "bad", "b"], read=read, work=work)}
    assert isinstance(outcomes["bad"], OSError)
    assert outcomes["a"] is None and outcomes["b"] is None
    assert {"a", "b"} <= worked


def test_a_slow_worker_holds_the_readers_back() -> None:
    handed_out = 0
    worked = 0
    most = 0

    def read(_: str) -> Iterator[int]:
        nonlocal handed_out, most
        for n in range(200):
            handed_out += 1
            most = max(most, handed_out - worked)
            yield n

    def work(_: str, position: int, item: int) -> None:
        nonlocal worked
        time.sleep(0.001)
        worked += 1

    list(run_locally(["p"], read=read, work=work, workers=2, readers=1))
    assert worked == 200
    assert most <= 2 + 2 + 2  # in the queue, in hand, at the reader


def test_stopping_early_closes_what_was_being_read_and_ends_all_threads() -> None:
    before = threading.active_count()
    closed = threading.Event()

    def endless(partition: str) -> Iterator[int]:
        try:
            while partition == "endless":
                yield 1
        finally:
            if partition == "endless":
                closed.set()

    run = run_locally(["endless", "quick"], read=endless, work=lambda *_: None, readers=2)
    assert isinstance(run, Generator)
    assert next(run).partition == "quick"
    run.close()
    assert closed.wait(5)
    assert threading.active_count() <= before


def test_a_partition_without_items_ends_well() -> None:
    outcomes = list(run_locally(["empty"], read=lambda _: [], work=lambda *_: None))
    assert [o.error for o in outcomes] == [None]
    assert list(run_locally([], read=lambda _: [], work=lambda *_: None)) == []
