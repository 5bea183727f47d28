"""Patterns: the small language of regular expressions that libphonenumber's metadata are written in.

Digits, `\\d`, `[…]`, groups, `|`, `?`, `{m,n}` and `$`. A pattern is read into a tree, and the tree is made into an
automaton without a memory: a set of states, each of which takes some digits and then goes on to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

END = 10
"""The symbol behind the last digit."""
ANY_DIGIT = (1 << END) - 1
PIECE = re.compile(r"\\d|\[[0-9-]+\]|\(\?:|\{[0-9]+(?:,[0-9]+)?\}|[0-9()|?$~]")

States = tuple[int, ...]
"""Numbers of states, the preferred first. Negative: the pattern has matched."""


class Unreadable(ValueError):
    """A pattern in a language larger than this one."""


@dataclass(frozen=True)
class Symbols:
    """One symbol of a set. mask: a bit for each digit, and for END."""

    mask: int


@dataclass(frozen=True)
class Group:
    """One of several sequences. number: of the capturing group, from 1; 0 when nothing is captured."""

    branches: tuple[tuple[Node, ...], ...]
    number: int


@dataclass(frozen=True)
class Repeated:
    """A part, again and again, as often as can be."""

    part: Node
    least: int
    most: int


Node = Symbols | Group | Repeated


def read(pattern: str) -> tuple[Group, int]:
    """The tree of a pattern, and how many groups it captures. Raises Unreadable."""
    pieces = PIECE.findall(pattern)
    if "".join(pieces) != pattern:
        raise Unreadable
    captured = 0

    def branches(position: int) -> tuple[tuple[tuple[Node, ...], ...], int]:
        nonlocal captured
        found: list[tuple[Node, ...]] = []
        nodes: list[Node] = []
        while position < len(pieces) and pieces[position] != ")":
            piece = pieces[position]
            position += 1
            if piece == "|":
                found.append(tuple(nodes))
                nodes = []
            elif piece in ("(", "(?:"):
                number = 0
                if piece == "(":
                    captured += 1
                    number = captured
                inside, position = branches(position)
                if position == len(pieces):
                    raise Unreadable
                position += 1
                nodes.append(Group(inside, number))
            elif piece == "?" or piece[0] == "{":
                if not nodes or isinstance(nodes[-1], Repeated):
                    raise Unreadable
                least, most = _times(piece)
                nodes.append(Repeated(nodes.pop(), least, most))
            else:
                nodes.append(Symbols(_mask(piece)))
        return (*found, tuple(nodes)), position

    inside, position = branches(0)
    if position != len(pieces):
        raise Unreadable
    return Group(inside, 0), captured


def _times(piece: str) -> tuple[int, int]:
    if piece == "?":
        return 0, 1
    least, _, most = piece[1:-1].partition(",")
    return int(least), int(most or least)


def _mask(piece: str) -> int:
    if piece == r"\d":
        return ANY_DIGIT
    if piece == "$":
        return 1 << END
    if piece == "~":
        return 0  # the wait for a tone: spelled digits never have it
    mask = 0
    for first, last in re.findall("([0-9])(?:-([0-9]))?", piece):
        for digit in range(int(first), int(last or first) + 1):
            mask |= 1 << digit
    return mask


@dataclass
class Network:
    """States of patterns that are looked for at once; what has the same future is one state.

    states: for each, the symbols that it takes and the states that it goes on to.
    """

    states: list[tuple[int, States]] = field(default_factory=list)
    _known: dict[tuple[int, States], int] = field(default_factory=dict)

    def add(self, pattern: str, matched: int, *, with_group: int | None = None) -> States:
        """Where a pattern begins. Raises Unreadable.

        matched: what stands for its match, negative. with_group: the same, when its last capturing group has a part
        in the match.
        """
        tree, captured = read(pattern)
        last = captured or -1
        first, _ = self._node(tree, ((matched,), (matched if with_group is None else with_group,)), last)
        return first

    def _node(self, node: Node, then: tuple[States, States], last: int) -> tuple[States, States]:
        """Where a node begins, before and after the last group was met; `then`: where it goes on to."""
        if isinstance(node, Symbols):
            return self._state(node.mask, then[0]), self._state(node.mask, then[1])
        if isinstance(node, Repeated):
            reached = then
            for _ in range(node.most - node.least):
                again = self._node(node.part, reached, last)
                reached = _either(again[0], then[0]), _either(again[1], then[1])
            for _ in range(node.least):
                reached = self._node(node.part, reached, last)
            return reached
        if node.number == last:
            then = then[1], then[1]
        before: States = ()
        after: States = ()
        for branch in node.branches:
            reached = then
            for part in reversed(branch):
                reached = self._node(part, reached, last)
            before, after = _either(before, reached[0]), _either(after, reached[1])
        return before, after

    def _state(self, mask: int, then: States) -> States:
        if not mask:
            return ()
        state = self._known.setdefault((mask, then), len(self.states))
        if state == len(self.states):
            self.states.append((mask, then))
        return (state,)


def _either(first: States, second: States) -> States:
    return tuple(dict.fromkeys(first + second))
