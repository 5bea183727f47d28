"""SQL text → one parsed SELECT statement, or a refusal.

The text is read as Spark SQL, the dialect of AWS Clean Rooms. Nothing here looks for bad words: the parser turns
the text into a tree, and `rules` accepts only the nodes that it knows. What is refused here is text whose tree
would not say all that the text says (escapes in strings), or that is too large to be looked at.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.parsers.spark import SparkParser
from sqlglot.tokenizer_core import Token, TokenType

from antechamber.errors import QueryRefused

LONGEST = 100_000
"""Characters of a statement."""

DEEPEST = 30
"""Parentheses within parentheses."""

MOST_TOKENS = 20_000


class CleanRoomSql(Spark):
    """Spark SQL in which a function call stays what was written: its name and its arguments.

    The Spark dialect rewrites calls (`YEAR(x)` becomes `YEAR(TO_DATE(x))`, `LOG(x)` becomes `LN(x)`), and the rules
    are about what was written.
    """

    class Parser(SparkParser):
        """Knows the aggregates and the functions with a syntax of their own; every other call is just a call."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {
            name: build for name, build in SparkParser.FUNCTIONS.items() if name in ("COUNT", "SUM", "AVG")
        }
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse for name, parse in SparkParser.FUNCTION_PARSERS.items() if name in ("CAST", "EXTRACT")
        }


class AnySelect(CleanRoomSql):
    """The same, with the functions of Spark that have a syntax of their own, for statements of custom rules."""

    class Parser(CleanRoomSql.Parser):
        """Knows TRIM(… FROM …), POSITION(… IN …) and SUBSTRING(… FROM …) too."""

        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse
            for name, parse in SparkParser.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "POSITION", "SUBSTRING", "SUBSTR")
        }


def parse(sql: str) -> exp.Select:
    """The statement's tree, a single SELECT. Raises QueryRefused."""
    (tree,) = _one(_parsed(sql, CleanRoomSql(), (TokenType.SELECT,)))
    if not isinstance(tree, exp.Select):
        raise refusal("statement", f"{_spoken(tree)} is not a single SELECT", _ONE_SELECT)
    return tree


_SELECTS = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN, TokenType.CACHE)


def _parsed(sql: str, dialect: Spark, begins: tuple[TokenType, ...]) -> list[exp.Expr]:
    if len(sql) > LONGEST:
        raise refusal("statement", f"the statement is longer than {LONGEST:,} characters", "ask less at once")
    if "\0" in sql or any("\ud800" <= character <= "\udfff" for character in sql):
        raise refusal("statement", "the statement is not text", "remove NUL characters and unpaired surrogates")
    try:
        tokens = dialect.tokenize(sql)
        _look_at(tokens, sql, begins)
        statements = [tree for tree in dialect.parser().parse(tokens, sql) if tree is not None]
    except QueryRefused:
        raise
    except SqlglotError as error:
        raise refusal(
            "statement", "the statement cannot be read as Spark SQL" + _place(error), "check its syntax"
        ) from None
    except RecursionError:
        raise refusal("statement", "the statement is nested too deeply", "write it flatter") from None
    except Exception:  # a defect of the parser must not become a way around the rules
        raise refusal("statement", "the statement cannot be read as Spark SQL", "check its syntax") from None
    return statements


def _one(statements: list[exp.Expr]) -> list[exp.Expr]:
    if len(statements) != 1:
        raise refusal("statement", "there is more than one statement", "ask one question at a time")
    return statements


def parse_any(sql: str) -> exp.Expr:
    """The tree of a statement that may be more than one SELECT (WITH, UNION, …), or follow tables that are cached.

    Raises QueryRefused.
    """
    *cached, last = _parsed(sql, AnySelect(), _SELECTS) or [exp.Select()]
    if not all(isinstance(each, exp.Cache) for each in cached):
        _one([*cached, last])
    if isinstance(last, exp.Cache) or (cached and not isinstance(last, exp.Query)):
        raise refusal("CACHE TABLE", "no query follows", "ask with a SELECT after it")
    return _after(cached, last)


def _after(cached: list[exp.Expr], query: exp.Expr) -> exp.Expr:
    """A query over cached tables: each is a common table expression before its own.

    Source: AWS Clean Rooms SQL reference, *CACHE TABLE*: what is cached is there for the whole query.
    """
    if not cached:
        return query
    named = []
    for each in cached:
        table = each.this
        plain = isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier) and not table.args.get("db")
        if not plain or each.args.get("lazy") or each.args.get("options") or each.args.get("expression") is None:
            raise refusal("CACHE TABLE", "it is not of a name and a query", "write CACHE TABLE name AS SELECT …;")
        expression = each.args["expression"]
        cte = exp.CTE(this=expression, alias=exp.TableAlias(this=table.this))
        cte.meta[CACHED] = True
        named.append(cte)
    own = query.args.get("with_")
    if own is not None and own.args.get("recursive"):
        raise refusal("WITH", "RECURSIVE is not allowed", "")
    query.set("with_", exp.With(expressions=[*named, *(own.expressions if own is not None else ())]))
    return query


CACHED = "antechamber cached"
"""In the meta of a common table expression that is a cached table."""


def refusal(clause: str, what: str, remedy: str = "") -> QueryRefused:
    """A no: `clause` is the part of the query at fault."""
    return QueryRefused(what, where=clause, remedy=remedy)


_ONE_SELECT = "ask with one SELECT, without WITH, UNION, INTERSECT or EXCEPT"


def _look_at(tokens: list[Token], sql: str, begins: tuple[TokenType, ...]) -> None:
    if not tokens:
        raise refusal("statement", "there is no statement", _ONE_SELECT)
    if len(tokens) > MOST_TOKENS:
        raise refusal("statement", f"the statement has more than {MOST_TOKENS:,} words", "ask less at once")
    if tokens[0].token_type not in begins:
        raise refusal("statement", "the statement does not begin with SELECT", _ONE_SELECT)
    depth = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE):
            depth += 1
            if depth > DEEPEST:
                raise refusal("statement", f"more than {DEEPEST} parentheses within each other", "write it flatter")
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE):
            depth -= 1
        elif token.token_type is TokenType.STRING:
            if "\\" in sql[token.start : token.end + 1]:
                raise refusal(
                    "statement",
                    "a string holds a backslash, which Spark's settings read in two ways",
                    "write the character itself",
                )
            if before is not None and before.token_type is TokenType.STRING:
                raise refusal(
                    "statement",
                    "two strings follow each other, which Spark's versions read in two ways",
                    "for an apostrophe within a string, put the string in double quotes",
                )


def _place(error: SqlglotError) -> str:
    details = getattr(error, "errors", None) or [{}]
    line, column = details[0].get("line"), details[0].get("col")
    return f" (line {line}, column {column})" if line is not None else ""


def _spoken(tree: exp.Expr) -> str:
    return f"a {tree.key.upper()} statement"
