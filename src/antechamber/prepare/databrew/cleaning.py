"""Data cleaning steps: case, quotes, prefixes, removed and replaced characters, extracted pieces, date formats."""

from __future__ import annotations

import re

from antechamber.declare.mistake import choose
from antechamber.declare.model import show
from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.dates import strftime
from antechamber.prepare.databrew.java_regex import SPACE, replacement, uncaptured
from antechamber.prepare.databrew.operation import (
    ACTION,
    EACH,
    ONE_COLUMN,
    TARGET,
    Call,
    Native,
    Operation,
    Parameter,
    Refused,
    Steps,
    optional,
    required,
)

FLAGS = (
    "removeCustomValue",
    "removeCustomCharacters",
    "removeLetters",
    "removeNumbers",
    "removeSpecialCharacters",
    "removeAllPunctuation",
    "removeAllQuotes",
    "removeAllWhitespace",
    "collapseConsecutiveWhitespace",
    "removeLeadingAndTrailingPunctuation",
    "removeLeadingAndTrailingQuotes",
    "removeLeadingAndTrailingWhitespace",
)
"""What REMOVE_COMBINED can remove, in the order in which it is done."""

PUNCTUATION, QUOTES = "[.!,?]", "['\"]"
REMOVED = {
    "removeLetters": "[A-Za-z]",
    "removeNumbers": "[0-9]",
    "removeSpecialCharacters": r"[!-/:-@\[-`{-~]",
    "removeAllPunctuation": PUNCTUATION,
    "removeAllQuotes": QUOTES,
    "removeAllWhitespace": f"[{SPACE}]",
    "removeLeadingAndTrailingPunctuation": f"^{PUNCTUATION}+|{PUNCTUATION}+$",
    "removeLeadingAndTrailingQuotes": f"^{QUOTES}+|{QUOTES}+$",
    "removeLeadingAndTrailingWhitespace": f"^[{SPACE}]+|[{SPACE}]+$",
}
"""Flag → what goes."""

DATE_FORMATS = ("mm/dd/yyyy", "mm-dd-yyyy", "dd month yyyy", "month yyyy", "dd month")


def _cased(style: str) -> Steps:
    def steps(call: Call) -> list[Native]:
        if style in ("upper", "lower"):
            return call.change(sql.upper if style == "upper" else lambda text: f"lower({text})")
        call.no_conditions("this operation is not carried over for a part of the rows")
        call.state.numeric -= set(call.columns)
        return [{"case": {"columns": list(call.columns), "to": style}}]

    return steps


def _around(before: str, after: str) -> Steps:
    def steps(call: Call) -> list[Native]:
        return call.change(lambda text: f"{sql.lit(before)} || {text} || {sql.lit(after)}")

    return steps


def _prefix(call: Call) -> list[Native]:
    return call.change(lambda text: f"{sql.lit(call['pattern'])} || {text}")


def _suffix(call: Call) -> list[Native]:
    return call.change(lambda text: f"{text} || {sql.lit(call['pattern'])}")


def _replace_text(call: Call) -> list[Native]:
    pattern, by = sql.lit(call["pattern"]), sql.lit(replacement(call["value"]))
    return call.change(lambda text: f"regexp_replace({text}, {pattern}, {by}, 'g')")


def _between(call: Call) -> str:
    """A pattern of what stands between the delimiters, as its second group, between the delimiters' own."""
    return f"(?s)({uncaptured(call['startPattern'])})(.*?)({uncaptured(call['endPattern'])})"


def _replace_between_delimiters(call: Call) -> list[Native]:
    pattern = sql.lit(_between(call))
    by = sql.lit("\\1" + replacement(call["value"].replace("$", "\\$")) + "\\3")
    return call.change(lambda text: f"regexp_replace({text}, {pattern}, {by}, 'g')")


def _extract_between_delimiters(call: Call) -> list[Native]:
    return call.make(_found(call.text(call["sourceColumn"]), _between(call), 2))


