"""Drift: how a source's columns differ from those that the last commit recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from antechamber.errors import SourceError

WIDER: tuple[tuple[str, ...], ...] = (
    ("tinyint", "int1", "int8", "smallint", "int2", "int16", "mediumint", "integer", "int", "int4", "int32", "bigint",
     "int64", "hugeint"),
    ("real", "float4", "float", "double", "double precision", "float8"),
    ("char", "character", "bpchar", "varchar", "character varying", "nvarchar", "string", "text", "tinytext",
     "mediumtext", "longtext", "large_string"),
)  # fmt: skip
"""Types of which a later one of the same row holds every value of an earlier one, whatever the database calls it."""


def new_columns(recorded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The columns that the source has and had not when it was last read; none when nothing was recorded."""
    return [f"{name} ({kind})" if (kind := now[name]) else name for name in now if recorded and name not in recorded]


def refuse_changed(
    recorded: Mapping[str, str], now: Mapping[str, str], wanted: Collection[str], *, where: str
) -> None:
    """Refuse a source that lost a column which the connector takes, or changed its type but to a wider one.

    recorded, now: column → type; either may be empty when it is not known. wanted: the columns that are taken.
    Raises SourceError, which shows both.
    """
    if not now:
        return
    for name in wanted:
        before, after = recorded.get(name), now.get(name)
        if after is None:
            raise SourceError(
                f"the source has no column '{name}'" + (" any more" if before is not None else ""),
                where=where,
                remedy=f"{_both(recorded, now, wanted)}; name another with `source:`, or remove it from columns",
            )
        if before and after and before != after and not _is_wider(before, after):
            raise SourceError(
                f"the column '{name}' was of type {before} and is now {after}",
                where=where,
                remedy=f"{_both(recorded, now, wanted)}; when the change is meant: antechamber run --full",
            )


def _is_wider(before: str, after: str) -> bool:
    old, new = before.lower().partition("(")[0].strip(), after.lower().partition("(")[0].strip()
    if old == new:
        return True  # only a length or a precision, of which the recipe judges every value
    return any(old in row and new in row and row.index(old) < row.index(new) for row in WIDER)


def _both(recorded: Mapping[str, str], now: Mapping[str, str], wanted: Collection[str]) -> str:
    return f"now: {_shown(now, wanted)}" + (f"; before: {_shown(recorded, wanted)}" if recorded else "")


def _shown(columns: Mapping[str, str], wanted: Collection[str]) -> str:
    """At most 30 columns, those that are taken first."""
    names = [*(name for name in columns if name in wanted), *(name for name in columns if name not in wanted)]
    said = [f"{name} {columns[name]}".strip() for name in names[:30]]
    return ", ".join(said) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
