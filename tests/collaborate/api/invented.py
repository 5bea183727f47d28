"""Inputs that the model allows, made up from its shapes: values of every member, and the ids of what there is."""

from __future__ import annotations

import random
from typing import Any

from tests.collaborate.api.judge import model

UUID = "0a1b2c3d-0a1b-4c2d-8e3f-0a1b2c3d4e5f"

# Texts for patterns; what is not named here takes letters.
_TEXTS = {
    "AccountId": ["111111111111", "222222222222", "999999999999"],
    "AdditionalAnalysesResourceArn": [
        f"arn:aws:cleanrooms:us-east-1:111111111111:membership/{UUID}/configuredaudiencemodelassociation/{UUID}"
    ],
    "AnalysisTemplateArn": [f"arn:aws:cleanrooms:us-east-1:111111111111:membership/{UUID}/analysistemplate/{UUID}"],
    "AnalysisTemplateArnOrQueryWildcard": ["ANY_QUERY", "ANY_JOB"],
    "AnalysisTemplateText": ["SELECT 1", "SELECT plan FROM viewers", "nonsense (", ""],
    "AthenaOutputLocation": ["s3://some-bucket/prefix"],
    "BudgetedResourceArn": [
        f"arn:aws:cleanrooms:us-east-1:111111111111:membership/{UUID}/configuredtableassociation/{UUID}"
    ],
    "CleanroomsArn": [f"arn:aws:cleanrooms:us-east-1:111111111111:membership/{UUID}"],
    "ConfiguredAudienceModelArn": ["arn:aws:cleanrooms-ml:us-east-1:111111111111:configured-audience-model/a"],
    "DatabricksEndpointUrl": [
        f"https://a.cloud.databricks.com/api/2.0/delta-sharing/metastores/{UUID}/recipients/{UUID}"
    ],
    "DatabricksWorkspaceUrl": ["https://a.cloud.databricks.com"],
    "IdMappingTableInputReferenceArn": [
        "arn:aws:entityresolution:us-east-1:111111111111:idmappingworkflow/pairs",
        "arn:aws:entityresolution:us-east-1:111111111111:idmappingworkflow/",
    ],
    "IdNamespaceAssociationInputReferenceArn": [
        "arn:aws:entityresolution:us-east-1:111111111111:idnamespace/source",
        "arn:aws:entityresolution:us-east-1:111111111111:idnamespace/target",
    ],
    "KMSKeyArn": ["arn:aws:kms:us-east-1:111111111111:key/abc"],
    "KeyPrefix": ["a/b", "", "..", "*/!"],
    "RoleArn": ["arn:aws:iam::111111111111:role/antechamber"],
    "SecretsManagerArn": ["arn:aws:secretsmanager:us-east-1:111111111111:secret:a"],
    "PaginationToken": ["", "MQ==", "x.y", "\u00fc"],
    "ParameterName": ["plan"],
    "ColumnName": ["email", "tier", "plan", "a column", "_x-1"],
    "AnalysisRuleColumnName": ["email", "tier", "plan", "9 lives", "_x-1"],
    "GlueDatabaseName": ["acme", "streamly", ""],
    "GlueTableName": ["members", "viewers", ""],
    "TableAlias": ["members", "viewers", "with space", "", "Ünknown"[1:]],
    "CollaborationName": ["spring", "\u00e9t\u00e9"],
    "SnowflakeAccountIdentifier": ["ab12345"],
    "S3LocationKeyString": ["key.py"],
    "ProtectedQuerySQLParametersQueryStringString": ["SELECT 1", "SELECT * FROM members", "(((", "\U0001f600", ""],
    "PopulationAnalysisSqlParametersQueryStringString": ["SELECT plan FROM viewers", ";;", ""],
}

_BUCKETS = ("AnalysisLogExportS3OutputConfigurationBucketString", "ProtectedQueryS3OutputConfigurationBucketString")


class Inventor:
    """Makes inputs. known: what there is, by the word before `Identifier` or `Arn`; it learns from answers."""

    def __init__(self, seed: int, known: dict[str, list[str]]) -> None:
        self._random = random.Random(seed)
        self._known = known

    def learn(self, answer: dict[str, Any]) -> None:
        """Keep the ids and ARNs of an answer."""
        for word, content in answer.items():
            if isinstance(content, dict):
                name = word.removeprefix("collaborationC").replace("hange", "change") if "Change" in word else word
                for kind in ("id", "arn"):
                    if kind in content:
                        self._known.setdefault(f"{name} {kind}", []).append(content[kind])
                        self._known.setdefault(f"resource {kind}", []).append(content[kind])

    def input_of(self, operation: str) -> dict[str, Any]:
        """An input of an operation."""
        made: dict[str, Any] = self._value("", model()["operations"][operation]["input"]["shape"], 0)
        return made

    def _value(self, member: str, name: str, depth: int) -> Any:
        shape, pick = model()["shapes"][name], self._random
        kind = shape["type"]
        if kind == "structure":
            return self._structure(shape, depth)
        if kind == "list":
            least = shape.get("min", 0)
            many = max(least, pick.randrange(3)) if depth < 6 else least
            return [self._value(member, shape["member"]["shape"], depth + 1) for _ in range(many)]
        if kind == "map":
            keys = [self._value("", shape["key"]["shape"], depth + 1) for _ in range(pick.randrange(3))]
            return {key: self._value("", shape["value"]["shape"], depth + 1) for key in keys}
        if kind in ("integer", "long"):
            low, high = shape.get("min", 0), shape.get("max", 10**6)
            return pick.choice([low, high, pick.randint(low, high)])
        if kind in ("double", "float"):
            return pick.uniform(shape.get("min", 0), shape.get("max", 1))
        if kind == "boolean":
            return pick.random() < 0.5
        found = self._there(member)
        return self._text(name, shape) if found is None else found

    def _there(self, member: str) -> str | None:
        """An id or ARN of something that is there, for a member that names one; sometimes of something else."""
        word, kind = member.removesuffix("s"), "id"
        for ending, of in (("Identifier", "id"), ("Arn", "arn"), ("Id", "id")):
            if word.endswith(ending):
                word, kind = word.removesuffix(ending), of
                break
        else:
            return None
        there = self._known.get(f"{'protectedQuery' if member == 'analysisId' else word} {kind}")
        return self._random.choice(there) if there and self._random.random() < 0.95 else None

    def _structure(self, shape: dict[str, Any], depth: int) -> dict[str, Any]:
        members, pick = shape["members"], self._random
        if shape.get("union"):
            chosen = [pick.choice(list(members))]
        else:
            required = shape.get("required", [])
            chosen = [name for name in members if name in required or pick.random() < 0.4]
        return {name: self._value(name, members[name]["shape"], depth + 1) for name in chosen}

    def _text(self, name: str, shape: dict[str, Any]) -> str:
        pick = self._random
        if "enum" in shape:
            return str(pick.choice(shape["enum"]))
        if name in _TEXTS:
            return pick.choice(_TEXTS[name])
        if shape.get("min") == shape.get("max") == 36:
            return UUID
        if name in _BUCKETS or name.endswith("BucketString"):
            return "some-bucket"
        return pick.choice(["a", "abc", "a1"])[: shape.get("max", 9)].ljust(shape.get("min", 0), "a")