def _extract_pattern(call: Call) -> list[Native]:
    return call.make(_found(call.text(call["sourceColumn"]), call["pattern"], 0))


def _found(text: str, pattern: str, group: int) -> str:
    found = f"regexp_extract({text}, {sql.lit(pattern)}, {group})"
    return f"CASE WHEN regexp_matches({text}, {sql.lit(pattern)}) THEN {found} END"


def _positions(call: Call) -> tuple[int, int]:
    start, end = call["startPosition"], call["endPosition"]
    if start < 1:
        raise Refused("positions are counted from 1", "write 1 for the first character", "startPosition")
    if end < start:
        raise Refused(f"it is before the startPosition {start}", f"write {start} or more", "endPosition")
    return start, end


def _extract_between_positions(call: Call) -> list[Native]:
    start, end = _positions(call)
    return call.make(sql.present(f"substring({call.text(call['sourceColumn'])}, {start}, {end - start + 1})"))


def _replace_between_positions(call: Call) -> list[Native]:
    start, end = _positions(call)
    by = sql.lit(call["value"])
    return call.change(
        lambda text: (
            f"CASE WHEN length({text}) < {start} THEN {text} "
            f"ELSE left({text}, {start - 1}) || {by} || substring({text}, {end + 1}) END"
        )
    )


def _extract_value(call: Call) -> list[Native]:
    path = call["path"]
    parts = re.findall(r"`([^`]+)`|\[(\d+)\]|([^.`\[\]]+)", path)
    rebuilt = "".join("".join(part) for part in parts)
    if not parts or rebuilt != re.sub(r"[`.\[\]]", "", path):
        raise Refused(f"{show(path)} is not a path", "write it as `column`.`field`[0]", "path")
    if (parts[0][0] or parts[0][2]) != call["sourceColumn"] or len(parts) < 2:
        raise Refused(
            "the path begins with the column itself, and goes on to a field", "write it as `column`.`field`", "path"
        )
    steps = [f"[{index}]" if index else f'."{(quoted or plain)}"' for quoted, index, plain in parts[1:]]
    return call.make(f"json_extract_string({call.text(call['sourceColumn'])}, {sql.lit('$' + ''.join(steps))})")


def _remove_combined(call: Call) -> list[Native]:
    if not any(call[flag] for flag in FLAGS):
        raise Refused("nothing is to be removed", f'set one to "true": {", ".join(FLAGS)}')
    for flag, needs in (("removeCustomCharacters", "customCharacters"), ("removeCustomValue", "customValue")):
        if call[flag] and not call[needs]:
            raise Refused(f"{flag} is true and there is no {needs}", f"add {needs}", needs)

    def cleaned(text: str) -> str:
        if call["removeCustomValue"]:
            text = f"replace({text}, {sql.lit(call['customValue'])}, '')"
        if call["removeCustomCharacters"]:
            text = _without(text, f"[{re.sub(r'([^0-9A-Za-z])', _escaped, call['customCharacters'])}]")
        for flag in FLAGS[2:]:
            if call[flag] and flag == "collapseConsecutiveWhitespace":
                text = f"regexp_replace({text}, '[{SPACE}]{{2,}}', ' ', 'g')"
            elif call[flag]:
                text = _without(text, REMOVED[flag])
        return text

    return call.change(cleaned)


def _without(text: str, pattern: str) -> str:
    return f"regexp_replace({text}, {sql.lit(pattern)}, '', 'g')"


def _escaped(found: re.Match[str]) -> str:
    each = found.group(1)
    return f"\\{each}" if each.isascii() and each.isprintable() else f"\\x{{{ord(each):X}}}"


def _format_date(call: Call) -> list[Native]:
    form = call["targetDateFormat"]
    if form.lower() not in DATE_FORMATS:
        raise Refused(
            f"{show(form)} is not a date format of this operation", choose(form, DATE_FORMATS), "targetDateFormat"
        )
    written = sql.lit(strftime(form.lower(), "targetDateFormat"))
    return call.change(lambda text: f"strftime({sql.moment(text)}, {written})")


