"""An SQL expression over one record: what it may be made of, and the statement that DuckDB is given for it.

The user's text never reaches the engine: it is parsed, every node of its tree must be on a list, and a new text is
written from the tree, with names of ours in place of the columns'. What is not on a list (a subquery, an aggregate, a
window, a function that reads a file, a setting, the clock or chance) is refused with its name.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from antechamber.declare.mistake import closest
from antechamber.declare.model import show
from antechamber.prepare.sql.dates import MACROS

MOST_LONG = 10_000
"""Characters that an expression may have."""

MOST_NODES = 2_000
"""Operators, names, values and functions that it may have."""

WIDEST = 10_000
"""The length that lpad and rpad may fill up to."""

FUNCTIONS = frozenset({
    "abs", "ascii", "ceil", "ceiling", "coalesce", "concat", "concat_ws", "contains", "date_diff", "date_part",
    "date_trunc", "datediff", "datepart", "day", "dayname", "dayofweek", "dayofyear", "ends_with", "epoch", "exp",
    "floor", "greatest", "hour", "if", "ifnull", "instr", "isodow", "last_day", "lcase", "least", "left", "len",
    "length", "ln", "log10", "log2", "lower", "lpad", "ltrim", "make_date", "md5", "minute", "mod", "month",
    "monthname", "nullif", "position", "pow", "power", "prefix", "quarter", "regexp_extract", "regexp_full_match",
    "regexp_matches", "regexp_replace", "replace", "reverse", "right", "round", "rpad", "rtrim", "second", "sha256",
    "sign", "split_part", "sqrt", "starts_with", "strftime", "strip_accents", "strlen", "strpos", "strptime",
    "substr", "substring", "suffix", "translate", "trim", "trunc", "try_strptime", "ucase", "upper", "week", "year",
    "chr", "date_sub", "datesub", "json_extract_string", "make_timestamp", "millisecond", *MACROS,
})  # fmt: skip
"""Functions of DuckDB that give the same for the same arguments, and touch nothing else."""

TYPES = ("VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL", "BOOLEAN", "DATE", "TIMESTAMP")
"""What a cast may make."""

_TYPES = frozenset({
    exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR, exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT,
    exp.DType.TINYINT, exp.DType.INT128, exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL, exp.DType.BOOLEAN,
    exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ,
})  # fmt: skip
_OF_NUMBERS = frozenset({
    "abs", "ceil", "ceiling", "exp", "floor", "ln", "log10", "log2", "mod", "pow", "power", "round", "sign", "sqrt",
    "trunc",
})  # fmt: skip
_CLOCK = frozenset({
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "user",
    "session_user", "current_role", "current_schema", "current_catalog", "current_database",
})  # fmt: skip
_UNITS = frozenset({
    "YEAR", "YEARS", "QUARTER", "QUARTERS", "MONTH", "MONTHS", "WEEK", "WEEKS", "DAY", "DAYS", "HOUR", "HOURS",
    "MINUTE", "MINUTES", "SECOND", "SECONDS", "DOW", "ISODOW", "DOY", "EPOCH",
})  # fmt: skip
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow, exp.Neg)
_NODES = (
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.And, exp.Or, exp.Not, exp.Is,
    exp.In, exp.Between, exp.Like, exp.ILike, exp.Escape, exp.DPipe, exp.Case, exp.If, exp.Cast, exp.TryCast,
    exp.DataType, exp.DataTypeParam, exp.Extract, exp.Var, exp.Trim, exp.Substring, exp.StrPosition, exp.Interval,
    exp.RegexpLike, exp.Anonymous, *_COMPARISONS, *_ARITHMETIC,
)  # fmt: skip
_CALLED = {
    exp.Select: "a query", exp.Subquery: "a query", exp.Exists: "a query", exp.Union: "a query",
    exp.Window: "a window function", exp.Star: "*", exp.Placeholder: "a parameter", exp.Parameter: "a parameter",
    exp.Lambda: "a lambda", exp.Bracket: "[…]", exp.Dot: "a name with a dot", exp.Alias: "AS",
    exp.JSONExtract: "->", exp.JSONExtractScalar: "->>", exp.Struct: "a struct", exp.Array: "a list",
    exp.Collate: "COLLATE", exp.Distinct: "DISTINCT",
}  # fmt: skip


_DuckDBParser: Any = DuckDB.Parser


class _Row(DuckDB):
    """DuckDB's syntax with every function left as it is called."""

    class Parser(_DuckDBParser):  # type: ignore[misc]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - the parent's tables are declared like this
        NO_PAREN_FUNCTIONS: dict[Any, Any] = {}  # noqa: RUF012
        NO_PAREN_FUNCTION_PARSERS = {"CASE": DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}  # noqa: RUF012
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: DuckDB.Parser.FUNCTION_PARSERS[name]
            for name in ("CAST", "TRY_CAST", "EXTRACT", "SUBSTRING", "TRIM", "POSITION")
        }


