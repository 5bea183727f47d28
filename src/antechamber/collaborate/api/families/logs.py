"""Exports of analysis logs: what happened to a protected query, without its text and its values."""

from __future__ import annotations

from collections.abc import Mapping

from antechamber.collaborate.api import faults
from antechamber.collaborate.api.access import abilities, active, member, within
from antechamber.collaborate.api.call import Call, Given, Handler, times
from antechamber.collaborate.api.state import Row


def start(call: Call) -> Given:
    """StartAnalysisLogExport: by the member who ran the query or pays for it, once it is over."""
    own = active(call)
    place = member(call, own.collaboration or "", call.account)
    if place is None or "CAN_EXPORT_QUERY_ANALYSIS_LOG" not in abilities(place):
        raise faults.denied("the member has not CAN_EXPORT_QUERY_ANALYSIS_LOG")
    identifier = call.given["analysisId"]
    query = call.shelf.find("query", identifier)
    if (
        query is None
        or query.collaboration != own.collaboration
        or call.account not in (query.account, query.get("queryComputePayerAccountId"))
    ):
        raise call.missing("MEMBERSHIP", identifier)
    if query.get("ended") is None or query.get("started") is None:
        raise faults.invalid(
            "the query is not over, or was never carried out", ("analysisId", "must be of a query that has ended")
        )
    s3 = call.given["resultConfiguration"]["outputConfiguration"]["s3"]
    call.house.results.check(s3)
    made = call.shelf.add(
        "log_export",
        call.account,
        {
            "analysisId": query.id,
            "analysisType": call.given["analysisType"],
            "resultConfiguration": call.given["resultConfiguration"],
        },
        collaboration=own.collaboration,
        membership=own.id,
        status="SUCCESS",
    )
    events = [
        {"event": "SUBMITTED", "time": query.created},
        {"event": "STARTED", "time": query["started"]},
        {"event": query.status, "time": query["ended"], "code": (query.get("error") or {}).get("code")},
    ]
    call.house.results.log(s3, made.id, events)
    # As the service has it, the first answer never tells the end.
    return {"analysisLogExport": {**_show(made), "status": "IN_PROGRESS"}}


def get(call: Call) -> Given:
    """GetAnalysisLogExport."""
    row = within(call, "log_export", active(call), call.given["analysisLogExportIdentifier"])
    return {"analysisLogExport": _show(row)}


def list_all(call: Call) -> Given:
    """ListAnalysisLogExports."""
    conditions, parameters = ["kind = 'log_export'", "membership = ?"], [active(call).id]
    if "status" in call.given:
        conditions.append("status = ?")
        parameters.append(call.given["status"])
    if "analysisIdentifier" in call.given:
        conditions.append("document ->> 'analysisId' = ?")
        parameters.append(call.given["analysisIdentifier"])
    return call.page("analysisLogExports", _summary, " AND ".join(conditions), *parameters)


def _show(row: Row) -> Given:
    updated = times(row)["updateTime"]
    return {
        **_summary(row),
        "membershipId": row.membership,
        "resultConfiguration": row["resultConfiguration"],
        "updateTime": updated,
    }


def _summary(row: Row) -> Given:
    return {
        "analysisLogExportId": row.id,
        "analysisId": row["analysisId"],
        "analysisType": row["analysisType"],
        "status": row.status,
        "createTime": row.created,
    }


HANDLERS: Mapping[str, Handler] = {
    "GetAnalysisLogExport": get,
    "ListAnalysisLogExports": list_all,
    "StartAnalysisLogExport": start,
}
