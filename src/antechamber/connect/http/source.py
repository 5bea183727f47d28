"""Records that a service gives over HTTP, page by page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa

from antechamber.connect.http.address import Origin, origin_of, with_params
from antechamber.connect.http.auth import credentials
from antechamber.connect.http.courtesy import Backoff, Courtesy, moment, refused
from antechamber.connect.http.declared import HttpSource, OAuth2
from antechamber.connect.http.document import Columns, Number, Record, Unreadable, parse, records_in, way
from antechamber.connect.http.mark import Mark, Tally, new_salt, read_mark
from antechamber.connect.http.pages import Ask, Page, pages
from antechamber.connect.http.parts import Part, identity_of, name_of, parts
from antechamber.connect.http.scale import Scale
from antechamber.connect.http.send import Answer, Request, Secret, Web
from antechamber.connect.source import BatchSource
from antechamber.errors import SourceError
from antechamber.records import Listing, Partition, Progress
from antechamber.secrets import Secrets

ROWS = 4096
"""Records of small pages that are given together."""
REREAD = 3
"""How often an answer that cannot be read is asked for: it may have been cut off."""
_ACCEPT = {"json": "application/json", "jsonl": "application/x-ndjson, application/jsonl", "csv": "text/csv"}


class HttpRecords(BatchSource):
    """What a service gives, as utf8 columns. A partition is one `for_each` combination in one window of time.

    columns: the columns or paths to give; None: the fields of the first page's records. key: whether reading a
    record twice does no harm. backoff: waits between tries. Raises SecretError, SourceError.
    """

    def __init__(
        self,
        declared: HttpSource,
        *,
        secrets: Secrets,
        columns: tuple[str, ...] | None = None,
        key: tuple[str, ...] = (),
        backoff: Backoff | None = None,
    ) -> None:
        self._declared, self._key, self._name = declared, key, name_of(declared)
        self._home = origin_of(declared.url)
        if self._home is None:
            raise SourceError("the url is not https://host/…", where="source.url", remedy="write https://host/path")
        self._courtesy = Courtesy(
            rate=declared.rate, retries=declared.retries, patience=declared.patience, backoff=backoff or Backoff()
        )
        self._web = Web(timeout=declared.timeout, limit=declared.max_page_mb << 20, allowed=self._may_ask)
        self._credentials = credentials(declared.auth, secrets, self._ask_token)
        self._columns = Columns(columns, declared.null) if columns is not None else None
        self._scale = Scale(declared.cursor) if declared.cursor else None
        self._parts: dict[str, Part] = {}
        self._tallies: dict[str, Tally] = {}
        self._mark: Mark | None = None
        self._salt = new_salt()
        self._lock = threading.Lock()
        self._found: dict[str, None] = {}

    def schema(self) -> pa.Schema:
        if self._columns is None:
            made = list(self._parts.values()) or list(parts(self._declared, {}, self._now()))
            first = next(self._pages(made[0]))
            self._columns = Columns(list(dict.fromkeys(name for record in first.records for name in record)))
        return self._columns.schema

    def columns(self) -> Mapping[str, str]:
        return {}

    def found(self) -> Iterable[str]:
        """The fields, and wanted paths, that the records read so far have."""
        with self._lock:
            return tuple(self._found)

    def list(self, progress: Progress, *, full: bool = False) -> Listing:
        self._mark = None
        identity = identity_of(self._declared)
        if self._scale is not None and progress.watermark is not None and not full:
            self._mark = read_mark(progress.watermark, identity, self._name)
        known = self._mark.parts if self._mark else {}
        made = list(parts(self._declared, {group: part.value for group, part in known.items()}, self._now()))
        self._parts = {part.id: part for part in made}
        self._tallies = {}
        return Listing(partitions=tuple(Partition(id=part.id) for part in made))

    def read(self, partition: Partition) -> Iterator[pa.RecordBatch]:
        part = self._parts.get(partition.id)
        if part is None:
            raise SourceError("the partition is not of the last listing", where=partition.id, remedy="list again")
        return self._read(part)

    def watermark(self, listing: Listing) -> Mapping[str, object] | None:
        if self._scale is None:
            return listing.watermark
        known = dict(self._mark.parts) if self._mark else {}
        for group, tally in self._tallies.items():
            if (last := tally.part()) is not None:
                known[group] = last
        fields = tuple(self.schema().names)
        return Mark(identity_of(self._declared), self._salt, fields, known).as_json() if known else None

    def close(self) -> None:
        self._courtesy.close()
        self._web.close()

    def _read(self, part: Part) -> Iterator[pa.RecordBatch]:
        schema = self.schema()
        columns = self._columns or Columns(schema.names)
        tally = self._tally(part.group)
        held: list[Record] = []
        for page in self._pages(part, tally):
            self._note(page.records, columns)
            held.extend(page.records if tally is None else self._new(page.records, part, tally))
            if len(held) >= ROWS:
                yield columns.batch(held, part.id)
                held = []
        if held:
            yield columns.batch(held, part.id)

    def _new(self, records: Sequence[Record], part: Part, tally: Tally) -> Iterator[Record]:
        """The records within the part's bounds that no earlier run has read."""
        assert self._scale is not None and self._declared.cursor is not None  # noqa: S101 - there is a tally
        path = Columns([self._declared.cursor.field])
        for number, record in enumerate(records, start=1):
            try:
                value = self._scale.value(path.value(record, self._declared.cursor.field))
            except (ValueError, OverflowError):
                raise SourceError(
                    f"record {number} of a page has a '{self._declared.cursor.field}' that is no "
                    f"{self._declared.cursor.type}",
                    where=part.id,
                    remedy="check cursor.type and cursor.format",
                ) from None
            if value is not None and not _within(value, part):
                continue
            if tally.is_new(record, value):
                yield record

    def _tally(self, group: str) -> Tally | None:
        cursor = self._declared.cursor
        if cursor is None or self._scale is None:
            return None
        columns = Columns(self.schema().names)
        with self._lock:
            if group not in self._tallies:
                last = self._mark.parts.get(group) if self._mark else None
                self._tallies[group] = Tally(
                    group, self._scale, columns, last, self._mark,
                    salt=self._salt, remember=cursor.remember, strict=not self._key, where=self._name,
                )  # fmt: skip
            return self._tallies[group]

    def _note(self, records: Sequence[Record], columns: Columns) -> None:
        names = columns.present(records)
        with self._lock:
            self._found.update(dict.fromkeys(names))

    def _pages(self, part: Part, tally: Tally | None = None) -> Iterator[Page]:
        def fetch(ask: Ask) -> Page:
            page, clock = self._page(ask, part.id)
            if tally is not None and self._scale is not None and self._scale.is_time:
                tally.clock(self._scale.at(clock))
            return page

        return pages(self._declared.pages, part.ask, fetch, most=self._declared.max_pages, where=part.id)

    def _page(self, ask: Ask, where: str) -> tuple[Page, datetime]:
        """A page, and the service's clock when it was asked for."""
        declared = self._declared
        request = self._request(ask)
        path = way(declared.records) if declared.records is not None else None
        for attempt in range(1, REREAD + 1):
            began = datetime.now(UTC)
            answer = self._answer(request, where)
            try:
                if declared.format != "json" and not answer.framed:
                    raise Unreadable(
                        "the answer does not say where it ends, so that a part of it may be missing", where=where
                    )
                document = (
                    parse(answer.body, answer.charset, declared.format, declared.delimiter, where)
                    if answer.status != 204
                    else None
                )
                records = records_in(document, path, where) if answer.status != 204 else ()
                break
            except Unreadable as error:
                if attempt == REREAD:
                    remedy = "check url and format against what the service sends; it may also be out of order"
                    raise SourceError(error.what, where=error.where, remedy=remedy) from None
        return Page(records, document, answer.headers, answer.url), moment(answer.headers.get("Date")) or began

    def _answer(self, request: Request, where: str) -> Answer:
        """A good answer; a refused token is renewed once."""
        again = True
        while True:
            secret = self._credentials.secret()
            answer = self._courtesy.persist(partial(self._web.send, request, secret, where), where)
            if answer.status in (200, 203, 204):
                return answer
            if answer.status != 401 or not again or not self._credentials.refused(secret):
                raise refused(answer, where)
            again = False

    def _request(self, ask: Ask) -> Request:
        declared = self._declared
        url = with_params(ask.url, _pairs(ask.params))
        body = None
        headers = {
            "User-Agent": "antechamber",
            "Accept": _ACCEPT[declared.format],
            "Accept-Encoding": "gzip, deflate",
        }
        if declared.method == "POST":
            body = json.dumps(ask.body or {}).encode()
            headers["Content-Type"] = "application/json"
        given = {name.lower() for name in declared.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in given}
        return Request(declared.method, url, {**headers, **declared.headers}, body)

    def _ask_token(self, request: Request, secret: Secret, where: str) -> Answer:
        return self._courtesy.persist(partial(self._web.send, request, secret, where), where)

    def _may_ask(self, origin: Origin) -> bool:
        auth = self._declared.auth
        token = origin_of(auth.token_url) if isinstance(auth, OAuth2) else None
        return origin in (self._home, token) or origin.is_named(self._declared.hosts)

    def _now(self) -> Decimal | None:
        return (
            self._scale.at(datetime.fromtimestamp(time.time(), UTC)) if self._scale and self._scale.is_time else None
        )


def _within(value: Decimal, part: Part) -> bool:
    return (part.after is None or value >= part.after) and (part.before is None or value < part.before)


def _pairs(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, bool):
                yield name, "true" if each else "false"
            elif each is not None:
                yield name, str(each) if not isinstance(each, Number) else str.__str__(each)
