"""The policy of a collaboration: how much noise, and how it is paid for.

Source: AWS Clean Rooms user guide, *Differential privacy policy*: the privacy budget is one epsilon for all
protected tables; the noise of a query is told in users whose contributions it hides. How AWS turns the one into the
other is not published; what is here is Laplace's mechanism.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

DELTA = 1e-6
"""The chance with which the mere presence of a group may tell of a user."""


@dataclass(frozen=True)
class Policy:
    """Differential privacy as a room applies it.

    users: `usersNoisePerQuery`: the noise of a sum has the standard deviation of so many users' contributions.
    spend: takes an epsilon from the budget for good, before anything is given out; raises QueryRefused when the
        budget has less, and nothing is given out.
    records: how many records of a user count in one query; which, is left to chance.
    """

    users: int
    spend: Callable[[float], None]
    records: int = 4

    @property
    def epsilon(self) -> float:
        """What one noisy sum costs: its sensitivity ÷ the noise's scale, which is its deviation ÷ √2."""
        return math.sqrt(2) / self.users

    def scale(self, sensitivity: float) -> float:
        """The scale of the noise of a sum that one user changes by `sensitivity` at most."""
        return sensitivity / self.epsilon

    def least_users(self) -> float:
        """The noisy number of users that a group needs to be told of.

        A user is in `records` groups at most; a group of that user alone passes with a chance of DELTA ÷ records.
        """
        return 1 + self.scale(self.records) * math.log(self.records / (2 * DELTA))