def _action(name: str, parameters: tuple[Parameter, ...], about: str, steps: Steps) -> Operation:
    one_of = (ONE_COLUMN,) if parameters[:2] == EACH else ()
    return Operation(name, ACTION + name, parameters, about, steps, one_of)


_SOURCE = required("sourceColumn", "column")

OPERATIONS = (
    _action("UPPER_CASE", EACH, "Every letter becomes a capital.", _cased("upper")),
    _action("LOWER_CASE", EACH, "Every letter becomes a small one.", _cased("lower")),
    _action(
        "CAPITAL_CASE",
        EACH,
        "The first letter of each word becomes a capital, all others small; words are what "
        "stands between white space.",
        _cased("capital"),
    ),
    _action(
        "SENTENCE_CASE",
        EACH,
        "The first letter of each sentence becomes a capital, all others small; a sentence "
        "ends with `.`, `!` or `?` and white space.",
        _cased("sentence"),
    ),
    _action(
        "FORMAT_DATE",
        (*EACH, required("targetDateFormat", "text")),
        "A date is written in another way: "
        + ", ".join(f"`{each}`" for each in DATE_FORMATS)
        + ". What is no date becomes null.",
        _format_date,
    ),
    _action("ADD_DOUBLE_QUOTES", EACH, "A double quote before and behind the value.", _around('"', '"')),
    _action("ADD_SINGLE_QUOTES", EACH, "A single quote before and behind the value.", _around("'", "'")),
    _action("ADD_PREFIX", (*EACH, required("pattern", "text")), "The text stands before the value.", _prefix),
    _action("ADD_SUFFIX", (*EACH, required("pattern", "text")), "The text stands behind the value.", _suffix),
    _action(
        "REPLACE_TEXT",
        (*EACH, required("pattern", "pattern"), required("value", "text")),
        "Everything that the regular expression finds becomes the value, in which `$1` is what a group found.",
        _replace_text,
    ),
    _action(
        "REPLACE_BETWEEN_DELIMITERS",
        (*EACH, required("startPattern", "pattern"), required("endPattern", "pattern"), required("value", "text")),
        "What stands between the delimiters becomes the value, as often as they are found; the delimiters stay.",
        _replace_between_delimiters,
    ),
    _action(
        "REPLACE_BETWEEN_POSITIONS",
        (*EACH, required("startPosition", "whole"), required("endPosition", "whole"), required("value", "text")),
        "The characters from one position to another, both of them included and "
        "counted from 1, become the value. A shorter text stays.",
        _replace_between_positions,
    ),
    _action(
        "EXTRACT_BETWEEN_DELIMITERS",
        (_SOURCE, TARGET, required("startPattern", "pattern"), required("endPattern", "pattern")),
        "What stands between the first pair of delimiters; null when there is none.",
        _extract_between_delimiters,
    ),
    _action(
        "EXTRACT_BETWEEN_POSITIONS",
        (_SOURCE, TARGET, required("startPosition", "whole"), required("endPosition", "whole")),
        "The characters from one position to another, both of them included "
        "and counted from 1; null when there are none.",
        _extract_between_positions,
    ),
    _action(
        "EXTRACT_PATTERN",
        (_SOURCE, TARGET, required("pattern", "pattern")),
        "The first piece that the regular expression finds; null when there is none.",
        _extract_pattern,
    ),
    _action(
        "EXTRACT_VALUE",
        (_SOURCE, TARGET, required("path", "text")),
        "A field of a column that holds JSON, by its path; null when it is not there.",
        _extract_value,
    ),
    _action(
        "REMOVE_COMBINED",
        (
            *EACH,
            *(optional(flag, "flag", default=False) for flag in FLAGS),
            optional("customCharacters", "text"),
            optional("customValue", "text"),
        ),
        "Removes what the flags name, in this order: " + ", ".join(f"`{flag}`" for flag in FLAGS) + ".",
        _remove_combined,
    ),
)
