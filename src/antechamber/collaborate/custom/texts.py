"""Functions of texts, hashes and JSON: Spark's, in DuckDB. Source: Spark SQL 3.5, built-in functions."""

from __future__ import annotations

import re
from collections.abc import Callable

from antechamber.collaborate.custom.function import (
    BYTES,
    STRING,
    STRING_OR_BYTES,
    WHOLE,
    Function,
    as_text,
    function,
    loose,
)
from antechamber.collaborate.functions import Call
from antechamber.collaborate.parse import refusal
from antechamber.collaborate.values import INTEGER, TEXT, Type, Value, text_literal

BINARY = Type("binary", "BLOB")
TEXTS = Type("list", "VARCHAR[]")

LONGEST = 10_000
"""Characters that a query can make of nothing, by LPAD, RPAD, REPEAT."""

_SPACE = "' '"


def _concat(call: Call) -> Value:
    call.count(1, 100)
    return Value("(" + " || ".join(as_text(each, call.clause) for each in call.arguments) + ")", TEXT)


def _concat_ws(call: Call) -> Value:
    call.count(1, 100)
    call.of(0, STRING)
    return Value(f"concat_ws({', '.join(as_text(each, call.clause) for each in call.arguments)})", TEXT)


def _substring(call: Call) -> Value:
    """Counts from 1, and 0 is 1 too; a negative place counts from the end."""
    call.count(2, 3)
    text, place = call.of(0, STRING), call.of(1, WHOLE)
    start = f"(CASE WHEN {place} = 0 THEN 1 ELSE {place} END)"
    if len(call.arguments) == 2:
        return Value(f"substring({text}, {start})", TEXT)
    return Value(f"substring({text}, {start}, greatest({call.of(2, WHOLE)}, 0))", TEXT)


