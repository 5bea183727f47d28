"""Configured tables: a reference to a table of the account, and the columns of it that may be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import table
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown, times
from antechamber.collaborate.api.families.rules import check_policy
from antechamber.collaborate.api.state import Row

_KEPT = ("name", "description", "tableReference", "allowedColumns", "analysisMethod", "selectedAnalysisMethods")


def create(call: Call) -> Given:
    """CreateConfiguredTable. A repeated one makes a second table."""
    document = only(call.given, *_KEPT)
    call.within("Configured tables per account", call.shelf.count("configured_table", account=call.account))
    _check(call, document)
    return {"configuredTable": show(call, call.add("configured_table", document))}


def get(call: Call) -> Given:
    """GetConfiguredTable."""
    return {"configuredTable": show(call, table(call))}


def list_all(call: Call) -> Given:
    """ListConfiguredTables."""
    return call.page(
        "configuredTableSummaries",
        lambda row: _summary(call, row),
        "kind = 'configured_table' AND account = ?",
        call.account,
    )


def update(call: Call) -> Given:
    """UpdateConfiguredTable. What the table's rule names must stay."""
    found = table(call)
    changes = only(call.given, *_KEPT)
    document = {**found.document, **changes}
    if changes.get("analysisMethod") not in (None, "MULTIPLE") and "selectedAnalysisMethods" not in changes:
        document["selectedAnalysisMethods"] = changes["selectedAnalysisMethods"] = None
    _check(call, document)
    for rule in rules(call, found):
        try:
            check_policy(rule["policy"], document["allowedColumns"], document["tableReference"])
        except faults.Fault:
            raise faults.conflict(
                "the analysis rule of the table does not go with the change: change the rule first",
                reason="INVALID_STATE",
                kind="CONFIGURED_TABLE",
                identifier=found.id,
            ) from None
    return {"configuredTable": show(call, call.shelf.change(found, changes))}


def delete(call: Call) -> Given:
    """DeleteConfiguredTable: with its rule, once no association is left."""
    found = table(call)
    association = next(call.shelf.all("association", parent=found.id), None)
    if association is not None:
        raise faults.conflict(
            "the table is associated with a collaboration: delete the association first",
            reason="SUBRESOURCES_EXIST",
            kind="CONFIGURED_TABLE_ASSOCIATION",
            identifier=association.id,
        )
    for rule in rules(call, found):
        call.shelf.remove(rule)
    call.shelf.remove(found)
    return {}


def show(call: Call, row: Row) -> Given:
    """`ConfiguredTable`."""
    return {**_summary(call, row), **shown(row, "description", "tableReference", "allowedColumns")}


def rules(call: Call, row: Row) -> Iterator[Row]:
    """The analysis rules of a configured table: none or one."""
    return call.shelf.all("table_rule", parent=row.id)


def _summary(call: Call, row: Row) -> Given:
    (source,) = row["tableReference"]
    return {
        "id": row.id,
        "arn": call.arn(row),
        "tableType": source.upper(),
        "analysisRuleTypes": [rule.status for rule in rules(call, row)],
        **shown(row, "name", "analysisMethod", "selectedAnalysisMethods"),
        **times(row),
    }


def _check(call: Call, document: Mapping[str, Any]) -> None:
    columns: list[str] = document["allowedColumns"]
    most = call.house.quotas["Columns per configured table allowlist"]
    if len(columns) > most:
        raise faults.exceeded("Columns per configured table allowlist", most)
    if len(set(columns)) != len(columns):
        raise faults.invalid("a column is named twice", ("allowedColumns", "must name each column once"))
    methods = document.get("selectedAnalysisMethods")
    if (document["analysisMethod"] == "MULTIPLE") != bool(methods):
        raise faults.invalid(
            "several analysis methods are selected with MULTIPLE, and only then",
            ("selectedAnalysisMethods", "must be given if and only if analysisMethod is MULTIPLE"),
        )
    if methods is not None and len(set(methods)) < 2:
        raise faults.invalid(
            "MULTIPLE means at least two", ("selectedAnalysisMethods", "must name at least two methods")
        )
    relation = call.house.tables.relation(call.account, document["tableReference"])
    absent = [] if relation is None else [name for name in columns if name not in relation.columns]
    if absent:
        raise faults.invalid(
            f"the table has no column {', '.join(absent)}",
            *(("allowedColumns", f"{name} is not a column of the table") for name in absent),
        )


HANDLERS: Mapping[str, Handler] = {
    "CreateConfiguredTable": create,
    "DeleteConfiguredTable": delete,
    "GetConfiguredTable": get,
    "ListConfiguredTables": list_all,
    "UpdateConfiguredTable": update,
}
