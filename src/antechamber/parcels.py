"""Parcels: parts on their way between processes: as bytes, sealed, each taken once and none lost.

A parcel is a version, a header in JSON, and Arrow streams: of each piece its records (with what CHANGE says and the
marks beside them), its entrants, its source fields. Rejected records are raw: a parcel leaves a process only sealed
with the tenant's key. Nothing in it is code: opening one runs nothing of who sent it.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from antechamber.errors import ConnectionLost, PublishError, received, sent
from antechamber.lots import Lot
from antechamber.parts import End, Entry, Part, Piece
from antechamber.publish import Origin, SealedReader, SealedWriter, SealError
from antechamber.records import Account, Rejected

VERSION = b"ANTEPAR1"
_SIZE = struct.Struct(">Q")
_COMPRESSED = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", 1))


@dataclass(frozen=True)
class Parcel:
    """One parcel, opened. lot: the number of the lot's first partition. number: its place among the lot's, from 0.

    digest: of what it says of its records, the same whenever the same lot gives the same.
    digests: of all that came before it, when it is the lot's end. packed: its bytes.
    """

    lot: int
    number: int
    content: Part | End
    digest: str
    digests: tuple[str, ...] = ()
    packed: bytes = field(default=b"", repr=False)


def packed(lot: Lot, parts: Iterable[Part | End]) -> Iterator[bytes]:
    """What working a lot gives, as bytes: each part, and its end."""
    digests: list[str] = []
    for part in parts:
        streams: list[bytes] = []
        said = _part(part, streams) if isinstance(part, Part) else {**_end(part), "digests": digests}
        header = json.dumps({"lot": lot.first, "number": len(digests), **said}, default=int).encode()
        yield b"".join([VERSION, *(_SIZE.pack(len(each)) + each for each in (header, *streams))])
        digests.append(_digest(header))


def unpacked(content: bytes) -> Parcel:
    """A parcel from its bytes. Raises PublishError for what is none, or is of another version."""
    if not content.startswith(VERSION):
        raise PublishError(
            "a part of a lot is of another version",
            remedy="let the workers have the same version of Antechamber as the run itself",
        )
    blocks = list(_blocks(content))
    said = json.loads(blocks[0].tobytes())
    streams = iter(blocks[1:])
    opened = _opened_end(said) if "failed" in said else _opened_part(said, streams)
    digest = _digest(blocks[0])
    return Parcel(said["lot"], said["number"], opened, digest, tuple(said.get("digests", ())), content)


def write_lot(sink: Any, parcels: Iterable[bytes], key: bytes, name: str) -> None:
    """All parcels of a lot as one sealed stream; `sink.write` takes bytes. key: the tenant's. name: of the stream,
    given again to open it."""
    with SealedWriter(sink, key, name) as stream:
        for each in parcels:
            stream.write(_SIZE.pack(len(each)))
            stream.write(each)


def read_lot(source: Any, key: bytes, name: str) -> Iterator[Parcel]:
    """The parcels of `write_lot`; `source.read(size)` gives bytes.

    Raises PublishError: altered, cut off, sealed with another key or under another name.
    """
    try:
        stream: Any = io.BufferedReader(SealedReader(source, key, name))
        while size := stream.read(_SIZE.size):
            yield unpacked(stream.read(_SIZE.unpack(size)[0]))
    except SealError as error:
        raise PublishError(f"a part of a lot cannot be opened: {error}", where=name, remedy="run again") from None


def sealed(parcel: bytes, key: bytes, name: str) -> bytes:
    """One parcel, sealed under a name."""
    sink = io.BytesIO()
    write_lot(sink, (parcel,), key, name)
    return sink.getvalue()


def unsealed(content: bytes, key: bytes, name: str) -> bytes:
    """The bytes of one parcel that was `sealed`. Raises PublishError."""
    try:
        stream: Any = io.BufferedReader(SealedReader(io.BytesIO(content), key, name))
        return bytes(stream.read(*_SIZE.unpack(stream.read(_SIZE.size))))
    except (SealError, struct.error) as error:
        raise PublishError(f"a part of a lot cannot be opened: {error}", where=name, remedy="run again") from None


def is_bare(content: bytes) -> bool:
    """Whether these are a parcel's bytes, not sealed."""
    return content.startswith(VERSION)


def opened(content: bytes, key: bytes, name: str) -> Parcel:
    """One parcel that was `sealed`. Raises PublishError."""
    return next(read_lot(io.BytesIO(content), key, name))


@dataclass
class Tally:
    """Which parcels of a run came.

    A lot may be worked twice, when what worked it was lost: each part counts once, and all that count are of workings
    that gave the same.
    """

    lots: Sequence[Lot]
    _came: dict[int, dict[int, str]] = field(default_factory=dict)
    _ends: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def is_new(self, parcel: Parcel) -> bool:
        """Whether to take it. Raises ConnectionLost when another working of its lot gave something else there."""
        came = self._came.setdefault(parcel.lot, {})
        new = parcel.number not in came
        alike = came.setdefault(parcel.number, parcel.digest) == parcel.digest
        if isinstance(parcel.content, End):
            alike &= self._ends.setdefault(parcel.lot, parcel.digests) == parcel.digests
        if not alike:
            raise _lost("two workings of one lot gave different records")
        return new

    def check(self) -> None:
        """When no more come: raises ConnectionLost unless all did."""
        for lot in self.lots:
            came, digests = self._came.get(lot.first, {}), self._ends.get(lot.first)
            if digests is None or [came.get(number) for number in range(len(came) - 1)] != list(digests):
                raise _lost("not all parts of a lot arrived")


