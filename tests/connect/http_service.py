"""What the tests of the http source share: a service that holds records, and reading it as a run does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyiceberg.table import Table
from tests.servers.rest import Asked, Reply

from antechamber.catalog import namespace, open_catalog
from antechamber.connect.http import HttpRecords, HttpSource
from antechamber.connect.http.courtesy import Backoff
from antechamber.declare import load_workspace
from antechamber.records import Listing, Progress
from antechamber.secrets import Secrets

Rows = list[dict[str, Any]]


def source(
    url: str,
    folder: Path,
    *,
    columns: tuple[str, ...] | None = ("id", "email"),
    key: tuple[str, ...] = (),
    **declared: Any,
) -> HttpRecords:
    """The source as a connector opens it, with waits that a test can bear."""
    model = HttpSource.model_validate({"type": "http", "url": url, **declared})
    return HttpRecords(
        model, secrets=Secrets(folder), columns=columns, key=key, backoff=Backoff(first=0.005, most=0.01)
    )


def run(
    url: str, folder: Path, *, watermark: Any = None, full: bool = False, **declared: Any
) -> tuple[dict[str, Any] | None, Rows]:
    """(what the commit would record, the records read)."""
    opened = source(url, folder, **declared)
    try:
        listing, rows = read(opened, watermark, full=full)
        mark = opened.watermark(listing)
        return (json.loads(json.dumps(mark)) if mark else None), rows
    finally:
        opened.close()


def read(opened: HttpRecords, watermark: Any = None, *, full: bool = False) -> tuple[Listing, Rows]:
    """All partitions, in order."""
    listing = opened.list(Progress(watermark=watermark), full=full)
    rows = [row for each in listing.partitions for batch in opened.read(each) for row in batch.to_pylist()]
    return listing, rows


def people(count: int) -> Rows:
    """Records, and what is to be read of each: id and email as text."""
    return [{"id": number, "email": f"p{number}@example.test"} for number in range(count)]


def texts(rows: Rows) -> Rows:
    """Records as they are to be read."""
    return [{"id": str(row["id"]), "email": row["email"]} for row in rows]


def paged(rows: Rows, size: int = 10) -> Callable[[Asked], Reply]:
    """A service of several styles at once: by page, offset, cursor in body or header, next URL, Link."""

    def answer(asked: Asked) -> Reply:
        given = {**asked.params, **(json.loads(asked.body) if asked.body else {})}
        if "page" in given:
            start = (int(given["page"]) - 1) * size
        else:
            start = int(given.get("cursor") or given.get("offset") or 0)
        found, end = rows[start : start + size], start + size
        more = end < len(rows)
        headers = {"X-Next": str(end)} if more else {}
        if more:
            headers["Link"] = f'<{asked.path}?offset=0>; rel="first", <{asked.path}?cursor={end}>; rel="next"'
        return Reply(
            {
                "data": {"items": found},
                "meta": {
                    "next": str(end) if more else None,
                    "more": more,
                    "total": len(rows),
                    "pages": -(-len(rows) // size),
                },
                "next": f"?cursor={end}" if more else None,
            },
            headers=headers,
        )

    return answer


def cli(root: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """(exit code, what `--json` printed, standard error) of a command in a workspace."""
    done = subprocess.run(
        [sys.executable, "-m", "antechamber", *arguments, "--json"],
        cwd=root, env={**os.environ, "CRM_TOKEN": "hunter2", "ACME_KEY": "00" * 32}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def workspace(root: Path, connector: str) -> None:
    """A workspace with one tenant and one connector."""
    (root / "connectors").mkdir()
    (root / "connectors/it.yaml").write_text(connector)
    (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "env:ACME_KEY"}\n')


def published(root: Path, table: str) -> Table:
    """A table of the workspace."""
    declared = load_workspace(root)
    catalog = open_catalog(declared.workspace, declared.root)
    return catalog.load_table((namespace("acme", declared.workspace.tenants["acme"]), table))