@dataclass(frozen=True)
class Flaw:
    """What is wrong with an expression, and what would be right."""

    what: str
    remedy: str


class Expression:
    """An expression without a flaw."""

    def __init__(self, tree: exp.Expr) -> None:
        self._tree = tree
        names = (column.name for column in tree.find_all(exp.Column))
        self.columns: tuple[str, ...] = tuple(dict.fromkeys(names))
        """The columns that it reads, as they are written."""

    def statement(self, schema: Mapping[str, pl.DataType], within: Mapping[str, str]) -> str:
        """The expression as DuckDB is given it. schema: the columns' types. within: column → its name there."""

        def rewrite(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column):
                return exp.column(within[node.name], quoted=True)
            return node

        tree = self._tree.copy()
        for node in list(tree.walk()):
            _read_numbers(node, schema)
        for node in list(tree.find_all(exp.Div, exp.IntDiv, exp.Mod)):
            node.set("expression", _never_zero(node.expression))
        return tree.transform(rewrite).sql(dialect=_Row, comments=False)


@functools.lru_cache(maxsize=512)
def read(text: str) -> Expression | Flaw:
    """The expression that a text stands for, or what is wrong with it. No literal of the text is repeated."""
    if len(text) > MOST_LONG:
        return Flaw(f"the expression has more than {MOST_LONG:,} characters", "make it of several steps")
    if any(letter < " " and letter not in "\t\n\r" for letter in text):
        return Flaw("the expression holds a control character", "remove it")
    try:
        tokens = sqlglot.tokenize(text, dialect=_Row)
        if not tokens:
            return Flaw("the expression is empty", "write one, such as upper(name)")
        for token in tokens:
            if token.token_type is TokenType.SEMICOLON:
                return Flaw("the expression is more than one statement", "remove the ';'")
        statements = sqlglot.parse(f"SELECT {text}\n", dialect=_Row)
    except SqlglotError as error:
        place = _place(error)
        return Flaw(f"this is not an SQL expression{place}", "write one, as in a SELECT: upper(name)")
    except Exception:
        # The parser fails in its own ways on some malformed text.
        return Flaw("this is not an SQL expression", "write one, as in a SELECT: upper(name)")
    (select,) = statements if len(statements) == 1 else (None,)
    if not isinstance(select, exp.Select):
        return Flaw("this is not one SQL expression", "write one, as in a SELECT: upper(name)")
    more = [name for name, value in select.args.items() if value and name not in ("expressions", "kind")]
    if more or select.args.get("kind"):
        return Flaw(
            f"an expression has no {(more or ['kind'])[0].upper().rstrip('_')}",
            "write only what stands behind SELECT",
        )
    if len(select.expressions) != 1:
        return Flaw(f"these are {len(select.expressions)} expressions", "write one for each column")
    tree = select.expressions[0]
    nodes = list(tree.walk())
    if len(nodes) > MOST_NODES:
        return Flaw(f"the expression has more than {MOST_NODES:,} parts", "make it of several steps")
    for node in nodes:
        if (flaw := _flaw(node)) is not None:
            return flaw
    return Expression(tree)


def _place(error: SqlglotError) -> str:
    told = getattr(error, "errors", None) or [{}]
    line, column = told[0].get("line"), told[0].get("col")
    if line is None or column is None:
        return ""
    return f" (near character {max(1, column - len('SELECT '))}" + (f" of line {line})" if line > 1 else ")")


