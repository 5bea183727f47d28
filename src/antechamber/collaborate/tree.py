"""Looking at the parsed tree so that nothing in it goes unseen.

Every part of every node is either read by a rule or refused here; a node that no rule reads has no way through.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from antechamber.collaborate.parse import refusal

_SPOKEN: dict[str, str] = {
    "with_": "WITH",
    "kind": "SELECT AS STRUCT",
    "distinct": "SELECT DISTINCT",
    "into": "INTO",
    "laterals": "LATERAL VIEW",
    "qualify": "QUALIFY",
    "windows": "WINDOW",
    "distribute": "DISTRIBUTE BY",
    "sort": "SORT BY",
    "cluster": "CLUSTER BY",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "locks": "FOR UPDATE",
    "operation_modifiers": "a SELECT modifier",
    "hint": "a hint",
    "hints": "a hint",
    "sample": "TABLESAMPLE",
    "pivots": "PIVOT",
    "version": "VERSION or TIMESTAMP AS OF",
    "when": "VERSION or TIMESTAMP AS OF",
    "joins": "a join in parentheses",
    "using": "USING",
    "query": "a subquery",
    "exclude": "EXCEPT (columns)",
    "grouping_sets": "GROUPING SETS",
    "cube": "CUBE",
    "rollup": "ROLLUP",
    "totals": "TOTALS",
    "all": "GROUP BY ALL",
    "safe": "TRY_CAST",
}

_NODES: dict[str, str] = {
    "star": "*",
    "subquery": "a subquery",
    "select": "a subquery",
    "window": "a window function",
    "filter": "FILTER",
    "nullsafeeq": "<=>",
    "anonymous": "a function",
    "dpipe": "||",
    "bracket": "[…]",
    "dot": "a nested field",
    "concat": "a concatenation of strings",
    "rawstring": "a raw string",
    "rlike": "RLIKE",
    "regexplike": "RLIKE",
    "eq": "=",
    "neq": "!=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "mod": "%",
    "null": "NULL",
    "column": "a column",
    "literal": "a literal",
    "groupingsets": "GROUPING SETS",
    "is": "IS",
}


def only(node: exp.Expr, clause: str, *parts: str) -> None:
    """Refuse a node that holds any part but these."""
    for part, content in node.args.items():
        if part not in parts and content not in (None, False, "", [], ()):
            raise refusal(clause, f"{_SPOKEN.get(part, part.strip('_').upper())} is not allowed here")


def bare(node: exp.Expr | None, clause: str) -> exp.Expr:
    """The node within any parentheses."""
    while isinstance(node, exp.Paren):
        only(node, clause, "this")
        node = node.this
    if not isinstance(node, exp.Expr):
        raise refusal(clause, "something is missing")
    return node


def terms(node: exp.Expr, connector: type[exp.Connector], clause: str) -> Iterator[exp.Expr]:
    """The terms of a chain of ANDs or ORs, in order; does not recurse, however long the chain is."""
    waiting = [node]
    while waiting:
        inner = bare(waiting.pop(), clause)
        if type(inner) is connector:
            only(inner, clause, "this", "expression")
            waiting += [inner.args["expression"], inner.this]
        else:
            yield inner


def name(identifier: object, clause: str) -> str:
    """An identifier as it is looked up: ASCII letters in lower case, everything else as it stands.

    Only ASCII: `str.lower` would turn the Kelvin sign into the letter k.
    """
    if not isinstance(identifier, exp.Identifier):
        raise refusal(clause, f"{spoken(identifier)} stands where a name is expected")
    only(identifier, clause, "this", "quoted")
    text: str = identifier.this
    return text.lower() if text.isascii() else text


def spoken(node: object) -> str:
    """What a node is called in a message; never holds a literal."""
    if isinstance(node, exp.Anonymous) and isinstance(node.this, str):
        return f"the function {node.this.upper()[:40]}"
    if isinstance(node, exp.Expr):
        return _NODES.get(node.key, node.key.upper())
    return "something else"
