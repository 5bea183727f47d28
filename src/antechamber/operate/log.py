"""Logs: to standard error, one line an event, without personal data and without secrets.

An exception that is not ours may quote a data value in its message, so such a message is never logged: only
the exception's class and the places it passed through.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime

from antechamber.errors import AntechamberError, CatalogError

LEVELS = ("debug", "info", "warning", "error")


def set_up(level: str = "warning", *, structured: bool = False) -> None:
    """Send the product's logs to standard error; other libraries' from warnings up.

    structured: as one JSON object each.
    """
    handler = _ToStandardError()
    handler.setFormatter(_Json() if structured else _Line("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("antechamber").setLevel(level.upper())


def outline(error: BaseException) -> str:
    """An unexpected exception without its message: `ValueError at pipeline.py:120 in work < local.py:98 in _work`."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} in {frame.name}" for frame in frames[::-1]
    )
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


def as_ours(error: BaseException, *, where: str) -> AntechamberError:
    """The error itself when it is ours; else one of ours that says what kind it was and where, not its message."""
    if isinstance(error, AntechamberError):
        return error
    if isinstance(error, OSError) and error.strerror:
        path = f" ({os.fsencode(error.filename).decode(errors='replace')})" if _is_path(error.filename) else ""
        return AntechamberError(
            f"the system said: {error.strerror}{path}", where=where, remedy="mend that and run again"
        )
    if type(error).__module__.partition(".")[0] == "sqlalchemy":
        # The catalog is the only database that is reached this way. The message would quote statements.
        said = getattr(error, "orig", None) or type(error).__name__
        return CatalogError(
            f"the catalog cannot be read or written ({said})", where=where, remedy="mend that and run again"
        )
    return AntechamberError(
        f"an unexpected {outline(error)}",
        where=where,
        remedy="this is a defect of Antechamber: please report this line",
    )


def _is_path(name: object) -> bool:
    return isinstance(name, (str, bytes, os.PathLike))


class _ToStandardError(logging.Handler):
    """Writes to what standard error is at that moment, as who runs this process in his own may have changed it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except Exception:
            self.handleError(record)


class _Line(logging.Formatter):
    def formatException(self, ei: object) -> str:
        error = ei[1] if isinstance(ei, tuple) else None
        return outline(error) if isinstance(error, BaseException) else ""


class _Json(logging.Formatter):
    """`time`, `level`, `logger`, `message`, and an exception's outline: never its message."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        error = record.exc_info[1] if record.exc_info else None
        return json.dumps({**told, **({"error": outline(error)} if error is not None else {})}, ensure_ascii=False)
