"""Glob patterns of a landing zone: where they begin, and which names they mean.

`*` and `?` stay within a folder, `**` crosses folders, `[abc]` `[a-z]` `[!a]` stand for one character; upper and
lower case differ. A wildcard does not stand for a leading `_` or `.`: such names are other programs' business
(`_SUCCESS`, `.x.csv.swp`, `_temporary/`) unless the pattern spells that character out.
"""

from __future__ import annotations

import re

from antechamber.errors import SourceError

_WILD = re.compile(r"[*?\[]")
_SHOWN = r"(?![_.])"
_FOLDERS = rf"(?:{_SHOWN}[^/]+/)*"


def split(path: str) -> tuple[str, str]:
    """The folder that is fixed and the pattern below it: `in/*/x.csv` → `("in", "*/x.csv")`.

    A path without wildcards is one file; one that ends in `/` means every file in that folder.
    """
    parts = path.split("/")
    fixed = 0
    while fixed < len(parts) - 1 and not _WILD.search(parts[fixed]):
        fixed += 1
    return "/".join(parts[:fixed]), "/".join(parts[fixed:]) or "*"


def compiled(pattern: str) -> re.Pattern[str]:
    """What `fullmatch`es the names that the pattern means. Raises SourceError."""
    parts: list[str] = []
    for part in pattern.split("/"):
        if part != "**" or parts[-1:] != ["**"]:  # `**/**` means no more than `**`, and takes long to match
            parts.append(part)
    *folders, file = parts
    expression = "".join(_FOLDERS if folder == "**" else _part(folder) + "/" for folder in folders)
    expression += rf"{_FOLDERS}{_SHOWN}[^/]+" if file == "**" else _part(file)
    try:
        return re.compile(expression, re.DOTALL)
    except re.error:
        raise SourceError(
            "this is not a pattern", where=pattern, remedy="write [ as [[] when it is meant as it stands"
        ) from None


def depth(pattern: str) -> int | None:
    """How many folders below its beginning the pattern can reach, or None when there is no limit."""
    return None if "**" in pattern.split("/") else pattern.count("/")


def _part(part: str) -> str:
    expression = _SHOWN if _WILD.match(part) else ""
    position = 0
    while position < len(part):
        character = part[position]
        position += 1
        if character == "*":
            if not expression.endswith("[^/]*"):
                expression += "[^/]*"
        elif character == "?":
            expression += "[^/]"
        elif character == "[" and (end := part.find("]", position + 1 + (part[position : position + 1] in "!^"))) > 0:
            inside = part[position:end]
            negated = inside[:1] in ("!", "^")
            characters = re.sub(r"([\\\[\]&~|^])", r"\\\1", inside[negated:])
            expression += f"(?!/)[{'^' if negated else ''}{characters}]"
            position = end + 1
        else:
            expression += re.escape(character)
    return expression