def _padded(side: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(2, 3)
        length = call.whole(1, 0, LONGEST)
        filling = call.of(2, STRING) if len(call.arguments) == 3 else _SPACE
        return Value(f"{side}pad({call.of(0, STRING)}, {length}, {filling})", TEXT)

    return build


def _repeat(call: Call) -> Value:
    call.count(2)
    return Value(f"repeat({call.of(0, STRING)}, {call.whole(1, 0, 100)})", TEXT)


def _end(side: str) -> Callable[[Call], Value]:
    def build(call: Call) -> Value:
        call.count(2)
        return Value(f"{side}({call.of(0, STRING)}, greatest({call.of(1, WHOLE)}, 0))", TEXT)

    return build


def _trimmed(name: str) -> Function:
    return function(f"{name}({{0}}, ' ')", STRING, gives=TEXT)


def _btrim(call: Call) -> Value:
    call.count(1, 2)
    letters = call.of(1, STRING) if len(call.arguments) == 2 else _SPACE
    return Value(f"trim({call.of(0, STRING)}, {letters})", TEXT)


def pattern(call: Call, place: int) -> str:
    """An argument that must be a regular expression written in the query, which Java and RE2 read alike."""
    text = call.arguments[place].literal
    if text is None or call.arguments[place].type.kind != "text":
        raise refusal(call.clause, f"the pattern of {call.name} is not written in the query", "write the text itself")
    try:
        re.compile(text)
    except re.error:
        raise refusal(
            call.clause, f"the pattern of {call.name} is no regular expression", "check its brackets"
        ) from None
    if "(?" in text or re.search(r"[*+?}]\+", text) or "&&" in text:
        raise refusal(
            call.clause,
            f"the pattern of {call.name} is read differently by the engines",
            "use groups and classes only",
        )
    return text_literal(text)


def _regexp_replace(call: Call) -> Value:
    call.count(3)
    instead = call.arguments[2].literal
    if instead is None or "$" in instead:
        raise refusal(call.clause, "what REGEXP_REPLACE puts is a text without $", "write the text itself")
    return Value(f"regexp_replace({call.of(0, STRING)}, {pattern(call, 1)}, {text_literal(instead)}, 'g')", TEXT)


def _regexp_substr(call: Call) -> Value:
    call.count(2)
    text = call.of(0, STRING)
    found = f"regexp_extract({text}, {pattern(call, 1)})"
    return Value(f"(CASE WHEN regexp_matches({text}, {pattern(call, 1)}) THEN {found} END)", TEXT)


def _split(call: Call) -> Value:
    call.count(2)
    return Value(f"string_split_regex({call.of(0, STRING)}, {pattern(call, 1)})", TEXTS)


def _sha2(call: Call) -> Value:
    call.count(2)
    if call.whole(1, 0, 512) not in (0, 256):
        raise refusal(call.clause, "SHA2 is executed with 256 bits only", "write SHA2(value, 256)")
    return Value(f"sha256({call.of(0, STRING_OR_BYTES)})", TEXT)


def _charset(call: Call, place: int) -> None:
    if (call.arguments[place].literal or "").upper() not in ("UTF-8", "UTF8"):
        raise refusal(call.clause, f"{call.name} is executed for UTF-8 only", "write 'UTF-8'")


def _encode(call: Call) -> Value:
    call.count(2)
    _charset(call, 1)
    return Value(f"encode({call.of(0, STRING)})", BINARY)


def _decode(call: Call) -> Value:
    call.count(2)
    _charset(call, 1)
    return Value(f"decode({call.of(0, BYTES)})", TEXT)


def _base64(call: Call) -> Value:
    call.count(1)
    sql = call.of(0, STRING_OR_BYTES)
    return Value(f"base64({f'encode({sql})' if call.arguments[0].type.kind == 'text' else sql})", TEXT)


def _json(call: Call) -> Value:
    call.count(2)
    path = call.arguments[1].literal or ""
    if not re.fullmatch(r"\$([.][A-Za-z_][A-Za-z0-9_]*|\[[0-9]{1,9}\])*", path):
        raise refusal(call.clause, "the path of GET_JSON_OBJECT is not known", "write $.key.key or $.key[0]")
    return Value(f"json_extract_string({call.of(0, STRING)}, {text_literal(path)})", TEXT)


def _uuid(call: Call) -> Value:
    call.count(0)
    return Value("CAST(uuid() AS VARCHAR)", TEXT)


TEXT_FUNCTIONS: dict[str, Function] = {
    "CONCAT": Function(_concat),
    "LOWER": function("lower({0})", STRING, gives=TEXT),
    "UPPER": function("upper({0})", STRING, gives=TEXT),
    **dict.fromkeys(
        ("LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH", "LEN"), function("length({0})", STRING, gives=INTEGER)
    ),
    **dict.fromkeys(("SUBSTR", "SUBSTRING"), Function(_substring, shapes=frozenset({1, 2}), fails=True)),
    "TRIM": _trimmed("trim"),
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "BTRIM": Function(_btrim, shapes=frozenset({1})),
    "POSITION": function("strpos({1}, {0})", STRING, STRING, gives=INTEGER, compares=True),
    "REPLACE": function("replace({0}, {1}, {2})", STRING, STRING, STRING, gives=TEXT, optional=0, compares=True),
    "REPEAT": Function(_repeat, shapes=frozenset({1})),
    "REGEXP_REPLACE": Function(_regexp_replace, compares=True),
    "REGEXP_SUBSTR": Function(_regexp_substr, compares=True),
    "SPLIT": Function(_split, compares=True),
    "UUID": Function(_uuid, chance=True),
    "LPAD": Function(_padded("l"), shapes=frozenset({1})),
    "RPAD": Function(_padded("r"), shapes=frozenset({1})),
    "LEFT": Function(_end("left"), shapes=frozenset({1}), fails=True),
    "RIGHT": Function(_end("right"), shapes=frozenset({1}), fails=True),
    "MD5": function("md5({0})", STRING_OR_BYTES, gives=TEXT),
    **dict.fromkeys(("SHA", "SHA1"), function("sha1({0})", STRING_OR_BYTES, gives=TEXT)),
    "SHA2": Function(_sha2, shapes=frozenset({1})),
    "BASE64": Function(_base64),
    "UNBASE64": function("from_base64({0})", STRING, gives=BINARY, fails=True),
    "HEX": function("hex({0})", STRING_OR_BYTES | WHOLE, gives=TEXT),
    "UNHEX": function("unhex({0})", STRING, gives=BINARY, fails=True),
    "ENCODE": Function(_encode, shapes=frozenset({1})),
    "DECODE": Function(_decode, shapes=frozenset({1}), fails=True),
    "GET_JSON_OBJECT": Function(_json, shapes=frozenset({1}), fails=True),
    "REVERSE": loose(function("reverse({0})", STRING, gives=TEXT)),
    "TRANSLATE": loose(function("translate({0}, {1}, {2})", STRING, STRING, STRING, gives=TEXT)),
    "INITCAP": loose(
        function(
            "array_to_string(list_transform(string_split({0}, ' '), "
            "lambda w: upper(left(w, 1)) || lower(substring(w, 2))), ' ')",
            STRING,
            gives=TEXT,
        )
    ),
    "ASCII": loose(function("(CASE WHEN {0} = '' THEN 0 ELSE ascii({0}) END)", STRING, gives=INTEGER)),
    "CONCAT_WS": loose(Function(_concat_ws)),
    "INSTR": loose(function("strpos({0}, {1})", STRING, STRING, gives=INTEGER)),
    "SPLIT_PART": loose(
        function("split_part({0}, {1}, nullif({2}, 0))", STRING, STRING, WHOLE, gives=TEXT, fails=True)
    ),
}  # fmt: skip
"""Name → function."""