def _lost(what: str) -> ConnectionLost:
    return ConnectionLost(what, where="workers", remedy="run again; nothing was published")


def _digest(header: bytes | memoryview) -> str:
    return hashlib.blake2b(header, digest_size=12).hexdigest()


def _blocks(content: bytes) -> Iterator[memoryview]:
    """The blocks behind the version. Raises PublishError."""
    whole = memoryview(content)
    at = len(VERSION)
    while at < len(whole):
        (size,) = _SIZE.unpack_from(whole, at) if at + _SIZE.size <= len(whole) else (len(whole),)
        at += _SIZE.size
        if at + size > len(whole):
            raise PublishError("a part of a lot is cut off", remedy="run again")
        yield whole[at : at + size]
        at += size


def _part(part: Part, streams: list[bytes]) -> dict[str, Any]:
    """A part's header; its data is appended to `streams`."""
    pieces = []
    for piece in part.pieces:
        beside = [] if piece.changes is None else [piece.changes]
        columns = [*piece.batch.columns, *beside, *piece.marks.values()]
        names = [*piece.batch.schema.names, *(f"beside {n}" for n in range(len(columns) - piece.batch.num_columns))]
        streams.append(_stream(pa.RecordBatch.from_arrays(columns, names=names)))
        streams.extend(_stream(piece.entrants[place]) for place in piece.entrants)
        if piece.fields is not None:
            streams.append(_stream(piece.fields))
        pieces.append(
            {
                "partition": piece.partition,
                "rows": piece.batch.num_rows,
                "shares": piece.shares,
                "changes": piece.changes is not None,
                "marks": list(piece.marks),
                "entrants": list(piece.entrants),
                "fields": piece.fields is not None,
                "origins": [[each.rows, each.partition, each.member] for each in piece.origins],
            }
        )
    return {
        "sequence": part.sequence,
        "read": part.read,
        "pieces": pieces,
        "entries": [
            {
                "number": each.number,
                "member": each.member,
                "rejected": [[r.line, r.reason, r.raw, r.column, r.member] for r in each.rejected],
                "account": _account(each.account),
            }
            for each in part.entries
        ],
    }


def _opened_part(said: dict[str, Any], streams: Iterator[memoryview]) -> Part:
    pieces = []
    for each in said["pieces"]:
        whole = _batch(next(streams))
        beside = int(each["changes"]) + len(each["marks"])
        count = whole.num_columns - beside
        more = iter(whole.columns[count:])
        pieces.append(
            Piece(
                each["partition"],
                whole.select(list(range(count))),
                next(more) if each["changes"] else None,
                tuple((number, rows) for number, rows in each["shares"]),
                {place: _batch(next(streams)) for place in each["entrants"]},
                {rule: next(more) for rule in each["marks"]},
                _batch(next(streams)) if each["fields"] else None,
                tuple(Origin(*origin) for origin in each["origins"]),
            )
        )
    entries = tuple(
        Entry(
            each["number"],
            each["member"],
            tuple(Rejected(*fields) for fields in each["rejected"]),
            _opened_account(each["account"]),
        )
        for each in said["entries"]
    )
    return Part(said["sequence"], tuple(pieces), entries, said["read"])


def _account(account: Account) -> dict[str, Any]:
    return {
        "counts": [account.read, account.published, account.quarantined, account.replaced],
        "dropped": sorted(account.dropped.items()),
        "nulled": sorted([*key, count] for key, count in account.nulled.items()),
        "recognised": sorted(account.recognised.items()),
        "detected": sorted([*key, count] for key, count in account.detected.items()),
        "judged": sorted([rule, *counts] for rule, counts in account.judged.items()),
    }


def _opened_account(said: dict[str, Any]) -> Account:
    read, published, quarantined, replaced = said["counts"]
    return Account(
        read,
        published,
        quarantined,
        replaced,
        dropped=Counter(dict(said["dropped"])),
        nulled=Counter({(column, reason): count for column, reason, count in said["nulled"]}),
        recognised=Counter(dict(said["recognised"])),
        detected=Counter({(column, kind): count for column, kind, count in said["detected"]}),
        judged={rule: (judged, failed) for rule, judged, failed in said["judged"]},
    )


def _end(end: End) -> dict[str, Any]:
    return {
        "failed": [[number, sent(error)] for number, error in end.failed.items()],
        "seen": sorted(end.seen.items()),
        "left_alone": sorted(end.left_alone.items()),
        "size": end.size,
    }


def _opened_end(said: dict[str, Any]) -> End:
    failed = {number: received(fields) for number, fields in said["failed"]}
    return End(failed, dict(said["seen"]), dict(said["left_alone"]), said["size"])


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=_COMPRESSED) as stream:
        stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def _batch(content: memoryview) -> pa.RecordBatch:
    return pa.ipc.open_stream(pa.py_buffer(content)).read_next_batch()
