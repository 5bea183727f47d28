"""Lines that are read together give what each line alone gives."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read.streams import Dribble, drain

from antechamber.declare import JsonLines
from antechamber.read.jsonl import JsonLinesReader
from antechamber.records import Rejected

NEVER = 1 << 40
WANTED = ("a", "b", 'q"\\', "é", "absent")
KEYS = ["a", "b", 'q"\\', "é", "c.*", "A", "a b", ""]
SCALARS = [
    *["0", "-0", "0.10", "1e5", "1E-05", "12345678901234567890", "-1.5e+300", "true", "false", "null", '""', '"x"'],
    *['"null"', '"Zoë 😀"', r'"\""', r'"\\"', r'"a\\\"b"', r'"\u00e9"', r'"\ud83d\ude00"', r'"\uD83D\uDE00\n"'],
    *['"{"', '",\\"b\\":1"', '"a\u2028b\x85\x7f"', r'"\/\b\f\r\t"', '"  "', '"[1,2]"', r'"\ud7ff\ue000\uFFFF"'],
]
NESTED = [
    *[
        "[]",
        "{}",
        "[ ]",
        "[1, 2.0]",
        '["x","\\u00e9"]',
        '[{"x":1},{"x":null}]',
        '{"x":{"y":[1]},"z":"}"}',
        "[[1],[]]",
    ],
    *['{"a":1,"a":2}', '[null,"]"]', "[" * 12 + "]" * 12],
]
BROKEN = [
    *["01", "1.", ".5", "+1", "1e", "-", "NaN", "-Infinity", "Infinity", "True", "nul", "", '"', '"\t"', r'"\x"'],
    *[
        r'"\u12g4"',
        r'"\ud83d"',
        r'"\ude00"',
        r'"\ud83d\ud83d\ude00"',
        '"a"b"',
        "1 2",
        "[1,]",
        '{"x":1,}',
        "[1",
        "'x'",
    ],
    *[
        '"\x00"',
        "\ufeff1",
        "\u0661",
        '"\udcc3"',
        r'"\ud83dx"',
        '"\\',
        "1,",
        '1,"a":2',
        '1}{"b":2',
        "1}x",
        "[}",
        "\x0b1",
    ],
]


def line(rng: random.Random, keys: Sequence[str], values: Sequence[str]) -> str:
    """A line of these keys: mostly right, sometimes with odd gaps, escapes in keys, or something cut out."""

    def gap() -> str:
        return rng.choice([" ", "\t", "  ", "\r"]) if odd and rng.random() < 0.5 else ""

    odd, ascii_keys = rng.random() < 0.1, rng.random() < 0.2
    members = [
        f"{gap()}{json.dumps(key, ensure_ascii=ascii_keys)}{gap()}:{gap()}{value}{gap()}"
        for key, value in zip(keys, values, strict=True)
    ]
    text = f"{gap()}{{{','.join(members)}{gap()}}}{gap()}"
    if rng.random() < 0.03:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice(["", '"', "\\", ",", "}", "\udcff", "\x01"]) + text[at + rng.randrange(2) :]
    return text + rng.choice(["", "", "", "\r"])


def file(seed: int, size: int) -> bytes:
    """Lines of a few shapes, and others among them."""
    rng = random.Random(seed)
    shapes = [rng.sample(KEYS, rng.randrange(1, 6)) for _ in range(rng.choice([1, 1, 3]))]
    oddity, lines = rng.choice([0, 0.05, 0.3]), []
    for _ in range(size):
        keys = list(rng.choice(shapes))
        if rng.random() < oddity:
            keys = rng.choices(KEYS, k=rng.randrange(6))
        kinds = [BROKEN if rng.random() < oddity / 4 else NESTED if key in "bA" else SCALARS for key in keys]
        lines.append(line(rng, keys, [rng.choice(kind) for kind in kinds]))
        if rng.random() < oddity / 4:
            lines.append(rng.choice(["", " \t", "[]", "1", '"a"', "{}", "null", "\ufeff{}", '{"a":1}{"a":2}']))
    return ("\n".join(lines) + rng.choice(["", "\n"])).encode("utf-8", "surrogateescape")


def outcome(
    data: bytes, fewest: int, *, wanted: Sequence[str] = WANTED, block: int = 1 << 20, longest: int = 1 << 20
) -> tuple[list[dict[str, Any]], list[Rejected], tuple[str, ...]]:
    reader = JsonLinesReader(
        Dribble(data, 1 << 20), JsonLines(), wanted=wanted, name="x", block=block, longest=longest, fewest=fewest
    )
    records, malformed = drain(reader)
    return records, malformed, reader.columns


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 1 << 32),
    size=st.integers(1, 40),
    block=st.sampled_from([1, 3, 50, 300, 5000]),
    fewest=st.sampled_from([1, 2, 8]),
    longest=st.sampled_from([25, 60, 1 << 20]),
)
def test_lines_read_together_give_what_each_line_alone_gives(
    seed: int, size: int, block: int, fewest: int, longest: int
) -> None:
    data = file(seed, size)
    assert outcome(data, fewest, block=block, longest=longest) == outcome(data, NEVER, longest=longest)


@pytest.mark.parametrize("value", SCALARS + NESTED + BROKEN)
def test_a_value_among_many_sound_ones_is_read_or_refused_as_it_is_alone(value: str) -> None:
    for sound in ("1", '"x"', "null", '{"x":1}', "[1]"):
        lines = [f'{{"a":"x","b":{sound},"c":2}}'] * 5
        lines[2] = f'{{"a":"x","b":{value},"c":2}}'
        data = "\n".join(lines).encode("utf-8", "surrogateescape")
        for wanted in (["b"], ["a", "c"], ["a", "b", "c"]):
            assert outcome(data, 1, wanted=wanted) == outcome(data, NEVER, wanted=wanted)


@pytest.mark.parametrize("members", [1, 14, 15, 40, 129])
def test_many_columns_are_read_together_as_alone(members: int) -> None:
    names = [f"column {n} é" for n in range(members)]
    rows = [
        json.dumps({name: rng.choice([1.5, "é\\", None, [1]]) for name in names})
        for rng in map(random.Random, range(9))
    ]
    data = "\n".join(rows).encode()
    for wanted in (names, names[:1], names[-1:], names[::3], ["absent"]):
        assert outcome(data, 2, wanted=wanted) == outcome(data, NEVER, wanted=wanted)
        assert len(outcome(data, 2, wanted=wanted)[0]) == 9
