"""Tags: labels on whatever has an ARN."""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api import arns
from antechamber.collaborate.api.access import DELETED
from antechamber.collaborate.api.call import Call, Given, Handler, tag, tags_of
from antechamber.collaborate.api.state import Row

_KINDS = (
    "collaboration", "membership", "configured_table", "association", "template", "id_mapping_table", "id_namespace",
    "budget_template", "intermediate",
)  # fmt: skip


def add(call: Call) -> Given:
    """TagResource."""
    tag(call, _resource(call), call.given["tags"])
    return {}


def remove(call: Call) -> Given:
    """UntagResource."""
    row = _resource(call)
    keys = [(row.id, key) for key in call.given["tagKeys"]]
    call.shelf.connection.executemany("DELETE FROM tags WHERE resource = ? AND key = ?", keys)
    return {}


def show(call: Call) -> Given:
    """ListTagsForResource."""
    return {"tags": tags_of(call, _resource(call))}


def _resource(call: Call) -> Row:
    """The caller's resource that the ARN names. Raises Fault."""
    given = call.given["resourceArn"]
    identifier = arns.identifier(given)
    for kind in _KINDS if identifier else ():
        row = call.shelf.find(kind, identifier or "")
        if row is None or row.account != call.account or row.status == DELETED:
            continue
        if given in (call.arn(row), *([arns.budgeted(row, call.house.region)] if row.kind == "association" else [])):
            return row
    raise call.missing("MEMBERSHIP", given)


HANDLERS: Mapping[str, Handler] = {
    "ListTagsForResource": show,
    "TagResource": add,
    "UntagResource": remove,
}
