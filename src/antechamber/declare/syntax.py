"""What keeps a file from being YAML at all, in words that do not need the YAML specification."""

from __future__ import annotations

import re
from collections.abc import Callable

from ruamel.yaml.error import MarkedYAMLError

from antechamber.declare.mistake import KeyPath

MOST_BYTES = 1_000_000
"""Size of a declaration file above which it is not read."""

# Control characters, surrogates, and the line breaks of YAML 1.1 that YAML 1.2 and editors do not break at.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Trouble(Exception):
    """A mistake in the YAML itself. path: the key at which it stands, when known."""

    def __init__(self, line: int, what: str, remedy: str, path: KeyPath = ()) -> None:
        super().__init__(line, what)
        self.line = line
        self.what = what
        self.remedy = remedy
        self.path = path


def text_of(raw: bytes) -> str:
    """The file's text without a byte order mark. Raises Trouble."""
    if len(raw) > MOST_BYTES:
        raise Trouble(1, f"the file is larger than {MOST_BYTES:,} bytes", "is this a declaration?")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Trouble(1, "the file is not UTF-8 but UTF-16", "save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start + (3 if raw.startswith(b"\xef\xbb\xbf") else 0)
        line = len(re.findall(rb"\r\n|\n|\r", raw[:start])) + 1
        raise Trouble(line, "the file is not UTF-8", "save it as UTF-8") from None
    if (found := _UNPRINTABLE.search(text)) is not None:
        line = len(re.findall(r"\r\n|\n|\r", text[: found.start()])) + 1
        raise Trouble(
            line, f"an invisible character stands here (U+{ord(found.group()):04X})", "remove it; or write it escaped"
        )
    return text.removeprefix("\ufeff")


_BRACKET = ("a bracket is not closed here, or a comma is missing", "mend the brackets")

_WORDS: tuple[tuple[str, str, str], ...] = (
    (r"found character '\\t'|found a tab", "a tab stands where indentation belongs", "indent with spaces"),
    (
        r"mapping values are not allowed",
        "a ':' stands where no key can be",
        "put a value that holds ':' in quotes, or mend the indentation",
    ),
    (
        r"quoted scalar.*unexpected (end of stream|document)",
        "a quote is opened here and not closed",
        "close the quote",
    ),
    (r"flow (sequence|mapping|node)", *_BRACKET),
    (r"unknown escape character|hexdecimal|hexadecimal", "an unknown escape in double quotes", "use single quotes"),
    (
        r"found character .* that cannot start any token",
        "a value cannot begin with this character",
        "put the value in quotes",
    ),
    (r"could not find expected ':'", "a key lacks its ':'", "write key: value"),
    (
        r"expected <block end>|block collection|block mapping",
        "the indentation fits nothing above",
        "line up the keys",
    ),
    (r"tag", "a tag that cannot be read", "put a value that begins with ! in quotes"),
    (r"anchor|alias", "an anchor or alias without a name", "put a value that begins with & or * in quotes"),
    (r"directive|incompatible YAML", "a directive that cannot be read", "put a value that begins with % in quotes"),
    (r"document start", "something stands behind the end of the document", "remove it, or mend the brackets"),
    (r"block scalar", "a block of text ('|' or '>') that cannot be read", "begin the text on the next line"),
)


def explain(error: MarkedYAMLError, line_of: Callable[[int], int], bracket: int | None) -> Trouble:
    """The parser's error in plain words, at the line where the user has to look.

    bracket: the line of the innermost bracket that is open, or None.
    """
    said = f"{error.context or ''} {error.problem or ''}"
    if bracket is not None and "<stream end>" in said:
        return Trouble(bracket, *_BRACKET)
    # What is opened and never closed is noticed at the end, and mended where it begins.
    opened = re.search(r"quoted scalar|flow (sequence|mapping)", said) is not None and "escape" not in said
    mark = (error.context_mark if opened else None) or error.problem_mark or error.context_mark
    line = line_of(mark.index) if mark is not None else 1
    for pattern, what, remedy in _WORDS:
        if re.search(pattern, said, re.DOTALL):
            return Trouble(line, what, remedy)
    return Trouble(line, "this is not valid YAML", "check quotes, colons and indentation around this line")
