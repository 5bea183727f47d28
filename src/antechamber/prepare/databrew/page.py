"""`python -m antechamber.prepare.databrew.page`: the page of DataBrew recipes, from the operations."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from antechamber.declare.marked import read_marked
from antechamber.prepare.databrew.conditions import CONDITIONS
from antechamber.prepare.databrew.dates import PARTS
from antechamber.prepare.databrew.operation import GUIDE, Operation, Parameter
from antechamber.prepare.databrew.registry import FAMILIES, OPERATIONS, REFUSED

HEAD = f"""# DataBrew recipes

<!-- generated from the operations themselves by python -m antechamber.prepare.databrew.page -->

A recipe of AWS Glue DataBrew, downloaded as JSON, is carried out as it is: before the connector's own `steps:`, and
before its `columns:`.

```text
connector: members
recipe: recipes/members.json       # relative to the workspace
columns: …
```

A secret that the recipe names by its id in AWS Secrets Manager is sought there under that name. Where it is kept
elsewhere, say so:

```text
recipe:
  file: recipes/members.json
  secrets: {{"arn:aws:secretsmanager:us-east-1:012345678901:secret:hashing": "env:HASHING_KEY"}}
```

`antechamber recipe import recipes/members.json` writes the [steps](steps.md) that do the same, to be read, changed
and kept in the connector instead. What is not carried over is refused with its position before any data moves,
all of it at once.

Operations are those of the [DataBrew developer guide]({GUIDE}recipe-actions-reference.html), read on 2026-11-25:
{len(OPERATIONS)} of {len(OPERATIONS) + len(REFUSED)} are carried over.
Where the guide leaves open what happens, the table says what happens here.

## What holds for all of them

- Values are text, as a file gives them. What an operation needs as a number or date is read as one; text that is none
  is null there, and so is a result that there is none of. Whole numbers are written without a point.
- A value is missing when it is null or has no characters.
- Positions are counted from 1 and are both included, as the names in the guide's examples say
  (`characters_3_to_9`), but for MASK_RANGE, whose page counts from 0.
- Regular expressions are Java's, as far as they can be answered in linear time: look-around, back-references, atomic
  groups and possessive quantifiers are refused.
- Dates are read as ISO 8601 writes them and in the common ways with `/`, `-`, `.`, spaces and English month names;
  the month comes before the day where both fit. In formats,
  {", ".join(f"`{each}`" for each in PARTS)} stand for parts of a date:
  `mm` is the month and `MM` the minute.
- Parameters are taken as text, as DataBrew writes them, and as JSON's own numbers, booleans and lists.
  `sourceColumns` does for several columns what `sourceColumn` does for one. `targetIndex` means nothing here.

## Conditions

All of a step's `ConditionExpressions` must be met, as DataBrew documents. An operation that changes a column leaves
the values of other rows as they are; one that makes a column leaves it null there. A missing value meets no condition
but `IS_MISSING`. IS and IS_NOT compare letter by letter.

| condition | is met when |
|---|---|
"""

REFUSED_HEAD = """
## What is not carried over

| operations | why | instead |
|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    shown = examples()
    conditions = "".join(f"| `{name}` | {_cell(when)} |\n" for name, when in CONDITIONS.items())
    families = "".join(_family(name, family, shown) for name, family in FAMILIES.items())
    return HEAD + conditions + families + REFUSED_HEAD + "".join(_refused())


def examples() -> dict[str, list[dict[str, Any]]]:
    """Operation → its examples: parameters, conditions, records before and after."""
    read = read_marked("examples.yaml", files("antechamber.prepare.databrew").joinpath("examples.yaml").read_bytes())
    found: dict[str, list[dict[str, Any]]] = read.value
    return found


def _family(title: str, family: tuple[Operation, ...], shown: Mapping[str, list[dict[str, Any]]]) -> str:
    rows = "".join(
        f"| [{each.name}]({each.url}) | {', '.join(map(_parameter, each.parameters))} | {_cell(each.about)} | "
        f"{_example(shown[each.name][0])} |\n"
        for each in family
    )
    return f"\n## {title}\n\n| operation | parameters | what happens | example |\n|---|---|---|---|\n{rows}"


def _parameter(parameter: Parameter) -> str:
    name = f"`{parameter.name}`" if parameter.required else f"[`{parameter.name}`]"
    return name + (f" ({_cell(' '.join(parameter.options))})" if 0 < len(parameter.options) <= 4 else "")


def _example(case: Mapping[str, Any]) -> str:
    """The parameters of an example, and what becomes of its first record."""
    parameters = json.dumps(case["parameters"], ensure_ascii=False)
    before, after = case["before"][0], (case["after"] or [{}])[0]
    changed = {name: value for name, value in after.items() if before.get(name) != value} or after
    return f"{_code(parameters)}: {_code(_record(before))} → {_code(_record(changed))}"


def _record(record: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {'null' if value is None else value}" for name, value in record.items())


def _code(text: str) -> str:
    """Text as code within a table's cell."""
    tick = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{tick}{space}{text}{space}{tick}".replace("|", "\\|")


def _refused() -> Iterator[str]:
    by_reason: dict[tuple[str, str], list[str]] = {}
    for name, refused in REFUSED.items():
        by_reason.setdefault((refused.why, refused.instead), []).append(name)
    for (why, instead), names in by_reason.items():
        yield f"| {', '.join(names)} | {_cell(why)} | {_cell(instead)} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
