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
from antechamber.declare.format import Csv, JsonLines, Parquet
from antechamber.declare.load import Declarations, load_workspace
from antechamber.declare.placeholders import Placeholders
from antechamber.declare.schema import json_schema
from antechamber.declare.share import AggregationRule, CollaborationRule, CustomRule, ListRule, Rule, Share
from antechamber.declare.source import DatabaseSource, Decrypt, FileSource, SourceModel
from antechamber.declare.workspace import Tenant, Workspace

__all__ = [
    "BY_STANDARD",
    "IDENTITY_TYPES",
    "AggregationRule",
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
    "JsonLines",
    "ListRule",
    "Member",
    "Parquet",
    "Placeholders",
    "Rule",
    "Share",
    "SourceModel",
    "StandardName",
    "Table",
    "Tenant",
    "Workspace",
    "json_schema",
    "load_workspace",
]
