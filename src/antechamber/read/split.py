"""Where CSV records begin and end, and which lines are none: the part of the grammar that decides what is read.

The quotes of a text are numbered; between records an even number of them has been seen, so every second one must
stand at a field's begin and the others at a field's end, or two of them side by side. That is checked for all quotes
of a block at once. Only the record around a quote that breaks the pattern is matched by the grammar itself, and
counting begins anew behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from antechamber.read import bits
from antechamber.read.bits import Bits, Positions
from antechamber.read.dialect import AFTER_QUOTE, NEVER_CLOSED, Dialect

_STREAK = 8


@dataclass(frozen=True)
class Cut:
    """A stretch of the text that is no good record, and why.

    start, end: its text, without the line end. next: where the next line begins.
    """

    start: int
    end: int
    next: int
    reason: str


class Stretch(NamedTuple):
    """Records of sound quoting, one behind the other.

    begin: where the first one begins. last: where the last one ends.
    parity: of the number of quotes before the first one; None: there is but one record.
    """

    begin: int
    last: int
    parity: int | None


@dataclass
class Split:
    """What `split` found in text[:used].

    used: how much of the text is decided; the rest is the beginning of a record that goes on.
    cuts: physical lines that are no records, in order.
    unfinished: the last cut goes on to the next line end, beyond the text.
    """

    used: int
    cuts: list[Cut]
    unfinished: bool
    _stretches: list[Stretch]
    _text: _Text

    @cached_property
    def lines(self) -> int:
        """The number of physical lines; the file's last one and an unfinished one count too."""
        ended = self.lines_before(np.array([self.used + (self.used == self._text.size)]))
        return int(ended[0]) + self.unfinished

    def lines_before(self, positions: Positions) -> Positions:
        """How many physical lines end before each of these positions."""
        return bits.rank(self._text.lines, positions)

    def line_bounds(self, ordinals: Positions) -> tuple[Positions, Positions]:
        """Begin and end (without line end) of physical lines, counted from 0."""
        starts = np.zeros(len(ordinals), np.int64)
        later = ordinals > 0
        starts[later] = self._text.after_each(bits.select(self._text.lines, ordinals[later] - 1))
        return starts, bits.select(self._text.lines, ordinals)

    @cached_property
    def records(self) -> tuple[Positions, Positions]:
        """Begin and end (without line end) of every record that is not blank and not in a cut."""
        ends = [bits.positions(self._text.ends(parity)) for parity in (0, 1)]
        all_starts, all_ends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for begin, last, parity in self._stretches:
            here = np.array([last], np.int64)
            if parity is not None:
                low, high = np.searchsorted(ends[parity], (begin, last + 1))
                here = ends[parity][low:high]
            all_starts += [np.array([begin], np.int64), self._text.after_each(here[:-1])]
            all_ends.append(here)
        starts, stops = np.concatenate(all_starts), np.concatenate(all_ends)
        return starts[starts < stops], stops[starts < stops]

    def after(self, end: int) -> int:
        """Where the next line begins, for a record's or a line's end."""
        return self._text.after(end)


def split(text: bytes, dialect: Dialect, *, final: bool, longest: int) -> Split:
    """Split a text that begins where a record may begin.

    final: nothing follows the text. longest: bytes that a record may have.

    The outcome for a record never depends on where the text ends: what is not decided yet is left over.
    """
    size = len(text)
    if not final and text.endswith(b"\r"):
        size -= 1  # it may be the first half of a line end
    seen = _Text(text, size, dialect, final)
    if size <= longest and not seen.irregular(0).any():
        end = bits.last(seen.ends(0), size + 1)
        if end == size or (not final and end >= 0):
            return Split(seen.after(end), [], False, [Stretch(0, end, 0)], seen)
    return _Walk(seen, final, longest).walk()


