"""Patience: how long a run waits for a source whose connection was lost, and how often it begins again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

FIRST_S = 0.5
LONGEST_S = 30.0


class Patience:
    """Waits that double, from half a second to half a minute, until they have used up what was allowed in all.

    seconds: what is allowed. sleep: what waits.
    """

    def __init__(self, seconds: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left = seconds
        self._next = FIRST_S
        self._sleep = sleep
        self.used = 0
        """How many waits there were."""

    def wait(self) -> bool:
        """Wait before the next try; False, without waiting, when nothing is left.

        A wait is shortened at random by up to a half, so that runs that lost one server do not all come back at once.
        """
        if self._left <= 0:
            return False
        seconds = min(self._next * random.uniform(0.5, 1.0), self._left)  # noqa: S311 - not a secret
        self._left -= seconds
        self._next = min(self._next * 2, LONGEST_S)
        self.used += 1
        self._sleep(seconds)
        return True
