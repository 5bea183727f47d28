"""Values of a cursor as numbers: seconds for times, days for dates; how records write them and a service is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from antechamber.connect.http.declared import Cursor
from antechamber.connect.http.document import NOTHING, text_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = {"timestamp": 86_400, "epoch": 86_400, "epoch-ms": 86_400_000, "date": 1}


class Scale:
    """The kind of one cursor."""

    def __init__(self, declared: Cursor) -> None:
        self._declared, self._kind = declared, declared.type

    @property
    def is_time(self) -> bool:
        """Whether a clock says where the values are."""
        return self._kind != "number"

    @property
    def lateness(self) -> Decimal:
        """The declared lateness in the scale's units."""
        return Decimal(str(self._declared.lateness)) * (1000 if self._kind == "epoch-ms" else 1)

    @property
    def step(self) -> Decimal:
        """What makes `behind x` include x: the coarsest that a service may cut values to."""
        return Decimal(1000 if self._kind == "epoch-ms" else 1)

    def days(self, count: float) -> Decimal:
        """A number of days in the scale's units."""
        return Decimal(str(count)) * _DAY[self._kind]

    def at(self, moment: datetime) -> Decimal:
        """A moment (with its zone) as a value. For a date the day before: no zone may be behind it."""
        if self._kind == "date":
            return Decimal(moment.astimezone(UTC).date().toordinal() - 1)
        seconds = (moment - _EPOCH) / timedelta(microseconds=1)
        return Decimal(int(seconds)) / (1000 if self._kind == "epoch-ms" else 1_000_000)

    def value(self, found: Any) -> Decimal | None:
        """What a record holds; None for nothing. Raises ValueError for what is none of the kind."""
        if found is None or found is NOTHING or found == "":
            return None
        text = text_of(found) or ""
        if self._kind == "timestamp":
            return self.at(self._moment(text))
        if self._kind == "date":
            return Decimal(self._date(text).toordinal())
        return _number(text)

    def declared(self, text: str) -> Decimal:
        """What `start` says: as records write it, or an ISO 8601 time for any time. Raises ValueError."""
        try:
            value = self.value(text)
        except ValueError:
            if not self.is_time:
                raise
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            return Decimal(moment.date().toordinal()) if self._kind == "date" else self.at(moment)
        if value is None:
            raise ValueError(text)
        return value

    def sent(self, value: Decimal) -> str:
        """What the service is told; never more than the value, as it may cut fractions off."""
        if self._kind == "date":
            day = date.fromordinal(max(1, int(value // 1)))
            return day.strftime(self._declared.send) if self._declared.send else day.isoformat()
        if self._kind == "timestamp":
            moment = _EPOCH + timedelta(microseconds=int(value * 1_000_000 // 1))
            if self._declared.send:
                return moment.strftime(self._declared.send)
            return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if moment.microsecond else "%Y-%m-%dT%H:%M:%SZ")
        return str(int(value)) if value == value.to_integral_value() else format(value.normalize(), "f")

    def is_exact(self, value: Decimal) -> bool:
        """Whether `send` writes the whole of a value, as far as it can be read back."""
        if self._kind == "date" and value != value.to_integral_value():
            return False
        if self._declared.send is None or self._kind not in ("timestamp", "date"):
            return True
        try:
            read = datetime.strptime(self.sent(value), self._declared.send)
        except ValueError:
            return True
        if self._kind == "date":
            return read.date().toordinal() == value
        return self.at(read.replace(tzinfo=UTC) if read.tzinfo is None else read) == value

    def _moment(self, text: str) -> datetime:
        if self._declared.format:
            moment = datetime.strptime(text, self._declared.format)
        else:
            moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

    def _date(self, text: str) -> date:
        if self._declared.format:
            return datetime.strptime(text, self._declared.format).date()
        return date.fromisoformat(text)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 40:
        raise ValueError("not a finite number")
    return number