class _Text:
    """The bitmaps of a text. Position `size` stands for the end of the file, when the text is final."""

    def __init__(self, text: bytes, size: int, dialect: Dialect, final: bool) -> None:
        self.text, self.size, self.dialect, self.final = text, size, dialect, final
        self.array = array = np.frombuffer(text, np.uint8, size)
        width = size + 1
        newline = bits.of_byte(array, b"\n", width)
        self.has_return = text.find(b"\r", 0, size) >= 0
        carriage = bits.of_byte(array, b"\r", width) if self.has_return else bits.empty(width)
        self.lines = carriage | newline & ~bits.followers(carriage) if self.has_return else newline
        """First byte of each physical line's end."""
        taken = self._escaped(width)
        if taken is not None:
            newline, carriage = newline & ~taken, carriage & ~taken
        if final and size and not bits.has(newline | carriage, size - 1):
            self.lines = self.lines.copy()
            bits.add(self.lines, size)
        ends = carriage | newline & ~bits.followers(carriage) if self.has_return else newline.copy()
        if final and not (taken is not None and bits.has(taken, size)):
            bits.add(ends, size)
        quote = bits.of_byte(array, dialect.quote, width) if dialect.quote and dialect.quote in text else None
        if quote is not None and taken is not None:
            quote &= ~taken
        self._ends = self._irregular = (ends, ends)
        self._inside: Bits | None = None
        if quote is None:
            self._irregular = (bits.empty(1), bits.empty(1))
            return
        edge = bits.of_byte(array, dialect.delimiter, width)
        if taken is not None:
            edge &= ~taken
        edge |= newline | carriage | ends
        inside = bits.odd(quote)
        may_open = bits.followers(edge | quote)
        may_open[0] |= np.uint64(1)
        may_close = bits.predecessors(edge | quote)
        not_open, not_close = quote & ~may_open, quote & ~may_close
        self._inside = inside
        self._ends = (ends & ~inside, ends & inside)
        self._irregular = (not_open & inside | not_close & ~inside, not_open & ~inside | not_close & inside)

    def ends(self, parity: int) -> Bits:
        """Record ends, for records that begin behind an even (0) or odd (1) number of quotes."""
        return self._ends[parity]

    def irregular(self, parity: int) -> Bits:
        """Quotes that stand where neither a field's begin or end nor a doubled quote explains them."""
        return self._irregular[parity]

    def parity(self, position: int) -> int:
        """Whether an odd number of quotes stands before a position."""
        return int(self._inside is not None and position > 0 and bits.has(self._inside, position - 1))

    def after(self, end: int) -> int:
        """Where the line behind a line end begins."""
        if end >= self.size:
            return self.size
        return end + 1 + (self.text[end] == 13 and end + 1 < self.size and self.text[end + 1] == 10)

    def after_each(self, ends: Positions) -> Positions:
        """`after`, for line ends within the text."""
        if not self.has_return:
            return ends + 1
        second = np.minimum(ends + 1, self.size - 1)
        two: Positions = ((self.array[ends] == 13) & (self.array[second] == 10)).astype(np.int64)
        return ends + 1 + two

    def _escaped(self, width: int) -> Bits | None:
        """The positions that an escape character takes literally."""
        if not self.dialect.escape or self.text.find(self.dialect.escape, 0, self.size) < 0:
            return None
        escapes = np.flatnonzero(self.array == self.dialect.escape[0])
        index = np.arange(len(escapes))
        first = np.ones(len(escapes), np.bool_)
        first[1:] = np.diff(escapes) != 1
        in_run = index - np.maximum.accumulate(np.where(first, index, 0))
        return bits.of_positions(escapes[in_run % 2 == 0] + 1, width)


@dataclass
class _Walk:
    """The general way through a text: from stretch to stretch, with a decision at each record that needs one."""

    seen: _Text
    final: bool
    longest: int
    cuts: list[Cut] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    unfinished: bool = False

    def walk(self) -> Split:
        """Everything that can be decided."""
        at, go_on, streak = 0, True, 0
        while go_on and at < self.seen.size:
            begin, at = at, self._regular(at)
            streak = streak + 1 if at == begin else 0
            # Where nearly every record is irregular (inch marks), asking the bitmaps each time is the slower way.
            for _ in range(_STREAK if streak > _STREAK else 1):
                if go_on and at < self.seen.size:
                    at, go_on = self._one(at)
        return Split(at, self.cuts, self.unfinished, self.stretches, self.seen)

    def _regular(self, at: int) -> int:
        """Take the regular records from a record's begin on; where the record behind them begins."""
        seen, parity = self.seen, self.seen.parity(at)
        odd_one = bits.first(seen.irregular(parity), at)
        last = bits.last(seen.ends(parity), odd_one if odd_one >= 0 else seen.size + 1)
        if last < at:
            return at
        if last - at > self.longest:
            last = self._before_long(at, last, parity)
            if last < at:
                return at
        self.stretches.append(Stretch(at, last, parity))
        return seen.after(last)

    def _before_long(self, at: int, last: int, parity: int) -> int:
        """The last end of a record before the first one that is too long; -1 when that is the one at `at`."""
        ends = bits.positions(self.seen.ends(parity))
        ends = ends[np.searchsorted(ends, at) : np.searchsorted(ends, last + 1)]
        starts = np.append(np.array([at], np.int64), self.seen.after_each(ends[:-1]))
        long = np.flatnonzero(ends - starts > self.longest)
        if not len(long):
            return last
        return int(ends[long[0] - 1]) if long[0] else -1

    def _one(self, at: int) -> tuple[int, bool]:
        """Decide on one record: good, cut, or not decided yet. Returns where to go on, and whether."""
        seen, dialect = self.seen, self.seen.dialect
        stop = min(seen.size, at + self.longest + 1)
        whole = self.final and stop == seen.size
        end = dialect.record_end(seen.text, at, stop)
        if end is not None and end - at <= self.longest and (end < stop or whole):
            self.stretches.append(Stretch(at, end, None))
            return seen.after(end), True
        flaw = dialect.flaw(seen.text, at, stop) if end is None else NEVER_CLOSED
        if flaw != AFTER_QUOTE:
            if stop - at > self.longest:
                flaw = f"longer than {self.longest:,} bytes: a quote may be open"
            elif not whole:
                return at, False
        return self._cut(at, flaw)

    def _cut(self, at: int, reason: str) -> tuple[int, bool]:
        """Take the physical line at `at` out."""
        end = bits.first(self.seen.lines, at)
        if end < 0:
            if self.seen.size - at <= self.longest:
                return at, False
            end, self.unfinished = self.seen.size, True
        self.cuts.append(Cut(at, end, self.seen.after(end), reason))
        return self.cuts[-1].next, not self.unfinished