def _flaw(node: exp.Expr) -> Flaw | None:
    if isinstance(node, exp.Anonymous):
        return _flaw_of_call(node)
    if not isinstance(node, _NODES):
        what = _CALLED.get(type(node), type(node).__name__.upper())
        return Flaw(f"{what} cannot stand in an expression", "use the record's columns, operators and functions")
    if isinstance(node, exp.Column):
        if node.table:
            return Flaw("a column has a name of one part here", "put a name with a dot in double quotes")
        if isinstance(node.this, exp.Star) or not isinstance(node.this, exp.Identifier):
            return Flaw("* cannot stand in an expression", "name the columns")
        if not node.this.quoted and node.name.lower() in _CLOCK:
            name = node.name.lower()
            return Flaw(f"{name} is not the record's", "a column of that name stands in double quotes")
    elif isinstance(node, exp.DataType):
        if node.this not in _TYPES or any(not isinstance(each, exp.DataTypeParam) for each in node.expressions):
            return Flaw("a cast makes no such type", f"use one of {', '.join(TYPES)}")
    elif isinstance(node, exp.Var):
        if node.name.upper() not in _UNITS:
            return Flaw(f"{show(node.name)} is not a part of a date or time", "use year, month, day, hour, …")
    elif isinstance(node, exp.In):
        if node.args.get("query") or node.args.get("unnest") or node.args.get("field"):
            return Flaw("a query cannot stand in an expression", "list the values: IN ('a', 'b')")
    elif isinstance(node, exp.Div | exp.IntDiv | exp.Mod) and _is_zero(node.expression):
        return Flaw("this divides by zero", "divide by something else")
    return None


def _flaw_of_call(node: exp.Anonymous) -> Flaw | None:
    name = node.name.lower()
    if name not in FUNCTIONS or not isinstance(node.this, str):
        meant = closest(name, sorted(FUNCTIONS))
        remedy = f"did you mean {meant}?" if meant else "the functions there are stand in docs/reference/steps.md"
        return Flaw(f"the function {show(name)} cannot be used here", remedy)
    if name in ("lpad", "rpad"):
        width = node.expressions[1] if len(node.expressions) > 1 else None
        if not isinstance(width, exp.Literal) or width.is_string or not width.name.isdigit():
            return Flaw(f"{name} needs its length as a number", f"write {name}(text, 10, '0')")
        if int(width.name) > WIDEST:
            return Flaw(f"{name} fills up to more than {WIDEST:,} characters", "write a smaller length")
    return None


def _is_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) == 0


def _never_zero(divisor: exp.Expr) -> exp.Expr:
    """DuckDB gives null or infinity for a division by zero: a cast that fails makes an error of it, as of others."""
    if isinstance(divisor, exp.Literal):
        return divisor
    fails = exp.cast(
        exp.DPipe(this=exp.Literal.string("x"), expression=exp.cast(divisor.copy(), "VARCHAR")), "TINYINT"
    )
    case = exp.Case().when(exp.EQ(this=exp.Paren(this=divisor.copy()), expression=exp.Literal.number(0)), fails)
    return exp.Paren(this=case.else_(divisor.copy()))


def _read_numbers(node: exp.Expr, schema: Mapping[str, pl.DataType]) -> None:
    """A column of text in arithmetic, in a function of numbers, or compared with a number, is read as a number."""
    if isinstance(node, _ARITHMETIC):
        sides = [node.args.get("this"), node.args.get("expression")]
        if any(isinstance(side, exp.Interval) for side in sides):
            return
        numbers = [side for side in sides if side is not None]
    elif isinstance(node, exp.Anonymous):
        numbers = list(node.expressions) if node.name.lower() in _OF_NUMBERS else []
    elif isinstance(node, (*_COMPARISONS, exp.Between, exp.In)):
        keys = ("this", "expression", "low", "high")
        numbers = [side for key in keys if (side := node.args.get(key)) is not None]
        numbers += node.expressions if isinstance(node, exp.In) else []
        if not any(_is_number(side) for side in numbers):
            return
    else:
        return
    for side in numbers:
        if isinstance(side, exp.Column) and schema.get(side.name) == pl.String:
            side.replace(exp.cast(side.copy(), "DOUBLE"))


def _is_number(node: exp.Expr) -> bool:
    if isinstance(node, exp.Paren):
        return _is_number(node.this)
    return isinstance(node, _ARITHMETIC) or (isinstance(node, exp.Literal) and not node.is_string)
