"""Analysis templates: a statement that a member wrote for others to review, run by its ARN."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from antechamber.collaborate.api import arns, faults
from antechamber.collaborate.api.access import active, joined, within
from antechamber.collaborate.api.call import Call, Given, Handler, only, shown
from antechamber.collaborate.api.standing import to_members, to_owner
from antechamber.collaborate.api.state import Row


def create(call: Call) -> Given:
    """CreateAnalysisTemplate. A template cannot be changed but for its description: it was reviewed."""
    own = active(call)
    call.within("Analysis templates per membership", call.shelf.count("template", membership=own.id))
    _check(call.given)
    made = call.add(
        "template",
        {
            **only(call.given, "description", "format", "source", "analysisParameters", "errorMessageConfiguration"),
            "schema": {"referencedTables": tables_named(call.given["source"]["text"])},
        },
        collaboration=own.collaboration,
        membership=own.id,
        scope=f"template of {own.id}",
        name=call.given["name"],
    )
    return {"analysisTemplate": _show(call, made)}


def get(call: Call) -> Given:
    """GetAnalysisTemplate."""
    return {"analysisTemplate": _show(call, _own(call))}


def list_all(call: Call) -> Given:
    """ListAnalysisTemplates."""
    return call.page(
        "analysisTemplateSummaries",
        lambda row: _summary(call, row),
        "kind = 'template' AND membership = ?",
        active(call).id,
    )


def update(call: Call) -> Given:
    """UpdateAnalysisTemplate."""
    return {"analysisTemplate": _show(call, call.shelf.change(_own(call), only(call.given, "description")))}


def delete(call: Call) -> Given:
    """DeleteAnalysisTemplate."""
    call.shelf.remove(_own(call))
    return {}


def get_in_collaboration(call: Call) -> Given:
    """GetCollaborationAnalysisTemplate."""
    collaboration = joined(call).collaboration
    found = by_arn(call, collaboration.id, call.given["analysisTemplateArn"])
    if found is None:
        raise call.missing("COLLABORATION", call.given["analysisTemplateArn"])
    return {"collaborationAnalysisTemplate": _shared(call, found)}


def get_many_in_collaboration(call: Call) -> Given:
    """BatchGetCollaborationAnalysisTemplate."""
    collaboration = joined(call).collaboration
    answer: Given = {"collaborationAnalysisTemplates": [], "errors": []}
    for arn in dict.fromkeys(call.given["analysisTemplateArns"]):
        found = by_arn(call, collaboration.id, arn)
        if found is None:
            answer["errors"].append(
                {"arn": arn, "code": "ResourceNotFoundException", "message": "there is no such template"}
            )
        else:
            answer["collaborationAnalysisTemplates"].append(_shared(call, found))
    return answer


def list_in_collaboration(call: Call) -> Given:
    """ListCollaborationAnalysisTemplates."""
    return call.page(
        "collaborationAnalysisTemplateSummaries",
        lambda row: _shared_summary(call, row),
        "kind = 'template' AND collaboration = ? AND membership IN "
        "(SELECT id FROM resources WHERE kind = 'membership' AND status = 'ACTIVE')",
        joined(call).collaboration.id,
    )


def by_arn(call: Call, collaboration: str | None, arn: str) -> Row | None:
    """The template of a collaboration that an ARN names, while its author is a member."""
    identifier = arns.identifier(arn)
    found = call.shelf.find("template", identifier) if identifier else None
    if found is None or found.collaboration != collaboration or call.arn(found) != arn:
        return None
    author = call.shelf.find("membership", found.membership or "")
    return found if author is not None and author.status == "ACTIVE" else None


def tables_named(text: str) -> list[str]:
    """The tables that a statement names. Raises Fault when it cannot be read."""
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect="spark") if tree is not None]
    except (SqlglotError, RecursionError):
        raise faults.invalid(
            "the statement cannot be read as Spark SQL", ("source.text", "must be Spark SQL"), reason="INVALID_QUERY"
        ) from None
    cached = trees[:-1]
    if not trees or not isinstance(trees[-1], exp.Query) or not all(isinstance(each, exp.Cache) for each in cached):
        raise faults.invalid(
            "a template is one SELECT", ("source.text", "must be one SELECT"), reason="INVALID_QUERY"
        )
    ours = {cte.alias_or_name.lower() for tree in trees for cte in tree.find_all(exp.CTE)}
    ours |= {each.this.name.lower() for each in cached if isinstance(each.this, exp.Table)}
    names = (table.name for tree in trees for table in tree.find_all(exp.Table))
    return list(dict.fromkeys(name for name in names if name and name.lower() not in ours))


def _check(given: Given) -> None:
    if given["format"] != "SQL" or "text" not in given["source"]:
        raise faults.invalid(
            "this server runs SQL, and no PySpark",
            ("format", "must be SQL, with source.text"),
            reason="INVALID_CONFIGURATION",
        )
    if "syntheticDataParameters" in given:
        raise faults.invalid(
            "this server makes no synthetic data",
            ("syntheticDataParameters", "must be absent"),
            reason="INVALID_CONFIGURATION",
        )
    names = [parameter["name"].lower() for parameter in given.get("analysisParameters", [])]
    if len(set(names)) != len(names):
        raise faults.invalid("a parameter is named twice", ("analysisParameters", "must name each parameter once"))


def _own(call: Call) -> Row:
    return within(call, "template", active(call), call.given["analysisTemplateIdentifier"])


def _show(call: Call, row: Row) -> Given:
    return {**_summary(call, row), **_content(row)}


def _shared(call: Call, row: Row) -> Given:
    return {**_shared_summary(call, row), **_content(row)}


def _content(row: Row) -> Given:
    return {**shown(row, "schema", "format", "source", "analysisParameters", "errorMessageConfiguration")}


def _summary(call: Call, row: Row) -> Given:
    return {**to_owner(call, row), "name": row.name, **shown(row, "description")}


def _shared_summary(call: Call, row: Row) -> Given:
    return {**to_members(call, row), "name": row.name, **shown(row, "description")}


HANDLERS: Mapping[str, Handler] = {
    "BatchGetCollaborationAnalysisTemplate": get_many_in_collaboration,
    "CreateAnalysisTemplate": create,
    "DeleteAnalysisTemplate": delete,
    "GetAnalysisTemplate": get,
    "GetCollaborationAnalysisTemplate": get_in_collaboration,
    "ListAnalysisTemplates": list_all,
    "ListCollaborationAnalysisTemplates": list_in_collaboration,
    "UpdateAnalysisTemplate": update,
}
