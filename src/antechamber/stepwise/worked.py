"""Parts of lots on their way through the store: sealed with the tenant's key, one object a lot of the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import obstore
from obstore.exceptions import BaseError

from antechamber.errors import AntechamberError, PublishError
from antechamber.gate import keeps_origins
from antechamber.job import Job, tenant_key
from antechamber.lots import Lot
from antechamber.parcels import Parcel, packed, read_lot, write_lot
from antechamber.parts import End, Terms, work_lot
from antechamber.stepwise.desk import Desk, Plan
from antechamber.working import Elsewhere

Parcels = Callable[[Job, Sequence[Lot], Terms], Iterator[bytes]]
"""Lots that other processes work: the bytes of their parcels, in any order, some of them perhaps twice."""

BUFFER = 8 << 20
"""Bytes of an object that are written, or read, at a time."""


def terms_of(job: Job, plan: Plan) -> Terms:
    """What workers are to know, beside the declarations."""
    return Terms(plan.run, job.keys_to_compare(), keeps_origins(job.connector), shared="")


def work_lots(job: Job, desk: Desk, plan: Plan, number: int) -> int:
    """Work one entry of the plan and leave its parts; gives how many records were read. Repeating it is safe: the
    object is replaced as a whole. Raises AntechamberError."""
    read = 0
    terms = terms_of(job, plan)

    def worked(lot: Lot) -> Iterator[Any]:
        nonlocal read
        for part in work_lot(job, lot, terms):
            read += 0 if isinstance(part, End) else sum(entry.account.read for entry in part.entries)
            yield part

    parcels = chain.from_iterable(packed(lot, worked(lot)) for lot in plan.lots(number, job.source))
    _leave(job, desk, plan, number, parcels)
    return read


def gather_lots(job: Job, desk: Desk, plan: Plan, parcels: Parcels) -> int:
    """All lots at once, worked by others; their parcels are left as one object. Gives how many there are."""
    count = 0

    def counted() -> Iterator[bytes]:
        nonlocal count
        for parcel in parcels(job, plan.all_lots(job.source), terms_of(job, plan)):
            count += 1
            yield parcel

    _leave(job, desk, plan, 0, counted())
    return count


def parcels_of(desk: Desk, plan: Plan) -> Elsewhere:
    """What all workers of a run left. Raises PublishError where it cannot be read."""

    def read(job: Job, lots: Sequence[Lot], terms: Terms) -> Iterator[Parcel]:
        key = tenant_key(job.declared, job.connector.tenant)
        for name in desk.lots(plan.run):
            try:
                source = obstore.open_reader(desk.store, name, buffer_size=BUFFER)
                yield from read_lot(source, key, name)
            except (BaseError, OSError) as error:
                raise PublishError(
                    f"parts of a lot cannot be read ({type(error).__name__})",
                    where=f"{desk.runs.url}/{name}",
                    remedy="see that the store can be reached, then run again",
                ) from error

    return read


def _leave(job: Job, desk: Desk, plan: Plan, number: int, parcels: Iterable[bytes]) -> None:
    name = desk.lot(plan.run, number)
    key = tenant_key(job.declared, job.connector.tenant)
    try:
        sink = obstore.open_writer(desk.store, name, buffer_size=BUFFER, max_concurrency=2)
        # Closed only when all is in it: an object that is never finished does not come to be.
        write_lot(sink, parcels, key, name)
        sink.close()
    except (BaseError, OSError) as error:
        raise AntechamberError(
            f"parts of a lot cannot be kept ({type(error).__name__})",
            where=f"{desk.runs.url}/{name}",
            remedy="see that the store can be reached and written, then run again",
        ) from error
