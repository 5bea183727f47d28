"""Rules of `placeholders:`."""

from __future__ import annotations

from collections.abc import Iterator

from antechamber.declare.mistake import KeyPath, Mistake, repeated
from antechamber.declare.model import show
from antechamber.declare.placeholders import ONLY_WHEN_NAMED, Placeholders

AT: KeyPath = ("placeholders",)


def placeholder_rules(said: Placeholders) -> list[Iterator[Mistake]]:
    """Every rule of a connector's `placeholders`."""
    lists = [
        name for name in said.__dict__ if name not in ("keep", "also") and isinstance(getattr(said, name), tuple)
    ]
    return [_classes(said), *(_values(said, name) for name in lists)]


def _classes(said: Placeholders) -> Iterator[Mistake]:
    for place, name in enumerate(said.keep):
        if name in said.also:
            yield Mistake((*AT, "keep", place), f"{show(name)} is in `also` too", "remove it from one of the two")
        elif name in ONLY_WHEN_NAMED:
            yield Mistake((*AT, "keep", place), f"{show(name)} is kept unless `also` names it", "remove it")
    for place, name in enumerate(said.also):
        if name not in ONLY_WHEN_NAMED:
            yield Mistake(
                (*AT, "also", place),
                f"{show(name)} counts without being named",
                f"remove it; `also` is for {', '.join(sorted(ONLY_WHEN_NAMED))}",
            )


def _values(said: Placeholders, type: str) -> Iterator[Mistake]:
    values: tuple[str, ...] = getattr(said, type)
    for place, value in repeated(values):
        yield Mistake((*AT, type, place), f"{show(value)} is in the list before", "remove it")
    for place, value in enumerate(values):
        if not value.strip("*? \t@."):
            yield Mistake((*AT, type, place), f"{show(value)} is met by every value", "write a part of the value too")
        elif value.strip() == "file:":
            yield Mistake((*AT, type, place), "no file is named", "write file:path, relative to the workspace")
