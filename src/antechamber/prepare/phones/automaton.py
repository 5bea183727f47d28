"""Automata: tables that say, for every series of digits at once, which patterns it matches.

A table has a row for each state and in it a column for each symbol (a digit, or the end): the next state. States are
numbers of rows times WIDTH, so that the next one stands at `state + symbol`. In row 0 nothing can match any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from antechamber.prepare.phones.pattern import END, Network, States

WIDTH = 16
DEAD = 0
MATCHED, MATCHED_WITH_GROUP = -1, -2
LONGEST = 18
"""One digit more than any national number has."""

Numbers = npt.NDArray[np.intp]
Symbols = npt.NDArray[np.uint8]
"""Digits, and END behind those of each number; some END to spare behind the last."""
Flags = npt.NDArray[np.bool_]
Label = Callable[[frozenset[int], int], int]


@dataclass
class Builder:
    """Tables in the making. rows: of the next states; labels: what a state says, 0 when nothing."""

    rows: list[list[int]] = field(default_factory=lambda: [[DEAD] * WIDTH])
    labels: list[int] = field(default_factory=lambda: [0])

    def prefixes(self, network: Network, begin: States) -> int:
        """An automaton that finds the preferred match at the beginning; gives its first state.

        The label is minus the pattern's mark in each state where a match ends; the last such state has the match.
        """
        known: dict[States, int] = {}
        waiting: list[States] = []

        def state(states: States) -> int:
            # What is less preferred than a match is not looked for any more.
            end = next((place + 1 for place, one in enumerate(states) if one < 0), len(states))
            states = states[:end]
            if not states:
                return DEAD
            if states not in known:
                known[states] = self._row(-states[-1] if states[-1] < 0 else 0)
                waiting.append(states)
            return known[states]

        first = state(begin)
        while waiting:
            states = waiting.pop()
            for symbol in range(END + 1):
                self.rows[known[states] // WIDTH][symbol] = state(_step(network, states, symbol))
        return first

    def wholes(self, network: Network, begin: States, keep: frozenset[int], label: Label) -> int:
        """An automaton that classifies whole series of digits; gives its first state.

        keep: marks that stay when more digits follow. label: (marks, number of digits) → what the end says.
        """
        known: dict[tuple[frozenset[int], int], int] = {}
        ends: dict[int, int] = {0: DEAD}
        waiting: list[tuple[frozenset[int], int]] = []

        def state(states: Iterable[int], length: int) -> int:
            key = frozenset(states), length
            if not key[0]:
                return DEAD
            if key not in known:
                known[key] = self._row(0)
                waiting.append(key)
            return known[key]

        first = state(begin, 0)
        while waiting:
            states, length = waiting.pop()
            row = known[states, length] // WIDTH
            kept = states & keep
            longer = min(length + 1, LONGEST)
            for digit in range(END):
                self.rows[row][digit] = state(kept.union(_step(network, states, digit)), longer)
            marks = frozenset(one for one in states.union(_step(network, states, END)) if one < 0)
            said = label(marks, length)
            if said not in ends:
                ends[said] = self._row(said)
                self.rows[ends[said] // WIDTH] = [ends[said]] * WIDTH
            self.rows[row][END] = ends[said]
        return first

    def _row(self, label: int) -> int:
        self.rows.append([DEAD] * WIDTH)
        self.labels.append(label)
        return (len(self.rows) - 1) * WIDTH


def _step(network: Network, states: Iterable[int], symbol: int) -> States:
    reached: dict[int, None] = {}
    bit = 1 << symbol
    for one in states:
        if one >= 0:
            mask, then = network.states[one]
            if mask & bit:
                reached.update(dict.fromkeys(then))
    return tuple(reached)


@dataclass(frozen=True)
class Automata:
    """Finished tables."""

    following: Numbers
    labels: Numbers

    def prefix(self, symbols: Symbols, start: Numbers, length: Numbers, state: Numbers) -> tuple[Numbers, Flags]:
        """Where the preferred match at the beginning ends (-1: there is none), and whether it has the last group.

        start, length: of each series of digits. state: the first of the automaton that each is given to.
        """
        end = np.where(self.labels[state // WIDTH] != 0, 0, -1)
        grouped = np.zeros(len(start), np.bool_)
        rows = np.flatnonzero(state != DEAD)
        at, state = start[rows], state[rows]
        taken = 0
        while len(rows):
            state = self.following[state + symbols[at]]
            alive = state != DEAD
            if not alive.all():
                rows, at, state = rows[alive], at[alive], state[alive]
            taken, at = taken + 1, at + 1
            label = self.labels[state // WIDTH]
            matched = np.flatnonzero(label)
            where = rows[matched]
            end[where] = np.minimum(taken, length[where])
            grouped[where] = label[matched] == -MATCHED_WITH_GROUP
        return end, grouped

    def whole(self, symbols: Symbols, start: Numbers, length: Numbers, state: Numbers) -> Numbers:
        """What the automaton that each series of digits is given to says of it."""
        at = start.copy()
        for _ in range(int(length.max(initial=0)) + 1):
            state = self.following[state + symbols[at]]
            at += 1
        return self.labels[state // WIDTH]
