"""HTTP: services that give their records page by page, declared and not programmed."""

from antechamber.connect.http.declared import HttpSource
from antechamber.connect.http.source import HttpRecords
from antechamber.connect.source import Opening
from antechamber.declare.registry import SourceType

LOOK_RETRIES = 1
"""Who only looks is told at once what does not answer."""


def _open(declared: HttpSource, opening: Opening) -> HttpRecords:
    if opening.look_only:
        declared = declared.model_copy(update={"retries": min(declared.retries, LOOK_RETRIES)})
    return HttpRecords(declared, secrets=opening.secrets, columns=opening.columns, key=opening.key)


SOURCE = SourceType(
    HttpSource,
    _open,
    summary="a service with a REST API: JSON, JSON Lines or CSV, page by page, in full or what changed",
    needs="what the service's documentation says of pages, credentials and limits",
    run_against="an HTTP server that pages, limits, fails, redirects and lets tokens expire",
)

__all__ = ["SOURCE", "HttpRecords", "HttpSource"]
