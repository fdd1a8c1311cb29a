"""When full-batch minimisation ends."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Tolerance and budget.

    Units with a kink (relu) put kinks into the objective, and minimisers like to sit
    on kinks, where no gradient is small. There the objective's progress decides.
    """

    residual: float  # relative optimality residual that is small enough
    progress: float  # smallest decrease of the objective that counts; 0: no matter
    n_iter_no_change: int  # iterations without it that end the minimisation
    max_fun: int  # passes over the data


class Progress:
    """Whether the objective still falls, and what has been spent."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.n_fun = 0
        self.n_iter = 0
        self.values: list[float] = []

    def update(self, value: float) -> None:
        """Take note of the objective after an iteration."""
        self.n_iter += 1
        self.values.append(value)

    @property
    def stalled(self) -> bool:
        """Tell whether the last iterations made the objective no smaller."""
        n = self.limits.n_iter_no_change
        if len(self.values) <= n or self.limits.progress == 0.0:
            return False
        return min(self.values[:-n]) - min(self.values[-n:]) <= self.limits.progress

    @property
    def spent(self) -> bool:
        """Tell whether the budget is used up."""
        return self.n_fun >= self.limits.max_fun
