"""EXPLODE: a row for each value of an array, in LATERAL VIEW or as an output.

A record that gives several rows rests on the same person in each, so that what is counted of people stays true.
Sources: AWS Clean Rooms SQL reference, *EXPLODE function*; Apache Spark SQL reference, *LATERAL VIEW*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from antechamber.collaborate.custom.context import Context
from antechamber.collaborate.custom.expressions import Expressions
from antechamber.collaborate.custom.names import Names, Seen
from antechamber.collaborate.custom.term import LIST, Term
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.tree import bare, name, only, spoken
from antechamber.collaborate.values import BOOLEAN, DATE, FLOAT, INTEGER, TEXT, TIMESTAMP, Type

GENERATORS: Mapping[str, tuple[bool, bool]] = {
    "EXPLODE": (False, False),
    "EXPLODE_OUTER": (False, True),
    "POSEXPLODE": (True, False),
    "POSEXPLODE_OUTER": (True, True),
}
"""Name → whether it gives positions too, and whether a row without values stays."""

_ELEMENTS: Mapping[str, Type] = {
    each.sql: each
    for each in (
        TEXT, INTEGER, FLOAT, BOOLEAN, DATE, TIMESTAMP, Type("integer", "INTEGER"), Type("float", "FLOAT"),
        Type("binary", "BLOB"),
    )
}  # fmt: skip

OWN = "\0exploded"
"""The alias of what an output explodes, which no query can write."""


def generator(node: object) -> str:
    """The name of the generator that a node calls, "" for every other node."""
    if type(node) is exp.Anonymous and isinstance(node.this, str) and node.this.upper() in GENERATORS:
        return node.this.upper()
    return ""


def as_view(select: exp.Select) -> exp.Select:
    """A SELECT with an exploded output, as one over a LATERAL VIEW: the same rows. Raises QueryRefused."""
    found = [place for place, each in enumerate(select.expressions) if generator(each.unalias())]
    if not found:
        return select
    if len(found) > 1:
        raise refusal("SELECT list", "two outputs are exploded", "explode one in a subquery")
    inner = select.copy()
    output = inner.expressions[found[0]]
    call, label = output.unalias(), output.alias if isinstance(output, exp.Alias) else "col"
    if GENERATORS[generator(call)][0]:
        raise refusal("SELECT list", "POSEXPLODE gives two columns", "use LATERAL VIEW POSEXPLODE(…) v AS pos, value")
    column = exp.column(exp.to_identifier("value"), table=exp.to_identifier(OWN))
    inner.expressions[found[0]] = exp.alias_(column, exp.to_identifier(label))
    inner.set("expressions", inner.expressions)
    alias = exp.TableAlias(this=exp.to_identifier(OWN), columns=[exp.to_identifier("value")])
    lateral = exp.Lateral(this=call, view=True, outer=False, alias=alias)
    inner.set("laterals", [*(inner.args.get("laterals") or ()), lateral])
    return inner


def lateral(node: exp.Expr, names: Names, context: Context, reader: Expressions) -> str:
    """A LATERAL VIEW, as what is joined to FROM; brings its columns into scope. Raises QueryRefused."""
    clause = "LATERAL VIEW"
    if type(node) is not exp.Lateral or not node.args.get("view"):
        raise refusal("FROM", f"{spoken(node)} is not allowed", "write LATERAL VIEW EXPLODE(array) v AS value")
    only(node, clause, "this", "view", "outer", "alias")
    alias = node.args.get("alias")
    called = None if alias is None or alias.this is None else name(alias.this, clause)
    if called != OWN:
        _allowed(context, clause, strict=True)
    else:
        _allowed(context, "SELECT list", strict=False)
    call = bare(node.this, clause)
    word = generator(call)
    if not word:
        raise refusal(clause, f"{spoken(call)} gives no rows", f"use {', '.join(GENERATORS)}")
    only(call, clause, "this", "expressions")
    if len(call.expressions) != 1:
        raise refusal(clause, f"{word} takes one array", "")
    term = reader.term(call.expressions[0], clause if called != OWN else "SELECT list")
    if term.type.kind != LIST:
        raise refusal(clause, f"{word} is of a value that is no array", "use SPLIT, ARRAY or COLLECT_LIST")
    positions, outer = GENERATORS[word]
    outer = outer or bool(node.args.get("outer"))
    qualifier = context.alias("l")
    value = replace(_of(term), sql=f'{qualifier}."c0"', type=_element(term.type))
    columns = [Seen("col", "col", value)]
    texts = [f'unnest({term.sql}) AS "c0"']
    if positions:
        # How many values there are shows in it, and no value.
        number = replace(_of(term), sql=f'{qualifier}."c1"', type=INTEGER, shows=frozenset(), constant=False)
        columns.insert(0, Seen("pos", "pos", number))
        texts.append(f'unnest(range(len({term.sql}))) AS "c1"')
    given = [] if alias is None else alias.args.get("columns") or []
    if given and len(given) != len(columns):
        raise refusal(clause, f"{len(given)} columns are named and there are {len(columns)}", "name them all")
    if given:
        pairs = zip(given, columns, strict=True)
        columns = [replace(each, name=name(one, clause), label=one.this) for one, each in pairs]
    names.add(called or f"\0{qualifier}", tuple(columns), clause)
    rows = f"LATERAL (SELECT {', '.join(texts)}) AS {qualifier}"
    return f"\n  LEFT JOIN {rows} ON TRUE" if outer else f"\n  CROSS JOIN {rows}"


def _allowed(context: Context, clause: str, *, strict: bool) -> None:
    if context.controls.private:
        raise refusal(
            clause, "an array of a differentially private table is exploded", "count records of one user each"
        )
    if strict and context.controls.strict:
        raise refusal(
            clause,
            "LATERAL VIEW is not allowed beside thresholds and comparison controls",
            "write EXPLODE in the SELECT list of a subquery",
        )


def _of(term: Term) -> Term:
    """What is known of a value of an array: it is no column as it stands, and tells nobody apart."""
    return replace(term, plain=False, mark="", literal=None, loose=frozenset(), whole=False)


def _element(type_: Type) -> Type:
    """The type of the values of a list."""
    inner = type_.sql.removesuffix("[]")
    if inner.endswith("[]"):
        return Type("list", inner)
    if inner.startswith("DECIMAL("):
        return Type("decimal", inner)
    return _ELEMENTS.get(inner, Type("other", inner))
