"""The columns that a recipe wants against those that a file has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from antechamber.columns import reads_like_a_name
from antechamber.errors import FormatError
from antechamber.records import LINE

_SHOWN = 40


def check_wanted(found: Sequence[str], wanted: Sequence[str], *, where: str, hint: str = "") -> tuple[int, ...]:
    """The position in `found` of every wanted column.

    hint: what to do when a column is missing, where that is known better than by the names.
    Raises FormatError, naming all missing columns at once, or a wanted one that the file has twice.
    """
    if LINE in wanted:
        raise FormatError(f"'{LINE}' cannot be read as a column", where=where, remedy="it is what line numbers go by")
    missing = [name for name in wanted if name not in found]
    if missing:
        named = ", ".join(f"'{name}'" for name in missing)
        raise FormatError(
            f"there is no column {named}" if len(missing) == 1 else f"there are no columns {named}",
            where=where,
            remedy=hint or _remedy(found, wanted, missing),
        )
    for name in wanted:
        if found.count(name) > 1:
            places = ", ".join(str(place) for place, other in enumerate(found, 1) if other == name)
            raise FormatError(
                f"there are {found.count(name)} columns '{name}' (number {places})",
                where=where,
                remedy="have the sender give each column a name of its own",
            )
    return tuple(found.index(name) for name in wanted)


def delimiter_hint(found: Sequence[str], wanted: Sequence[str]) -> str:
    """What to do when a header came out as one column because its delimiter is another, or ""."""
    if len(found) != 1 or found[0] in wanted:
        return ""
    for delimiter, written in ((";", ";"), ("\t", "\\t"), ("|", "|"), (",", ",")):
        names = [name.strip().strip('"') for name in found[0].split(delimiter)]
        if len(names) > 1 and any(name in names for name in wanted):
            return f'the columns are separated otherwise: set format.delimiter: "{written}"'
    return ""


def _remedy(found: Sequence[str], wanted: Sequence[str], missing: Sequence[str]) -> str:
    # Without a header, the first record stands in its place: it is shown only when it reads like names.
    known = [name for name in wanted if name in found]
    close = {name: _closest(name, found) for name in missing}
    if not known and not (any(close.values()) and all(reads_like_a_name(name) for name in found)):
        return (
            f"none of the wanted columns is among the {len(found)} found: check the file and the connector's "
            "`source:` names, or say format.header: false and give format.names when the file has no header"
        )
    meant = [f"'{match}'" for match in close.values() if match]
    readable = [name for name in found if name in known or reads_like_a_name(name)][:_SHOWN]
    more = len(found) - len(readable)
    shown = ", ".join(readable) + (f", and {more} more" if more else "")
    return (f"did you mean {', '.join(meant)}?  " if meant else "") + f"(columns found: {shown})"


def _closest(name: str, found: Sequence[str]) -> str | None:
    plain = {_plain(other): other for other in found}
    matches = difflib.get_close_matches(_plain(name), list(plain), n=1, cutoff=0.7)
    return plain[matches[0]] if matches else None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
