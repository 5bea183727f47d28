"""Declarations: the models of a workspace, a connector and a collaboration, and how their files are read."""

from antechamber.declare.collaboration import Collaboration, Member
from antechamber.declare.connector import (
    BY_STANDARD,
    IDENTITY_TYPES,
    Column,
    ColumnKey,
    Connector,
    Encoding,
    StandardName,
    Table,
)
from antechamber.declare.engine import SparkEngine, spark_of
from antechamber.declare.format import Csv, JsonLines, Parquet
from antechamber.declare.load import Declarations, load_workspace
from antechamber.declare.placeholders import Placeholders
from antechamber.declare.quality import (
    Asked,
    Freshness,
    Length,
    OneOf,
    Pattern,
    Range,
    References,
    RowCount,
    asked,
    share_of,
    span_of,
)
from antechamber.declare.schema import json_schema
from antechamber.declare.share import AggregationRule, CollaborationRule, CustomRule, ListRule, Rule, Share
from antechamber.declare.source import DatabaseSource, Decrypt, FileSource, SourceModel
from antechamber.declare.workspace import Tenant, Workspace

__all__ = [
    "BY_STANDARD",
    "IDENTITY_TYPES",
    "AggregationRule",
    "Asked",
    "Collaboration",
    "CollaborationRule",
    "Column",
    "ColumnKey",
    "Connector",
    "Csv",
    "CustomRule",
    "DatabaseSource",
    "Declarations",
    "Decrypt",
    "Encoding",
    "FileSource",
    "Freshness",
    "JsonLines",
    "Length",
    "ListRule",
    "Member",
    "OneOf",
    "Parquet",
    "Pattern",
    "Placeholders",
    "Range",
    "References",
    "RowCount",
    "Rule",
    "Share",
    "SourceModel",
    "SparkEngine",
    "StandardName",
    "Table",
    "Tenant",
    "Workspace",
    "asked",
    "json_schema",
    "load_workspace",
    "share_of",
    "span_of",
    "spark_of",
]
