"""The profile as one HTML page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from antechamber.profile.facts import ColumnFacts, Histogram
from antechamber.profile.profile import Profile

TEMPLATE = "page.html.j2"


def page(made: Profile) -> str:
    """The page. Everything that comes from data or declarations is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"share": _share, "number": _number, "bars": _bars, "when": _when}
    template = environment.from_string(files(__package__).joinpath(TEMPLATE).read_text("utf-8"))
    drifts = {each.column: each for each in made.drift}
    return template.render(profile=made, drifts=drifts, bounds=_bounds)


def _share(value: float) -> str:
    if 0 < value < 0.001:
        return "< 0.1 %"
    if 0.999 < value < 1:
        return "> 99.9 %"
    return f"{value:.1%}".replace("%", " %").replace(".0 %", " %")


def _number(value: float) -> str:
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def _when(value: float) -> str:
    return f"{datetime.fromtimestamp(value, tz=UTC):%Y-%m-%d}"


def _bars(histogram: Histogram) -> list[dict[str, Any]]:
    """What the plot draws: x and width in 0–100, height in 0–100, the count, and the bin's bounds."""
    most = max((*histogram.counts, 1))
    width = 100 / len(histogram.counts)
    step = (histogram.high - histogram.low) / len(histogram.counts)
    return [
        {
            "x": round(place * width, 3),
            "width": round(width * 0.92, 3),
            "height": round(100 * count / most, 3) if not count else max(2.0, round(100 * count / most, 3)),
            "count": count,
            "low": histogram.low + place * step,
            "high": histogram.low + (place + 1) * step,
        }
        for place, count in enumerate(histogram.counts)
    ]


def _bounds(column: ColumnFacts) -> tuple[str, str]:
    """The ends of a column's axis, as people write them."""
    histogram = column.histogram or column.lengths
    if histogram is None:
        return "", ""
    write = _when if column.moments else _number
    return write(histogram.low), write(histogram.high)
