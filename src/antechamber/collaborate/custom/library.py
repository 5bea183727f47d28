"""Every scalar function that a custom query may call, and those that AWS knows and that are not executed here."""

from __future__ import annotations

from antechamber.collaborate.custom.choices import CHOICE_FUNCTIONS
from antechamber.collaborate.custom.function import Function
from antechamber.collaborate.custom.numbers import NUMBER_FUNCTIONS
from antechamber.collaborate.custom.texts import TEXT_FUNCTIONS
from antechamber.collaborate.custom.times import TIME_FUNCTIONS

FUNCTIONS: dict[str, Function] = {**TEXT_FUNCTIONS, **NUMBER_FUNCTIONS, **TIME_FUNCTIONS, **CHOICE_FUNCTIONS}
"""Name → function."""

NOT_EXECUTED: dict[str, str] = {
    "FLATTEN": "arrays of arrays are not executed here",
    "STRUCT": "select its fields as columns",
    "NAMED_STRUCT": "select its fields as columns",
    "MAP": "select its values as columns",
    "STR_TO_MAP": "use REGEXP_SUBSTR for each key",
    "TO_JSON": "select the columns themselves",
    "XXHASH64": "use SHA2(value, 256)",
    "FORMAT_STRING": "use CONCAT",
    "TO_CHAR": "use CAST(value AS STRING)",
    "TO_NUMBER": "use CAST(value AS DECIMAL(p, s))",
    "REGEXP_COUNT": "its patterns differ from engine to engine",
    "REGEXP_INSTR": "its patterns differ from engine to engine",
    "CONSENT_TCF_V2_DECODE": "decode consent before the table is published",
    "CONSENT_GPP_V1_DECODE": "decode consent before the table is published",
    "AES_ENCRYPT": "encrypt before the table is published",
    "AES_DECRYPT": "share what may be read",
}
"""Functions of AWS Clean Rooms that no query is run with here: name → what to do instead."""

NEVER_STRICT = ("TO_CHAR", "TO_NUMBER", "REGEXP_COUNT", "REGEXP_INSTR", "AES_ENCRYPT", "AES_DECRYPT")
"""Those of them that AWS does not allow beside thresholds and comparison controls either."""
