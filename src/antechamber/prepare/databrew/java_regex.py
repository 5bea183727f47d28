"""Regular expressions of Java, in which DataBrew's are written → of RE2 (and Rust), which answer in linear time.

What only backtracking can answer is refused: look-around, back-references, atomic groups, possessive quantifiers.
What both write alike and mean otherwise is written out: `\\s`, `\\h`, `\\v`, `\\R`, POSIX classes, named groups.
Source: java.util.regex.Pattern (Java 8) and RE2's wiki page Syntax.
"""

from __future__ import annotations

import functools
import re

import duckdb

SPACE = r"\t\n\x0B\f\r "
VERTICAL = r"\n\x0B\f\r\x{85}\x{2028}\x{2029}"
LETTERS = {"s": SPACE, "h": r" \t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}", "v": VERTICAL}
"""Classes whose members differ, or that RE2 lacks."""

POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": r"\x00-\x7F",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "XDigit": "0-9a-fA-F",
    "Space": SPACE,
}
SAME = frozenset("dDwWbBAztnrfaQE")
"""Letters behind a backslash that both read alike."""

LOOKS = (("(?=", "a look-ahead"), ("(?!", "a look-ahead"), ("(?<=", "a look-behind"), ("(?<!", "a look-behind"),
         ("(?>", "an atomic group"))  # fmt: skip


class NotRegular(ValueError):
    """A pattern that cannot be carried over. what: one clause."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@functools.lru_cache(maxsize=1024)
def translate(pattern: str) -> str:
    """The same pattern for RE2. Raises NotRegular."""
    text = _Translation(pattern).carried_over()
    try:
        duckdb.connect().execute("SELECT regexp_matches('', $1)", [text]).fetchall()
    except duckdb.Error:
        raise NotRegular("it is not a regular expression") from None
    return text


def replacement(value: str) -> str:
    """The text that takes a match's place: `$1` and `\\$` of Java → `\\1` and `$` of RE2."""
    out, at = [], 0
    while at < len(value):
        each = value[at]
        following = value[at + 1 : at + 2]
        if each == "\\" and following:
            out.append("\\\\" if following == "\\" else following)
            at += 2
        elif each == "$" and following.isascii() and following.isdigit():
            out.append("\\" + following)
            at += 2
        else:
            out.append("\\\\" if each == "\\" else each)
            at += 1
    return "".join(out)


def uncaptured(pattern: str) -> str:
    """A translated pattern whose groups have no numbers, so that it can stand within another one."""
    pieces = re.compile(r"(\\(?:x\{[^}]*\}|.)|\[\^?(?:\\.|[^\]\\])*\])|(\(\?P<[^>]*>|\((?!\?))|(.)", re.DOTALL)
    return "".join(whole or ("(?:" if opened else other) for whole, opened, other in pieces.findall(pattern))


