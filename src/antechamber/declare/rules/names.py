"""Names that a clean room accepts in queries.

Sources: AWS Clean Rooms SQL reference, "SQL naming rules" (read 2026-11-24); botocore 1.44.5, model `cleanrooms`,
shapes TableAlias and AnalysisRuleColumnName, which every `Name` satisfies; Apache Spark, "ANSI compliance: SQL
keywords".
"""

from __future__ import annotations

REFUSED_COLUMNS = frozenset({"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""Column names that AWS Clean Rooms never accepts."""

REFUSED_PREFIXES = (
    "padb_", "pg_", "stcs_", "stl_", "stll_", "stv_", "svcs_", "svl_", "svv_", "sys_", "systable_",
)  # fmt: skip
"""Beginnings of table and column names that AWS Clean Rooms never accepts."""

RESERVED = frozenset(
    {
        "all", "and", "any", "as", "authorization", "both", "case", "cast", "check", "collate", "column",
        "constraint", "create", "cross", "current_date", "current_time", "current_timestamp", "current_user",
        "distinct", "else", "end", "except", "false", "for", "foreign", "from", "full", "grant", "group",
        "having", "in", "inner", "intersect", "into", "is", "join", "leading", "left", "natural", "not", "null",
        "offset", "on", "only", "or", "order", "outer", "overlaps", "primary", "references", "right", "select",
        "session_user", "some", "table", "then", "to", "trailing", "true", "union", "unique", "user", "using",
        "when", "where", "with",
    }
)  # fmt: skip
"""Words reserved by AWS Clean Rooms and by Spark SQL alike: no query could use them as they are."""

IN_QUOTES = frozenset(
    {
        "analyse", "analyze", "array", "asc", "backup", "between", "binary", "credentials", "default",
        "deferrable", "delta", "desc", "disable", "do", "enable", "encode", "encrypt", "encryption", "explicit",
        "freeze", "identity", "ignore", "ilike", "initially", "interval", "isnull", "like", "limit",
        "localtime", "localtimestamp", "minus", "new", "notnull", "nulls", "off", "offline", "old", "open",
        "parallel", "partition", "percent", "permissions", "pivot", "placing", "raw", "recover", "resort",
        "respect", "restore", "similar", "snapshot", "sysdate", "system", "tag", "timestamp", "top", "unnest",
        "unpivot", "verbose", "wallet", "without",
    }
)  # fmt: skip
"""Further words reserved by AWS Clean Rooms: a query has to quote them."""


def flaw_of_shared_name(name: str, *, column: bool) -> tuple[str, str] | None:
    """Why a clean room refuses the name, and the remedy; None when it does not."""
    remedy = (
        "give the column another name, with `source:` for the file's" if column else "give the share another name:"
    )
    if column and name in REFUSED_COLUMNS:
        return f"'{name}' is a name that AWS Clean Rooms keeps to itself", remedy
    if name.startswith(REFUSED_PREFIXES):
        prefix = next(each for each in REFUSED_PREFIXES if name.startswith(each))
        return f"AWS Clean Rooms accepts no name that begins with '{prefix}'", remedy
    if name in RESERVED:
        return f"'{name}' is a reserved word of SQL", remedy
    return None
