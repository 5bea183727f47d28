"""Rules as the API writes them, and rules as they are declared: the same thing in two spellings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from antechamber.declare.share import (
    Aggregate,
    AggregateFunction,
    AggregationRule,
    AnalysisRule,
    CollaborationRule,
    Comparisons,
    CustomRule,
    DifferentialPrivacy,
    IdMappingRule,
    ListRule,
    Minimum,
    OutputThreshold,
    Threshold,
)

Policy = Mapping[str, Any]

KINDS: Mapping[str, str] = {
    "AGGREGATION": "aggregation",
    "LIST": "list",
    "CUSTOM": "custom",
    "ID_MAPPING_TABLE": "idMappingTable",
}
"""Type of a rule → the member of its policy that holds it."""


def rule_of(policy: Policy) -> AnalysisRule:
    """The rule that a policy (`{"v1": …}`) holds. Raises pydantic's ValidationError for a name that is not ours."""
    ((kind, body),) = policy["v1"].items()
    if kind == "aggregation":
        return _aggregation(body)
    if kind == "list":
        return ListRule(
            columns=tuple(body["listColumns"]),
            join=tuple(body["joinColumns"]),
            join_operators=_operators(body),
            additional_analyses=body.get("additionalAnalyses"),
        )
    if kind == "idMappingTable":
        required = [each["requireOverlap"].get("columns", ()) for each in body["queryConstraints"]]
        return IdMappingRule(
            join=tuple(body["joinColumns"]),
            require_overlap=tuple(column for columns in required for column in columns),
            dimensions=tuple(body.get("dimensionColumns", ())),
        )
    return _custom(body)


def policy_of(rule: AnalysisRule) -> dict[str, Any]:
    """The policy that says what a rule says."""
    if isinstance(rule, AggregationRule):
        body: dict[str, Any] = {
            "aggregateColumns": [
                {"columnNames": list(each.columns), "function": each.function.replace(" ", "_")}
                for each in rule.aggregate
            ],
            "joinColumns": list(rule.join),
            "joinRequired": "QUERY_RUNNER" if rule.join_required else None,
            "allowedJoinOperators": list(rule.join_operators),
            "dimensionColumns": list(rule.dimensions),
            "scalarFunctions": [function.upper() for function in rule.scalar_functions],
            "outputConstraints": [
                {"columnName": each.column, "minimum": each.count, "type": "COUNT_DISTINCT"} for each in rule.minimums
            ],
            "additionalAnalyses": rule.additional_analyses,
        }
        return _v1("aggregation", body)
    if isinstance(rule, ListRule):
        body = {
            "joinColumns": list(rule.join),
            "allowedJoinOperators": list(rule.join_operators),
            "listColumns": list(rule.columns),
            "additionalAnalyses": rule.additional_analyses,
        }
        return _v1("list", body)
    if isinstance(rule, IdMappingRule):
        overlap = [{"requireOverlap": {"columns": list(rule.require_overlap)}}] if rule.require_overlap else []
        body = {
            "joinColumns": list(rule.join),
            "queryConstraints": overlap,
            "dimensionColumns": list(rule.dimensions) or None,
        }
        return _v1("idMappingTable", body)
    return _v1("custom", _custom_policy(rule))


def collaboration_rule_of(*bodies: Policy) -> CollaborationRule | None:
    """What bodies of rules say together about receivers and further analyses: what all of them allow."""
    receivers = _all_allow(body.get("allowedResultReceivers") for body in bodies)
    further = _all_allow(body.get("allowedAdditionalAnalyses") for body in bodies)
    if receivers is None and further is None:
        return None
    return CollaborationRule(receivers=receivers, additional_analyses=further)


def collaboration_policy_of(rule: CollaborationRule, kind: str) -> dict[str, Any]:
    """The policy of an association that says what a collaboration rule says. kind: a type of KINDS."""
    body = {
        "allowedResultReceivers": None if rule.receivers is None else list(rule.receivers),
        "allowedAdditionalAnalyses": None if rule.additional_analyses is None else list(rule.additional_analyses),
    }
    return _v1(KINDS[kind], body)


