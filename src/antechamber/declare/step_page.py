"""`python -m antechamber.declare.step_page`: the reference page of steps, from the steps themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from antechamber.declare.document import keys_of
from antechamber.declare.step import STEP_MODELS, StepModel

HEAD = """# Steps

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
- A step looks at one record at a time: what it makes of it does not depend on the records beside it.
- A column that a step changes is text afterwards, unless the step's section says otherwise. No value and an empty
  text are two things, except where the source's format takes an empty text for no value (as CSV does).
- A record that a step or a column refuses goes to quarantine with the fields that it had at its source. Values that
  become null are counted, by column and reason.

## Regular expressions

Patterns are those of the Rust crate `regex`, which are much like Perl's but never look ahead or behind and never
refer back to a group, so that no text makes them slow. They find their text anywhere in a value, unless they begin
with `^` or end with `$`. `(?i)` in front makes them blind to case, `(?P<name>…)` names a group.
"""


def page() -> str:
    """The page as Markdown."""
    return HEAD + "".join(_section(name, model) for name, model in STEP_MODELS.items())


def _section(name: str, model: type[StepModel]) -> str:
    example = model.EXAMPLE
    lines = ["", f"## {name}", "", " ".join((model.__doc__ or "").split()), ""]
    lines += ["```yaml", "steps:", f"  - {example.step}", "```", ""]
    lines += [*_records("before", example.before), "", *_records("after", example.after), ""]
    if model.BODY:
        lines += [f"`{name}:` is {_lowered(model.model_fields[model.BODY].description or '')}"]
    else:
        lines += keys_of(model)
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
