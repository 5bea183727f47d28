"""The match forecast: how many records of two sides would meet on which keys, before any collaboration."""

from antechamber.forecast.gain import Gain, gain
from antechamber.forecast.keys import MatchKey, Side, keys_of, notes_on, open_side
from antechamber.forecast.overlap import Overlap, overlap
from antechamber.forecast.sketch import Sketch, SketchedOverlap, read_sketch, sketch, sketched_overlap, write_sketch

__all__ = [
    "Gain",
    "MatchKey",
    "Overlap",
    "Side",
    "Sketch",
    "SketchedOverlap",
    "gain",
    "keys_of",
    "notes_on",
    "open_side",
    "overlap",
    "read_sketch",
    "sketch",
    "sketched_overlap",
    "write_sketch",
]
