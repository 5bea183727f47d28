"""The gate before publication: what a whole run is judged by once all of its records are known.

One file a rule of a run; rules of single records are in `prepare.quality`.
"""

from antechamber.gate.enforce import Gate, keeps_origins, looks_at_records
from antechamber.gate.identities import found_of, refusal, refuse_raw_identities
from antechamber.gate.outcome import Outcome, refuse_failed, told
from antechamber.gate.sentence import enforced

__all__ = [
    "Gate",
    "Outcome",
    "enforced",
    "found_of",
    "keeps_origins",
    "looks_at_records",
    "refusal",
    "refuse_failed",
    "refuse_raw_identities",
    "told",
]