class _Translation:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[str] = []

    def carried_over(self) -> str:
        in_class = False
        while self.at < len(self.pattern):
            each = self.pattern[self.at]
            if each == "\\":
                self._escape(in_class)
            elif in_class:
                in_class = self._inside(each)
            elif each == "[":
                in_class = True
                self._open_class()
            else:
                self._outside(each)
        if in_class:
            raise NotRegular("a '[' is not closed")
        return "".join(self.out)

    def _take(self, count: int, written: str) -> None:
        self.at += count
        self.out.append(written)

    def _open_class(self) -> None:
        opening = re.compile(r"\[\^?\]?").match(self.pattern, self.at)
        assert opening is not None  # noqa: S101 -- called at a '['
        if opening.group().endswith("]"):
            raise NotRegular("a ']' right behind '[' means another thing in Java than elsewhere")
        self._take(len(opening.group()), opening.group())

    def _inside(self, each: str) -> bool:
        if each == "[":
            raise NotRegular("a character class within a character class")
        if self.pattern.startswith("&&", self.at):
            raise NotRegular("an intersection of character classes")
        self._take(1, each)
        return each != "]"

    def _outside(self, each: str) -> None:
        for start, name in LOOKS:
            if self.pattern.startswith(start, self.at):
                raise NotRegular(f"it has {name}, which only a backtracking matcher can answer")
        if self.pattern.startswith("(?<", self.at):
            self._take(3, "(?P<")
            return
        flags = re.compile(r"\(\?([a-zA-Z]*)-?([a-zA-Z]*)[:)]").match(self.pattern, self.at)
        if flags is not None and not set(flags.group(1) + flags.group(2)) <= set("ims"):
            raise NotRegular("it sets a flag other than i, m and s")
        if each in "*+?}" and self.pattern[self.at + 1 : self.at + 2] == "+":
            raise NotRegular("it has a possessive quantifier, which only a backtracking matcher can answer")
        self._take(1, each)

    def _escape(self, in_class: bool) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if not letter:
            raise NotRegular("it ends in a single backslash")
        if letter in LETTERS or letter in "SHV":
            self._spaces(letter, in_class)
        elif letter in "pP":
            self._property(letter, in_class)
        elif letter == "u" and (code := re.compile(r"\\u([0-9a-fA-F]{4})").match(self.pattern, self.at)):
            self._take(6, f"\\x{{{code.group(1)}}}")
        elif letter == "x" and (code := re.compile(r"\\x(\{?[0-9a-fA-F]+\}?)").match(self.pattern, self.at)):
            self._take(2, "\\x")
        elif letter == "R" and not in_class:
            self._take(2, f"(?:\\r\\n|[{VERTICAL}])")
        elif letter == "Q":
            end = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at + 2 : end if end >= 0 else None]
            self._take(len(quoted) + (4 if end >= 0 else 2), re.sub(r"[^0-9A-Za-z_\s]", _quoted, quoted))
        elif letter.isdigit() or letter == "k":
            raise NotRegular("it refers back to a group, which only a backtracking matcher can answer")
        elif letter.isalpha() and letter not in SAME:
            raise NotRegular(f"'\\{letter}' has no counterpart")
        else:
            self._take(2, "\\" + letter)

    def _spaces(self, letter: str, in_class: bool) -> None:
        members = LETTERS[letter.lower()]
        if in_class and letter.isupper():
            raise NotRegular(f"'\\{letter}' within a character class")
        self._take(2, members if in_class else f"[{'^' if letter.isupper() else ''}{members}]")

    def _property(self, letter: str, in_class: bool) -> None:
        found = re.compile(r"\\[pP](?:\{([A-Za-z_=]+)\}|([A-Z]))").match(self.pattern, self.at)
        name = "" if found is None else found.group(1) or found.group(2)
        if name in POSIX and not (in_class and letter == "P"):
            members = POSIX[name]
            self._take(len(found.group()), members if in_class else f"[{'^' if letter == 'P' else ''}{members}]")  # type: ignore[union-attr]
        elif re.fullmatch(r"(?:Is)?(?:L|Lu|Ll|Lt|Lm|Lo|M|Mn|N|Nd|Nl|No|P|Pd|Ps|Pe|Po|Pc|S|Sc|Sm|Z|Zs)", name):
            self._take(len(found.group()), f"\\{letter}{{{name.removeprefix('Is')}}}")  # type: ignore[union-attr]
        elif re.fullmatch(r"Is(?:Latin|Greek|Cyrillic|Han|Arabic|Hebrew|Hiragana|Katakana)", name):
            self._take(len(found.group()), f"\\{letter}{{{name[2:]}}}")  # type: ignore[union-attr]
        else:
            raise NotRegular(
                f"the class of characters '{name}' has no counterpart" if name else "'\\p' names no class"
            )


def _quoted(found: re.Match[str]) -> str:
    return "\\" + found.group() if found.group().isascii() else found.group()
