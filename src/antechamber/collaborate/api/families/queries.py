"""Protected queries: accepted once the rules allow them, run behind the call, watched and stopped."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from antechamber.collaborate.api import faults, receivers, spending
from antechamber.collaborate.api.access import abilities, active, member, membership, within
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown
from antechamber.collaborate.api.families.collaborations import payment
from antechamber.collaborate.api.rooms import Question, question, unpaid
from antechamber.collaborate.api.state import Row
from antechamber.errors import AntechamberError, QueryFailed, QueryRefused

ONGOING = ("SUBMITTED", "STARTED", "CANCELLING")


def start(call: Call) -> Given:
    """StartProtectedQuery."""
    own = active(call)
    check_runner(call, own)
    sql = call.given["sqlParameters"]
    check_parameters(sql)
    configuration = call.given.get("resultConfiguration") or own.get("defaultResultConfiguration")
    found = receivers.places(call, own, configuration)
    payer = paying(call, own, call.given.get("queryComputePayerAccountId"))
    asked = check_question(call, own, sql, tuple(found))
    identifier = str(uuid.uuid4())
    spending.spend(call, [each.row for each in asked.relations], identifier)
    row = submit(
        call,
        own,
        identifier,
        {
            **only(call.given, "sqlParameters", "computeConfiguration"),
            "resultConfiguration": {"outputConfiguration": configuration["outputConfiguration"]},
            "places": dict(found),
            "queryComputePayerAccountId": payer,
        },
    )
    return {"protectedQuery": show(call, row)}


def get(call: Call) -> Given:
    """GetProtectedQuery."""
    return {"protectedQuery": show(call, _own(call))}


def list_all(call: Call) -> Given:
    """ListProtectedQueries."""
    wanted = call.given.get("status")
    return call.page(
        "protectedQueries",
        lambda row: _summary(call, row),
        "kind = 'query' AND membership = ?" + (" AND status = ?" if wanted else ""),
        membership(call).id,
        *((wanted,) if wanted else ()),
    )


def update(call: Call) -> Given:
    """UpdateProtectedQuery: cancel. What is cancelled stays so; what is over cannot be."""
    row = _own(call)
    if row.status == "SUBMITTED":
        row = call.shelf.change(row, {"ended": call.now}, status="CANCELLED")
    elif row.status == "STARTED":
        row = call.shelf.change(row, status="CANCELLING")
        call.after.append(lambda: call.house.work.cancelled(row.id))
    elif row.status not in ("CANCELLING", "CANCELLED"):
        raise faults.conflict(
            f"the query is over: {row.status}", reason="INVALID_STATE", kind="MEMBERSHIP", identifier=row.id
        )
    return {"protectedQuery": show(call, row)}


def submit(call: Call, own: Row, identifier: str, document: Mapping[str, Any]) -> Row:
    """A query that was accepted; it runs once the call's transaction is on disk."""
    ongoing = sum(call.shelf.count("query", membership=own.id, status=status) for status in ONGOING)
    call.within("Concurrent ongoing queries per membership", ongoing)
    row = call.shelf.add(
        "query",
        call.account,
        document,
        id=identifier,
        collaboration=own.collaboration,
        membership=own.id,
        status="SUBMITTED",
    )
    call.after.append(lambda: call.house.work.started(identifier))
    return row


def check_runner(call: Call, own: Row) -> None:
    """Raises Fault unless the member may query."""
    place = member(call, own.collaboration or "", call.account)
    if place is None:
        raise faults.denied("the account is no member of the collaboration")
    if "CAN_QUERY" not in abilities(place):
        raise faults.denied(f"the member {place['displayName']} has not CAN_QUERY")


def check_parameters(sql: Mapping[str, Any]) -> None:
    """Raises Fault unless there is either a statement or a template, and parameters only for a template."""
    if ("queryString" in sql) == ("analysisTemplateArn" in sql):
        raise faults.invalid(
            "a query is a statement or a template",
            ("sqlParameters", "must have either queryString or analysisTemplateArn"),
        )
    if sql.get("parameters") and "queryString" in sql:
        raise faults.invalid(
            "only a template has parameters", ("sqlParameters.parameters", "must be absent with queryString")
        )


def check_question(call: Call, own: Row, sql: Mapping[str, Any], accounts: tuple[str, ...]) -> Question:
    """The question, allowed by the rules for every receiver. Raises Fault with the rule's words."""
    collaboration = call.shelf.held("collaboration", own.collaboration)
    asked = question(call, collaboration, sql, call.house.limits, unpaid)
    try:
        for account in accounts or (None,):
            told = asked.room.explain(
                asked.sql,
                member=call.account,
                receiver=account,
                parameters=asked.parameters,
                template=asked.template,
            )
    except (QueryRefused, QueryFailed) as error:
        raise faults.invalid(
            refusal_text(error), ("sqlParameters", refusal_text(error)), reason="INVALID_QUERY"
        ) from None
    template = spending.privacy_template(call, own.collaboration)
    if told.epsilon and template is not None:
        spending.check_affordable(call, template, told.epsilon)
    return asked


def refusal_text(error: AntechamberError) -> str:
    """An error in one line."""
    head = f"{error.where}: {error.what}" if error.where else error.what
    return f"{head}; {error.remedy}" if error.remedy else head


def paying(call: Call, own: Row, named: str | None) -> str:
    """The account that pays: the one that is named, or the first that is to. Raises Fault."""
    payers = [
        row
        for row in call.shelf.all("member", collaboration=own.collaboration)
        if payment(row, call)["queryCompute"]["isResponsible"]
    ]
    chosen = next((row for row in payers if named in (None, row.account)), None)
    if chosen is None or chosen.status != "ACTIVE":
        raise faults.invalid(
            "no active member pays for it",
            ("queryComputePayerAccountId", "must be an active member that pays for query compute costs"),
            reason="INVALID_CONFIGURATION",
        )
    return chosen.account


def show(call: Call, row: Row) -> Given:
    """`ProtectedQuery`."""
    ended, started = row.get("ended"), row.get("started")
    statistics = None
    if ended is not None and started is not None:
        # Nothing is billed here.
        statistics = {
            "totalDurationInMillis": int((ended - started) * 1000),
            "billedResourceUtilization": {"units": 0.0},
        }
    return {
        **_common(call, row),
        **shown(
            row,
            "sqlParameters",
            "resultConfiguration",
            "result",
            "error",
            "computeConfiguration",
        ),
        "statistics": statistics,
    }


def _summary(call: Call, row: Row) -> Given:
    accounts = list(row.get("places", {}))
    configuration = (row.get("resultConfiguration") or {}).get("outputConfiguration", {})
    return {
        **_common(call, row),
        "receiverConfigurations": [
            {
                "analysisType": "DIRECT_ANALYSIS",
                "configurationDetails": {"directAnalysisConfigurationDetails": {"receiverAccountIds": accounts}},
            }
        ],
        "intermediateTableConfiguration": configuration.get("intermediateTable"),
    }


def _common(call: Call, row: Row) -> Given:
    own = call.shelf.held("membership", row.membership)
    return {
        "id": row.id,
        "membershipId": own.id,
        "membershipArn": call.arn(own),
        "createTime": row.created,
        "status": row.status,
        **shown(row, "queryComputePayerAccountId"),
    }


def _own(call: Call) -> Row:
    return within(call, "query", membership(call), call.given["protectedQueryIdentifier"])


HANDLERS: Mapping[str, Handler] = {
    "GetProtectedQuery": get,
    "ListProtectedQueries": list_all,
    "StartProtectedQuery": start,
    "UpdateProtectedQuery": update,
}
