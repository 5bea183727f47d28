"""`python -m antechamber.declare.step_page`: the reference page of steps, from the steps themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from antechamber.declare.document import keys_of, models_in
from antechamber.declare.step import STEP_MODELS, StepModel, expressions

_HEAD = """# Steps

<!-- generated from the steps themselves by python -m antechamber.declare.step_page -->

`steps:` of a connector says what is done to records before their columns are prepared, for what `columns:` alone
cannot say. It is a list; each item is a mapping with one key, the step's name. Steps work in their order, on the
source's columns and on those that steps before them made; `columns:` then names what comes of them.

```yaml
connector: members
tenant: acme
source: {type: landing, path: "landing/*.csv"}
steps:
  - rename: {EmailAddress: email, Grade: tier}
  - map: {column: tier, values: {"1": gold, "2": silver}, otherwise: quarantine}
columns:
  email: {type: email, protect: sha256}
  tier: {type: string}
table: {name: members}
```

- A name is taken letter by letter, as the source writes it. A step's new column takes the place of one of that name.
- Only the source's columns that something needs are read; a step that makes what nobody needs does not run.
- A step looks at one record at a time: what it makes of it does not depend on the records beside it. Only
  `deduplicate` compares records, and those of the whole run.
- A column that a step changes is text afterwards, unless the step's section says otherwise. No value and an empty
  text are two things, except where the source's format takes an empty text for no value (as CSV does).
- A record that a step or a column refuses goes to quarantine with the fields that it had at its source. Values that
  become null are counted, by column and reason.

## Regular expressions

Patterns are those of the Rust crate `regex`, which are much like Perl's but never look ahead or behind and never
refer back to a group, so that no text makes them slow. They find their text anywhere in a value, unless they begin
with `^` or end with `$`. `(?i)` in front makes them blind to case, `(?P<name>…)` names a group.

## SQL expressions

`derive` and `filter` take what may stand behind SELECT or WHERE in DuckDB's SQL, over the columns of one record:
their names (letter by letter; in double quotes when they are more than letters, digits and `_`), values, operators,
`CASE`, `IN (…)`, `BETWEEN`, `LIKE`, `CAST`, and the functions below. There are no queries, aggregates or windows;
nothing reads a file, a setting, the clock or chance. The expression is checked before any data moves, and a new one
is written from what was understood; DuckDB runs it in memory, cut off from everything else
([why](../why/expressions.md)).

- A column of a text format is text. In arithmetic, in a function of numbers (`round`, `abs`, …) and where it is
  compared with a number it is read as a number (`DOUBLE`). For dates and exact amounts write
  `CAST(day AS DATE)`, `CAST(amount AS DECIMAL(12, 2))`. Casts make %TYPES% and their relatives.
- What cannot be worked out for a record (a text that is no number, a division by zero, a number too large) is null
  and counted, or sends the record to quarantine with `on_error: quarantine`. It never stops a run.
- Functions: %FUNCTIONS%. `CASE`, `CAST`, `TRY_CAST`,
  `EXTRACT(year FROM …)` and `INTERVAL` work as in SQL.

## What is dropped

A record that `filter`, `deduplicate`, `sample` or `lookup` drops is counted under that step, per file. In a table
with a key the record's key is prepared all the same, and an earlier version of the record leaves the table: what the
table holds is what a run over everything would give. A record whose key cannot be prepared is only dropped, and so is
one that loses under `deduplicate`.

Change capture (`incremental: cdc`): of a deletion the source tells the key alone, so only the steps that make the
key's columns work on it, and none drops it.

## One of several

`deduplicate` decides over all records of a run ([how](../why/deduplicate.md)): batches, files, workers and the order
of their work change nothing of the answer. The order of the records is that of the source: files as they are listed,
and in each of them its records. A database has no such order; there keep the one of the greatest or least value.

- It stands in the list: a record that a step before it drops does not compete. One that a step behind it drops does,
  and when it wins and is dropped then, none of those that agree with it is published.
- A record that goes to quarantine, or that a column with `on_invalid: drop` drops, does not compete: it takes no
  sound record's place.
- A record that loses is as if it had not come. In a table with a key it replaces nothing, and takes no earlier
  version of its record from the table. The winners then meet the table's key like all others.
- Values are compared letter by letter. Put [`case`](#case), [`replace`](#replace) or [`phone_number`](#phone_number)
  before it where `Ann@x.org` and `ann@x.org` are one.
- Across runs it does nothing: what a table holds already is not compared. For that there is `mode: upsert` with a
  key. A retried quarantine, too, is a run of its own.
- Change capture (`incremental: cdc`) is refused: it gives changes, and each of them counts. Deletions that a source
  marks (`deleted:`) pass by it.
- Memory stays bounded: beyond a million records what they are compared by is on disk, sealed with a key that is only
  in memory.
"""


def page() -> str:
    """The page as Markdown."""
    functions, types = expressions()
    head = _HEAD.replace("%TYPES%", ", ".join(types))
    head = head.replace("%FUNCTIONS%", ", ".join(f"`{name}`" for name in sorted(functions)))
    return head + "".join(_section(name, model) for name, model in STEP_MODELS.items())


def _section(name: str, model: type[StepModel]) -> str:
    example = model.EXAMPLE
    lines = ["", f"## {name}", "", " ".join((model.__doc__ or "").split()), ""]
    lines += ["```yaml", "steps:", f"  - {example.step}", "```", ""]
    lines += [*_records("before", example.before), "", *_records("after", example.after), ""]
    if model.BODY:
        lines += [f"`{name}:` is {_lowered(model.model_fields[model.BODY].description or '')}"]
    else:
        lines += keys_of(model)
    for field, info in model.model_fields.items():
        for each in models_in(info.annotation):
            within = f"A mapping under `{name if field == model.BODY else field}:`"
            lines += ["", f"{within}. {' '.join((each.__doc__ or '').split())}", "", *keys_of(each)]
    if model.SHORT and not model.BODY:
        lines += ["", f"`{name}: …` without a mapping stands for `{name}: {{{model.SHORT}: …}}`."]
    return "\n".join(lines) + "\n"


def _records(title: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
    if not records:
        return [f"{title}: none"]
    names = list(records[0])
    rows = [f"| {title} | {' | '.join(f'`{name}`' for name in names)} |", f"|---|{'---|' * len(names)}"]
    for record in records:
        cells = ("" if record[name] is None else f"`{record[name]}`".replace("|", "\\|") for name in names)
        rows.append(f"| | {' | '.join(cells)} |")
    return rows


def _lowered(text: str) -> str:
    text = " ".join(text.split())
    return f"a mapping: {text[:1].lower()}{text[1:]}"


if __name__ == "__main__":
    sys.stdout.write(page())