def kind_of(policy: Policy) -> str:
    """The type of the rule that a policy holds."""
    (member,) = policy["v1"]
    return next(kind for kind, name in KINDS.items() if name == member)


def body_of(policy: Policy) -> dict[str, Any]:
    """What is within a policy's one member."""
    (body,) = policy["v1"].values()
    return cast("dict[str, Any]", body)


def _v1(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"v1": {kind: {name: value for name, value in body.items() if value is not None}}}


def _operators(body: Policy) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(body.get("allowedJoinOperators") or ("AND",)))


def _aggregation(body: Policy) -> AggregationRule:
    return AggregationRule(
        aggregate=tuple(
            Aggregate(
                columns=tuple(each["columnNames"]),
                function=cast("AggregateFunction", each["function"].replace("_", " ")),
            )
            for each in body["aggregateColumns"]
        ),
        join=tuple(body["joinColumns"]),
        dimensions=tuple(body["dimensionColumns"]),
        scalar_functions=tuple(body["scalarFunctions"]),
        minimum=tuple(
            Minimum(column=each["columnName"], count=each["minimum"]) for each in body["outputConstraints"]
        ),
        join_required=body.get("joinRequired") is not None,
        join_operators=_operators(body),
        additional_analyses=body.get("additionalAnalyses"),
    )


def _custom(body: Policy) -> CustomRule:
    privacy, comparisons = body.get("differentialPrivacy"), body.get("comparisonControls")
    return CustomRule(
        analyses=tuple(body.get("allowedAnalyses", ())),
        providers=tuple(body.get("allowedAnalysisProviders", ())),
        disallowed_output=tuple(body.get("disallowedOutputColumns", ())),
        threshold=next((_threshold(each) for each in body.get("aggregationThresholds", ())), None),
        comparisons=None
        if comparisons is None
        else Comparisons(
            literal=tuple(comparisons["allowedLiteralComparisonColumns"]),
            column=tuple(comparisons["allowedColumnComparisonColumns"]),
        ),
        differential_privacy=None if privacy is None else DifferentialPrivacy(user=privacy["columns"][0]["name"]),
        additional_analyses=body.get("additionalAnalyses"),
    )


def _threshold(body: Policy) -> Threshold:
    return Threshold(
        identity=body["identityColumns"][0],
        count=body["minimumIdentityCount"],
        outputs=tuple(
            OutputThreshold(column=each["outputColumnName"], count=each["minimumIdentityCount"])
            for each in body.get("outputColumnThresholds", ())
        ),
        expressions=body["allowedAggregateExpressionType"],
    )


def _custom_policy(rule: CustomRule) -> dict[str, Any]:
    thresholds = comparisons = None
    if rule.threshold is not None:
        outputs = [
            {"outputColumnName": each.column, "minimumIdentityCount": each.count} for each in rule.threshold.outputs
        ]
        threshold = {
            "identityColumns": [rule.threshold.identity],
            "minimumIdentityCount": rule.threshold.count,
            "type": "COUNT_DISTINCT",
            "allowedAggregateExpressionType": rule.threshold.expressions,
        }
        thresholds = [{**threshold, "outputColumnThresholds": outputs} if outputs else threshold]
    if rule.comparisons is not None:
        comparisons = {
            "allowedLiteralComparisonColumns": list(rule.comparisons.literal or ()),
            "allowedColumnComparisonColumns": list(rule.comparisons.column or ()),
        }
    privacy = rule.differential_privacy
    return {
        "allowedAnalyses": list(rule.analyses),
        "allowedAnalysisProviders": list(rule.providers) or None,
        "additionalAnalyses": rule.additional_analyses,
        "disallowedOutputColumns": list(rule.disallowed_output) or None,
        "differentialPrivacy": None if privacy is None else {"columns": [{"name": privacy.user}]},
        "aggregationThresholds": thresholds,
        "comparisonControls": comparisons,
    }


def _all_allow(lists: Iterable[Any]) -> tuple[str, ...] | None:
    """What every list holds; a list that is not there allows all."""
    said = [list(each) for each in lists if each is not None]
    if not said:
        return None
    return tuple(each for each in dict.fromkeys(said[0]) if all(each in other for other in said))
