"""Text functions, and those of the web: a new column from the text of another, or from a text that is given."""

from __future__ import annotations

from antechamber.prepare.databrew import sql
from antechamber.prepare.databrew.java_regex import SPACE
from antechamber.prepare.databrew.operation import (
    ACTION,
    BOTH,
    EITHER,
    FUNCTION,
    SIDES,
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

SOURCE_OR_VALUE = (optional("sourceColumn", "column"), optional("value", "text"), TARGET)
MOST_REPEATED = 10_000
"""Times that a text may be repeated."""

COMPARED = {"STRING_GREATER_THAN": ">", "STRING_GREATER_THAN_EQUAL": ">=", "STRING_LESS_THAN": "<",
            "STRING_LESS_THAN_EQUAL": "<=", "EXACT": "="}  # fmt: skip


def _of(form: str, *, numeric: bool = False) -> Steps:
    """A function of a text: `{0}` in the form."""
    return lambda call: call.make(form.replace("{0}", call.given()), numeric=numeric)


def _count(call: Call, name: str) -> int:
    value: int = call[name]
    if value < 0:
        raise Refused(f"{value} characters cannot be counted", "write 0 or more", name)
    return value


def _left(call: Call) -> list[Native]:
    return call.make(f"left({call.given()}, {_count(call, 'position')})")


def _right(call: Call) -> list[Native]:
    return call.make(f"right({call.given()}, {_count(call, 'position')})")


def _substring(call: Call) -> list[Native]:
    start, end = call["startPosition"], call["endPosition"]
    if start < 1:
        raise Refused("positions are counted from 1", "write 1 for the first character", "startPosition")
    if end < start:
        raise Refused(f"it is before the startPosition {start}", f"write {start} or more", "endPosition")
    return call.make(f"substring({call.given()}, {start}, {end - start + 1})")


def _starts(call: Call) -> list[Native]:
    return call.make(_said(f"regexp_matches({call.given()}, {sql.lit('^(?:' + call['pattern'] + ')')})"))


def _ends(call: Call) -> list[Native]:
    return call.make(_said(f"regexp_matches({call.given()}, {sql.lit('(?:' + call['pattern'] + ')$')})"))


def _said(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 'true' WHEN NOT ({condition}) THEN 'false' END"


def _repeat(call: Call) -> list[Native]:
    count = _count(call, "count")
    if count > MOST_REPEATED:
        raise Refused(f"{count} times is more than {MOST_REPEATED:,}", "repeat it less often", "count")
    # As many characters as the text is to come, then the text for each of them.
    return call.make(f"replace(lpad('', {count}, 'x'), 'x', {call.given()})")


def _char(call: Call) -> list[Native]:
    given = call.number(call["sourceColumn"]) if call["sourceColumn"] else sql.number(sql.lit(call["value"]))
    usable = f"{given} = trunc({given}) AND {given} BETWEEN 1 AND 1114111 AND NOT {given} BETWEEN 55296 AND 57343"
    return call.make(f"CASE WHEN {usable} THEN chr(CAST({given} AS INTEGER)) END")


def _compare(sign: str) -> Steps:
    def steps(call: Call) -> list[Native]:
        sides = [
            call.text(call[f"sourceColumn{which}"])
            if call[f"sourceColumn{which}"]
            else sql.lit(call[f"value{which}"])
            for which in (1, 2)
        ]
        return call.make(_said(f"{sides[0]} {sign} {sides[1]}"))

    return steps


def _proper(call: Call) -> list[Native]:
    call.no_conditions("this operation is not carried over for a part of the rows")
    if not call["sourceColumn"]:
        raise Refused("this operation is carried over for a column only", "name sourceColumn", "value")
    call.state.numeric.discard(call["targetColumn"])
    call.state.gone.pop(call["targetColumn"], None)
    return [{"case": {"columns": [call["sourceColumn"]], "to": "capital", "into": [call["targetColumn"]]}}]


def _coalesce(call: Call) -> list[Native]:
    return call.make(f"coalesce({', '.join(call.text(column) for column in call['sourceColumns'])})")


def _ip_to_int(call: Call) -> list[Native]:
    given = call.given()
    part = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    pattern = sql.lit(f"^{part}\\.{part}\\.{part}\\.{part}$")
    parts = [
        f"CAST(regexp_extract({given}, {pattern}, {group}) AS BIGINT) * {256 ** (4 - group)}"
        for group in (1, 2, 3, 4)
    ]
    return call.make(f"CASE WHEN regexp_matches({given}, {pattern}) THEN CAST({' + '.join(parts)} AS VARCHAR) END")


def _int_to_ip(call: Call) -> list[Native]:
    given = call.given()
    number = f"TRY_CAST({given} AS BIGINT)"
    parts = [f"CAST(({number} // {256**power}) % 256 AS VARCHAR)" for power in (3, 2, 1, 0)]
    joined = " || '.' || ".join(parts)
    return call.make(f"CASE WHEN {number} BETWEEN 0 AND 4294967295 THEN {joined} END")


def _text(name: str, form: str, about: str, *, numeric: bool = False) -> Operation:
    return Operation(name, FUNCTION + name, SOURCE_OR_VALUE, about, _of(form, numeric=numeric), (EITHER,))


def _more(name: str, more: tuple[Parameter, ...], about: str, steps: Steps, *, page: str = "") -> Operation:
    return Operation(name, page or FUNCTION + name, (*SOURCE_OR_VALUE, *more), about, steps, (EITHER,))


OPERATIONS = (
    _text("LOWER", "lower({0})", "The text in small letters."),
    _text("UPPER", sql.upper("{0}"), "The text in capital letters."),
    _text(
        "TRIM",
        f"regexp_replace({{0}}, '^[{SPACE}]+|[{SPACE}]+$', '', 'g')",
        "The text without white space before and behind it.",
    ),
    _text("REMOVE_WHITESPACE", f"regexp_replace({{0}}, '[{SPACE}]', '', 'g')", "The text without white space."),
    _text(
        "REMOVE_SYMBOLS",
        f"regexp_replace({{0}}, '[^\\p{{L}}\\p{{M}}\\p{{N}}{SPACE}]', '', 'g')",
        "The text with its letters (accented ones too), digits and white space only.",
    ),
    _text("LEN", "length({0})", "How many characters the text has.", numeric=True),
    _text(
        "UNICODE",
        f"CASE WHEN {sql.present('{0}')} IS NOT NULL THEN ascii({{0}}) END",
        "The Unicode number of the first character.",
        numeric=True,
    ),
    _more(
        "PROPER", (), "The first letter of each word becomes a capital, all others small, as CAPITAL_CASE.", _proper
    ),
    _more("LEFT", (required("position", "whole"),), "The first characters.", _left),
    _more("RIGHT", (required("position", "whole"),), "The last characters.", _right),
    _more(
        "SUBSTRING",
        (required("startPosition", "whole"), required("endPosition", "whole")),
        "The characters from one position to another, both of them included and counted from 1.",
        _substring,
    ),
    _more(
        "STARTS_WITH",
        (required("pattern", "pattern"),),
        "`true` when the regular expression matches at the beginning, else `false`.",
        _starts,
    ),
    _more(
        "ENDS_WITH",
        (required("pattern", "pattern"),),
        "`true` when the regular expression matches at the end, else `false`.",
        _ends,
    ),
    _more(
        "REPEAT_STRING", (required("count", "whole"),), "The text several times.", _repeat, page=f"{FUNCTION}REPEAT"
    ),
    _more("CHAR", (), "The character of a Unicode number.", _char),
    *(
        Operation(
            name,
            FUNCTION + name,
            (*SIDES, TARGET),
            f"`true` when the first text {sign} the second, else "
            "`false`; texts are compared character by character, by their Unicode numbers.",
            _compare(sign),
            BOTH,
        )
        for name, sign in COMPARED.items()
    ),
    Operation(
        "COALESCE",
        f"{ACTION}COALESCE",
        (required("sourceColumns", "columns"), TARGET),
        "The first of the columns' values that is not null.",
        _coalesce,
    ),
    _more(
        "IP_TO_INT", (), "An IPv4 address as a number; null for anything else.", _ip_to_int, page=f"{ACTION}IP_TO_INT"
    ),
    _more(
        "INT_TO_IP", (), "A number as an IPv4 address; null for anything else.", _int_to_ip, page=f"{ACTION}INT_TO_IP"
    ),
)
