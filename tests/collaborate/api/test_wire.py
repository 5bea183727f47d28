"""A rule that is declared and the policy that the API has of it say the same, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collaborate.api.judge import validator

from antechamber.collaborate.api.wire import (
    KINDS,
    collaboration_policy_of,
    collaboration_rule_of,
    kind_of,
    policy_of,
    rule_of,
)
from antechamber.declare.share import CollaborationRule

POLICIES: dict[str, dict[str, Any]] = {
    "aggregation": {
        "aggregateColumns": [
            {"columnNames": ["email", "phone"], "function": "COUNT_DISTINCT"},
            {"columnNames": ["ltv"], "function": "SUM_DISTINCT"},
            {"columnNames": ["ltv"], "function": "AVG"},
        ],
        "joinColumns": ["email"],
        "joinRequired": "QUERY_RUNNER",
        "allowedJoinOperators": ["AND", "OR"],
        "dimensionColumns": ["tier"],
        "scalarFunctions": ["UPPER", "CAST"],
        "outputConstraints": [
            {"columnName": "email", "minimum": 50, "type": "COUNT_DISTINCT"},
            {"columnName": "phone", "minimum": 2, "type": "COUNT_DISTINCT"},
        ],
        "additionalAnalyses": "ALLOWED",
    },
    "list": {
        "joinColumns": ["email", "phone"],
        "allowedJoinOperators": ["OR"],
        "listColumns": ["tier"],
        "additionalAnalyses": "NOT_ALLOWED",
    },
    "custom": {
        "allowedAnalyses": ["ANY_QUERY"],
        "allowedAnalysisProviders": ["111111111111"],
        "additionalAnalyses": "REQUIRED",
        "disallowedOutputColumns": ["email"],
        "aggregationThresholds": [
            {
                "identityColumns": ["email"],
                "minimumIdentityCount": 100,
                "type": "COUNT_DISTINCT",
                "outputColumnThresholds": [{"outputColumnName": "tier", "minimumIdentityCount": 0}],
                "allowedAggregateExpressionType": "ANY_EXPRESSION",
            }
        ],
        "comparisonControls": {
            "allowedLiteralComparisonColumns": ["tier"],
            "allowedColumnComparisonColumns": ["email"],
        },
    },
    "idMappingTable": {
        "joinColumns": ["a", "b"],
        "queryConstraints": [{"requireOverlap": {"columns": ["a"]}}],
        "dimensionColumns": ["b"],
    },
}


@pytest.mark.parametrize("kind", POLICIES)
def test_a_policy_comes_back_as_it_was(kind: str) -> None:
    policy = {"v1": {kind: POLICIES[kind]}}
    assert not list(validator("AnalysisRulePolicy").iter_errors(policy))
    assert policy_of(rule_of(policy)) == policy
    assert KINDS[kind_of(policy)] == kind


def test_differential_privacy_comes_back_as_it_was() -> None:
    policy = {
        "v1": {
            "custom": {
                "allowedAnalyses": ["arn:aws:cleanrooms:us-east-1:111111111111:membership/m/analysistemplate/t"],
                "differentialPrivacy": {"columns": [{"name": "email"}]},
            }
        }
    }
    assert policy_of(rule_of(policy)) == policy


def test_a_collaboration_rule_comes_back_as_it_was() -> None:
    rule = CollaborationRule(receivers=("111111111111",), additional_analyses=())
    policy = collaboration_policy_of(rule, "LIST")
    assert not list(validator("ConfiguredTableAssociationAnalysisRulePolicy").iter_errors(policy))
    assert collaboration_rule_of(policy["v1"]["list"]) == rule
    assert collaboration_rule_of({}) is None


def test_of_several_rules_only_what_all_allow_is_allowed() -> None:
    together = collaboration_rule_of(
        {"allowedResultReceivers": ["1", "2"]}, {"allowedResultReceivers": ["2", "3"]}, {}
    )
    assert together == CollaborationRule(receivers=("2",), additional_analyses=None)
