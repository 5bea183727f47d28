"""A month's cost, predicted from schedules and past runs; and what past runs cost, tenant by tenant."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from antechamber.operate.meter import MONTH, Prices
from antechamber.operate.runs import RunRecord

_UNITS = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
METRICS = 12
"""Metrics that a connector's runs have in CloudWatch."""


@dataclass(frozen=True)
class Estimate:
    """A connector's month. usage: of one run, on average. per_run, stored, standing: in the prices' currency: of one
    run; of what it keeps in the store at the month's end; of its metrics. basis: how many past runs it is made from.
    """

    tenant: str
    connector: str
    runs: float
    usage: Mapping[str, float]
    per_run: float
    stored: float
    standing: float
    basis: int

    @property
    def month(self) -> float:
        """What the connector costs in the month."""
        return self.runs * self.per_run + self.stored + self.standing


def runs_a_month(schedule: str | None, records: Sequence[RunRecord], today: date | None = None) -> float:
    """How often a connector runs in an average month: by its schedule, or else as often as in the last 30 days."""
    if schedule is None:
        since = datetime.now(UTC) - timedelta(days=30)
        return sum(datetime.fromisoformat(each.started) >= since for each in records) * MONTH / 30
    call = re.fullmatch(r"(cron|rate)\(([^()]*)\)", schedule)
    if call is None:
        return 0.0
    if call[1] == "rate":
        number, unit = call[2].split()
        return MONTH / (int(number) * _UNITS[unit.rstrip("s")])
    minutes, hours, days, months, weekdays, _ = call[2].upper().split()
    at = len(_numbers(minutes, 0, 59)) * len(_numbers(hours, 0, 23))
    year = (today or datetime.now(UTC).date()).year
    return at * sum(_is_day(day, days, months, weekdays) for day in _days_of(year)) / 12


def estimate(
    tenant: str, connector: str, schedule: str | None, records: Sequence[RunRecord], prices: Prices
) -> Estimate:
    """Predict a connector's month from its runs that published something."""
    basis = [each for each in records if each.status in ("succeeded", "partial") and each.usage]
    runs = runs_a_month(schedule, records)
    names = prices.per_use
    usage = {name: sum(each.usage.get(name, 0.0) for each in basis) / len(basis) for name in names} if basis else {}
    kept = sum(each.bytes + each.written for each in basis) / len(basis) if basis else 0.0
    # What comes evenly over a month is there for half of it on average.
    stored = runs * kept / 1e9 * prices.per_month["stored_gb"] / 2
    standing = METRICS * prices.per_month["metric"]
    return Estimate(tenant, connector, runs, usage, prices.of(usage), stored, standing, len(basis))


def spent(records: Sequence[RunRecord], prices: Prices) -> float:
    """What past runs cost by these prices."""
    return sum(prices.of(each.usage) for each in records)


def standing_of_tenant(secrets: int, prices: Prices) -> float:
    """What a tenant costs a month while nothing runs: its key and its secrets."""
    return prices.per_month["key"] + secrets * prices.per_month["secret"]


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range(366 if calendar.isleap(year) else 365)]


def _is_day(day: date, days: str, months: str, weekdays: str) -> bool:
    if day.month not in _numbers(months, 1, 12, _MONTHS):
        return False
    if weekdays != "?":
        return _is_weekday(day, weekdays)
    last = calendar.monthrange(day.year, day.month)[1]
    if days in ("L", "LW") or days.endswith("W"):
        wanted = last if days.startswith("L") else int(days[:-1])
        return day.day == (_nearest_weekday(day, min(wanted, last)) if days.endswith("W") else wanted)
    return day.day in _numbers(days, 1, 31)


def _nearest_weekday(day: date, wanted: int) -> int:
    last = calendar.monthrange(day.year, day.month)[1]
    falls = date(day.year, day.month, wanted).weekday()
    if falls == 5:
        return wanted - 1 if wanted > 1 else wanted + 2
    if falls == 6:
        return wanted + 1 if wanted < last else wanted - 2
    return wanted


def _is_weekday(day: date, weekdays: str) -> bool:
    number = (day.weekday() + 1) % 7 + 1
    last = calendar.monthrange(day.year, day.month)[1]
    if "#" in weekdays:
        which, _, nth = weekdays.partition("#")
        return number in _numbers(which, 1, 7, _DAYS) and (day.day - 1) // 7 + 1 == int(nth)
    if weekdays == "L":
        return number == 7
    if re.fullmatch(r"([1-7]|[A-Z]{3})L", weekdays):
        return number in _numbers(weekdays[:-1], 1, 7, _DAYS) and day.day + 7 > last
    return number in _numbers(weekdays, 1, 7, _DAYS)


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    """The values that a field of a cron expression stands for."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        ends = [_number(end, low, names) for end in span.split("-")] if span not in ("*", "?") else [low, high]
        first, last = ends[0], ends[-1] if len(ends) > 1 or not step else high
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    return names.index(text) + low if text in names else int(text)
