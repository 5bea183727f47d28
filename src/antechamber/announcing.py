"""Telling how a run ended, to whom its connector and its tenant name."""

from __future__ import annotations

import logging

from antechamber.declare import Declarations
from antechamber.operate.runs import RunRecord
from antechamber.publish import RunMessage, notify

log = logging.getLogger("antechamber.run")


def announce(declared: Declarations, record: RunRecord) -> None:
    """Tell each target once; a run that found nothing new is not told. Never raises: what failed is logged."""
    connector = declared.connectors[record.connector]
    targets = (*connector.notify, *declared.workspace.tenants[connector.tenant].notify)
    if record.status == "nothing new" or not targets:
        return
    for failure in notify(tuple(dict.fromkeys(targets)), RunMessage.of(record)):
        log.warning("not notified: %s", failure)
