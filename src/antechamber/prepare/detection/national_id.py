"""National identity numbers whose written form and check digits tell them from other numbers.

Numbers that are bare digits with one check digit (PESEL, BSN, Steuer-ID, TFN) are not among them: one of ten other
numbers of that length would pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.se import personnummer

from antechamber.prepare.detection.detector import Detector, Situation

FORMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "be": (r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", nn.is_valid),
    "br": (r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid),
    "ch": (r"756\.\d{4}\.\d{4}\.\d{2}", ahv.is_valid),
    "cn": (r"\d{17}[\dX]", ric.is_valid),
    "es": (r"\d{8}-?[A-HJ-NP-TV-Z]", dni.is_valid),
    "es_foreigners": (r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", nie.is_valid),
    "fi": (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Y]", hetu.is_valid),
    "fr": (r"[12] \d{2} \d{2} \d[\dAB] \d{3} \d{3} \d{2}|[12]\d{5}[\dAB]\d{8}", nir.is_valid),
    "it": (r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", codicefiscale.is_valid),
    "kr": (r"\d{6}-[1-8]\d{6}", rrn.is_valid),
    "mx": (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", curp.is_valid),
    "se": (r"(?:19|20)?\d{6}[-+]\d{4}", personnummer.is_valid),
}
"""Country → the written form, and python-stdnum's validity."""

_FORMS = [(name, re.compile(rf"(?<![\w.-])(?:{form})(?![\w-]|\.\d)"), valid) for name, (form, valid) in FORMS.items()]
_BARE = frozenset({"cn", "fr"})


def _holds(text: str, where: Situation) -> bool:
    for name, form, valid in _FORMS:
        for found in form.findall(text):
            if not (where.is_id and name in _BARE and found.isdigit()) and valid(found):
                return True
    return False


NATIONAL_ID = Detector(
    "national_id", "a national identity number",
    r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-|[0-9]{3}\.[0-9]{3}-[0-9]{2}|756\.[0-9]{4}|[0-9]{14}|[0-9]{7}-?[A-Z]"
    r"|[0-9]{6}[-+A-FU-Y][0-9]{3}|[0-9] [0-9]{2} [0-9]{2} |[A-Z]{4}[0-9]{6}[HM]|[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}",
    9, _holds,
)  # fmt: skip
