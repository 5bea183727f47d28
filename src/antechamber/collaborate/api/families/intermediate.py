"""Intermediate tables: the answer to a query, kept in the collaboration to be asked again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from antechamber.collaborate.api import faults, inherited, spending
from antechamber.collaborate.api.access import active, within
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown, times
from antechamber.collaborate.api.families import queries
from antechamber.collaborate.api.relations import children, lose_base, relation, scope_of_names
from antechamber.collaborate.api.rooms import Question, question, unpaid
from antechamber.collaborate.api.shapes import compiled
from antechamber.collaborate.api.state import Row, Shelf
from antechamber.collaborate.api.tables import type_name
from antechamber.errors import QueryFailed, QueryRefused

DAY = 86_400.0

_NAME = "[a-z0-9_](([a-z0-9_ ]+-)*([a-z0-9_ ]+))?"


def create(call: Call) -> Given:
    """CreateIntermediateTable: by the member who can query; its statement must be allowed by then."""
    own = active(call)
    queries.check_runner(call, own)
    configuration = call.given["populationAnalysisConfiguration"]
    asked = _asked(call, own, configuration["sqlParameters"])
    made = call.add(
        "intermediate",
        {
            **only(call.given, "description", "kmsKeyArn", "retentionInDays", "populationAnalysisConfiguration"),
            "tableDependencies": inherited.dependencies(asked.relations),
        },
        collaboration=own.collaboration,
        membership=own.id,
        scope=scope_of_names(own.collaboration),
        name=call.given["name"],
        status="CREATED",
    )
    return {"intermediateTable": show(call, made)}


def get(call: Call) -> Given:
    """GetIntermediateTable."""
    return {"intermediateTable": show(call, own_table(call))}


def list_all(call: Call) -> Given:
    """ListIntermediateTables."""
    return call.page(
        "intermediateTableSummaries",
        lambda row: _summary(call, row),
        "kind = 'intermediate' AND membership = ?",
        active(call).id,
    )


def list_versions(call: Call) -> Given:
    """ListIntermediateTableVersions."""
    return call.page(
        "intermediateTableVersionSummaries",
        lambda row: _version(call, row),
        "kind = 'version' AND parent = ?",
        own_table(call).id,
    )


def update(call: Call) -> Given:
    """UpdateIntermediateTable. The types of columns are told anew; the rows stay as they are."""
    row = own_table(call)
    changes = only(call.given, "description", "kmsKeyArn")
    if "columns" in call.given:
        known = row.get("columns") or {}
        wanted = {each["name"]: each["type"] for each in call.given["columns"]}
        if not set(wanted) <= set(known):
            raise faults.invalid("a column is not there", ("columns", "must name columns of the populated table"))
        changes["columns"] = {**known, **wanted}
    return {"intermediateTable": show(call, call.shelf.change(row, changes))}


def populate(call: Call) -> Given:
    """PopulateIntermediateTable: run its statement again; the answer becomes a new version."""
    own, row = active(call), own_table(call)
    if row.status == "POPULATE_STARTED":
        raise faults.conflict(
            "the table is being populated", reason="INVALID_STATE", kind="MEMBERSHIP", identifier=row.id
        )
    sql: Given = dict(row["populationAnalysisConfiguration"]["sqlParameters"])
    if "parameters" in call.given:
        sql["parameters"] = call.given["parameters"]
    payer = queries.paying(call, own, call.given.get("analysisPayerAccountId"))
    asked = _asked(call, own, sql)
    identifier, version = str(uuid.uuid4()), str(uuid.uuid4())
    spending.spend(call, [each.row for each in asked.relations], identifier)
    target = {"id": row.id, "arn": call.arn(row), "name": row.name}
    queries.submit(
        call,
        own,
        identifier,
        {
            "sqlParameters": sql,
            "resultConfiguration": {"outputConfiguration": {"intermediateTable": target}},
            "queryComputePayerAccountId": payer,
            "version": version,
        },
    )
    call.shelf.add(
        "version",
        call.account,
        {"analysisId": identifier, **shown(row, "kmsKeyArn"), "parameters": call.given.get("parameters")},
        id=version,
        membership=own.id,
        collaboration=own.collaboration,
        parent=row.id,
        status="POPULATE_STARTED",
    )
    call.shelf.change(row, {"statusReason": None}, status="POPULATE_STARTED")
    return {"analysisId": identifier, "analysisType": "QUERY", "versionId": version}


def delete(call: Call) -> Given:
    """DeleteIntermediateTable: with its versions and its rule. Deleting it again changes nothing."""
    own = active(call)
    found = call.shelf.find("intermediate", call.given["intermediateTableIdentifier"])
    if found is None:
        return {}
    row = within(call, "intermediate", own, found.id)
    lose_base(call, row)
    forget(call, row)
    for kind in ("version", "intermediate_rule", "budget_template"):
        for each in list(call.shelf.all(kind, parent=row.id)):
            call.shelf.remove(each)
    call.shelf.remove(row)
    return {}


def disallow(call: Call) -> Given:
    """DisallowIntermediateTable: by the owner of a table that it was made of."""
    own = active(call)
    name = call.given["intermediateTableName"]
    row = next(call.shelf.all("intermediate", collaboration=own.collaboration, name=name), None)
    if row is None:
        raise call.missing("COLLABORATION", own.collaboration or "")
    if not any(base["creatorAccountId"] == call.account for base in row["tableDependencies"]):
        raise faults.denied("the intermediate table is not made of a table of the account")
    everything = list(call.shelf.all("intermediate", collaboration=own.collaboration))
    chosen = [row]
    if call.given.get("includeDescendants", True):
        chosen += [each for each in everything if any(base["id"] == row.id for base in each["tableDependencies"])]
    for each in chosen:
        forget(call, each)
        call.shelf.change(each, {"active": None}, status="DISALLOWED_BY_DATA_PROVIDER")
    return {}


def show(call: Call, row: Row) -> Given:
    """`IntermediateTable`."""
    columns = row.get("columns")
    return {
        **_summary(call, row),
        **shown(row, "statusReason", "kmsKeyArn", "populationAnalysisConfiguration", "tableDependencies"),
        "childResources": children(call, row),
        "intermediateTableVersion": row.get("active"),
        "schema": columns and {"columns": [{"name": name, "type": type_} for name, type_ in columns.items()]},
    }


def own_table(call: Call) -> Row:
    """The intermediate table of a call, of the caller. Raises Fault."""
    return within(call, "intermediate", active(call), call.given["intermediateTableIdentifier"])


def answer(asked: Question, account: str) -> pa.Table:
    """The rows of a population. Raises QueryRefused and QueryFailed."""
    room = inherited.deferred(asked, account)
    return room.answer(asked.sql, member=account, parameters=asked.parameters, template=asked.template).table


def populated(call: Call, query: Row, asked: Question, rows: pa.Table) -> None:
    """The rows become the active version."""
    version = call.shelf.find("version", query["version"])
    row = None if version is None else call.shelf.find("intermediate", version.parent or "")
    if version is None or row is None or row.status != "POPULATE_STARTED":
        return
    call.house.tables.keep(version.id, rows)
    forget(call, row)
    table = call.house.tables.kept(_holding(row, version.id))
    assert table is not None  # noqa: S101 - it was just kept
    columns = {field.name: type_name(field.field_type) for field in table.schema().fields}
    days = row.get("retentionInDays")
    expires = None if days is None else call.now + days * DAY
    found: Given = {
        "versionId": version.id,
        "analysisId": query.id,
        "analysisType": "QUERY",
        **shown(version, "kmsKeyArn", "parameters"),
        "inheritedConstraints": inherited.constraints(asked.relations, asked.sql, columns),
        "expirationTime": expires,
    }
    call.shelf.change(version, {"expirationTime": expires}, status="POPULATE_SUCCESS")
    call.shelf.change(row, {"active": found, "columns": columns, "held": version.id}, status="POPULATE_SUCCESS")


def failed(shelf: Shelf, query: Row) -> None:
    """A population that failed: an earlier version stays active."""
    version = shelf.find("version", query.get("version", ""))
    row = None if version is None else shelf.find("intermediate", version.parent or "")
    if version is None or row is None:
        return
    shelf.change(version, status="POPULATE_FAILED")
    if row.status == "POPULATE_STARTED":
        status = "POPULATE_SUCCESS" if row.get("active") else "POPULATE_FAILED"
        reason = f"protected query {query.id} did not succeed"
        shelf.change(row, {"statusReason": reason}, status=status)


def forget(call: Call, row: Row) -> None:
    """Drop the rows that a table has, once the transaction is on disk."""
    held = row.get("held")
    if held is not None:
        call.after.append(lambda: call.house.tables.drop(held))


def _holding(row: Row, version: str) -> Row:
    return Row(**{**row.__dict__, "document": {**row.document, "held": version}})


def _asked(call: Call, own: Row, sql: Mapping[str, Any]) -> Question:
    """The question of a population, allowed by the rules that hold for it. Raises Fault."""
    queries.check_parameters(sql)
    collaboration = call.shelf.held("collaboration", own.collaboration)
    asked = question(call, collaboration, sql, call.house.limits, unpaid)
    try:
        told = inherited.deferred(asked, call.account).explain(
            asked.sql, member=call.account, parameters=asked.parameters, template=asked.template
        )
    except (QueryRefused, QueryFailed) as error:
        text = queries.refusal_text(error)
        raise faults.invalid(
            text, ("populationAnalysisConfiguration.sqlParameters", text), reason="INVALID_QUERY"
        ) from None
    names = [name.lower() for name in told.columns]
    if len(set(names)) != len(names) or not all(compiled(_NAME).fullmatch(name) for name in told.columns):
        raise faults.invalid(
            "the columns of the table need names of their own",
            ("populationAnalysisConfiguration.sqlParameters", "must name each column by an alias in lower case"),
            reason="INVALID_QUERY",
        )
    return asked


def _summary(call: Call, row: Row) -> Given:
    collaboration = call.shelf.held("collaboration", row.collaboration)
    membership = call.shelf.held("membership", row.membership)
    expired = "INTERMEDIATE_TABLE_RETENTION_PERIOD_EXPIRED" in relation(call, row).reasons
    return {
        "id": row.id,
        "arn": call.arn(row),
        "name": row.name,
        "membershipId": membership.id,
        "membershipArn": call.arn(membership),
        "collaborationId": collaboration.id,
        "collaborationArn": call.arn(collaboration),
        "status": "RETENTION_PERIOD_EXPIRED" if expired else row.status,
        "analysisRuleTypes": [rule.status for rule in call.shelf.all("intermediate_rule", parent=row.id)],
        **shown(row, "description", "retentionInDays"),
        **times(row),
    }


def _version(call: Call, row: Row) -> Given:
    expires = row.get("expirationTime")
    expired = expires is not None and expires <= call.now
    return {
        "versionId": row.id,
        "tableId": row.parent,
        "createTime": row.created,
        "analysisId": row["analysisId"],
        "status": "RETENTION_PERIOD_EXPIRED" if expired else row.status,
        "analysisType": "QUERY",
        "expirationTime": expires,
        **shown(row, "kmsKeyArn"),
    }


HANDLERS: Mapping[str, Handler] = {
    "CreateIntermediateTable": create,
    "DeleteIntermediateTable": delete,
    "DisallowIntermediateTable": disallow,
    "GetIntermediateTable": get,
    "ListIntermediateTableVersions": list_versions,
    "ListIntermediateTables": list_all,
    "PopulateIntermediateTable": populate,
    "UpdateIntermediateTable": update,
}
