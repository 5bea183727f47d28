"""The local engine: threads of one process read partitions and work their batches, a bounded few at a time.

Threads and not processes: what costs time (decryption, parsing, hashing, encoding) runs in native code that
releases the interpreter's lock, and Arrow batches pass between threads without being copied.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[P]):
    """How one partition ended: all its batches worked, or the first error."""

    partition: P
    error: Exception | None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_locally(
    partitions: Sequence[P],
    *,
    read: Callable[[P], Iterable[T]],
    work: Callable[[P, int, T], None],
    readers: int | None = None,
    workers: int | None = None,
) -> Iterator[Outcome[P]]:
    """Work all partitions and yield each one's outcome as it ends.

    read: gives a partition's items in order; runs on a reader thread.
    work: is given (partition, position of the item in the partition, item); items of one partition may be
        worked at the same time and in any order.
    readers, workers: threads of each kind; by default as many as there are cores.

    At most `workers` items wait at any time, so memory does not grow with the input. An error in `read` or
    `work` ends that partition only; its remaining items are not worked. Stopping early (closing the iterator)
    waits for the items in hand and gives the rest up.
    """
    if not partitions:
        return
    workers = workers or cores()
    engine = _Engine(partitions, read, work, queue_size=workers)
    threads = [
        threading.Thread(target=engine.read_partitions, name=f"reader-{n}", daemon=True)
        for n in range(min(readers or cores(), len(partitions)))
    ] + [threading.Thread(target=engine.work_items, name=f"worker-{n}", daemon=True) for n in range(workers)]
    for thread in threads:
        thread.start()
    try:
        for _ in partitions:
            outcome = engine.outcomes.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        engine.stop.set()
        for thread in threads:
            thread.join()


class _Task(Generic[P]):
    """How far a partition has come; guarded by the engine's lock."""

    def __init__(self, partition: P) -> None:
        self.partition = partition
        self.waiting = 0
        self.all_read = False
        self.error: Exception | None = None
        self.reported = False


class _Engine(Generic[P, T]):
    def __init__(
        self,
        partitions: Sequence[P],
        read: Callable[[P], Iterable[T]],
        work: Callable[[P, int, T], None],
        *,
        queue_size: int,
    ) -> None:
        self.read = read
        self.work = work
        self.stop = threading.Event()
        self.outcomes: queue.SimpleQueue[Outcome[P] | BaseException] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._todo = iter([_Task(partition) for partition in partitions])
        self._items: queue.Queue[tuple[_Task[P], int, T]] = queue.Queue(maxsize=queue_size)

    def read_partitions(self) -> None:
        try:
            while not self.stop.is_set():
                with self._lock:
                    task = next(self._todo, None)
                if task is None:
                    return
                self._read(task)
        except BaseException as error:
            self.outcomes.put(error)

    def work_items(self) -> None:
        try:
            while not self.stop.is_set():
                try:
                    task, position, item = self._items.get(timeout=0.05)
                except queue.Empty:
                    continue
                self._work(task, position, item)
        except BaseException as error:
            self.outcomes.put(error)

    def _read(self, task: _Task[P]) -> None:
        error: Exception | None = None
        items = None
        try:
            items = iter(self.read(task.partition))
            for position, item in enumerate(items):
                if not self._offer(task, position, item):
                    break
        except Exception as raised:
            error = raised
        finally:
            # A generator that is given up half-way holds a file or a child process until it is closed.
            if isinstance(items, Generator):
                items.close()
        with self._lock:
            task.all_read = True
            task.error = task.error or error
        self._report_if_ended(task)

    def _offer(self, task: _Task[P], position: int, item: T) -> bool:
        with self._lock:
            if task.error is not None:
                return False
            task.waiting += 1
        while not self.stop.is_set():
            try:
                self._items.put((task, position, item), timeout=0.05)
            except queue.Full:
                continue
            return True
        return False

    def _work(self, task: _Task[P], position: int, item: T) -> None:
        error: Exception | None = None
        if task.error is None:
            try:
                self.work(task.partition, position, item)
            except Exception as raised:
                error = raised
        with self._lock:
            task.waiting -= 1
            task.error = task.error or error
        self._report_if_ended(task)

    def _report_if_ended(self, task: _Task[P]) -> None:
        with self._lock:
            if task.reported or not task.all_read or task.waiting:
                return
            task.reported = True
        self.outcomes.put(Outcome(task.partition, task.error))
