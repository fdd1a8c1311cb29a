"""Ridge regression where a system takes long: conjugate gradients, or rather both.

How many steps these take shows as they go. Where what is left would take them longer
than the system, in rows or in columns, whichever are fewer, it is left to that.
"""

from __future__ import annotations

import math
from typing import Any

from .certificate import Certified, certify
from .conjugate_gradients import conjugate_gradients
from .problem import Problem, evaluate
from .ridge_system import minimum_in_columns, minimum_in_rows
from .tolerance import Report, Tolerance

#: Multiplications by BLAS that a step takes the time of, for each number of X.
_STEP = 30.0
#: Numbers of a system for each of X, at most, in rows and in columns.
_ROOM = 0.15, 1.0
#: Looks ahead in the time of a system.
_LOOKS = 4


def large_ridge(
    problem: Problem, found: Certified, limits: Tolerance, max_iter: int, report: Report
) -> tuple[Certified, int]:
    """Improve what was `found` until `limits` are met or `max_iter` steps are done."""
    system = _steps_of_a_system(problem.design)
    gives_up = Forecast(system).gives_up
    found, n_iter = conjugate_gradients(
        problem, found, limits, max_iter, report, gives_up
    )
    if math.isinf(system) or n_iter == max_iter or limits.met(found.certificate):
        return found, n_iter
    found, n_iter = _by_system(problem, found), n_iter + 1
    report(n_iter, found.certificate, limits)
    if n_iter == max_iter or limits.met(found.certificate):
        return found, n_iter
    left = max_iter - n_iter
    found, more = conjugate_gradients(problem, found, limits, left, report)
    return found, n_iter + more


class Forecast:
    """Forecasts how many steps are left, from what the last half of them gained.

    Gradients of conjugate gradients rise and fall: what counts is the least so far.
    """

    def __init__(self, system: float) -> None:
        self.system = system
        self.least: list[float] = []  # by how many decades the limits are missed

    def gives_up(self, excess: float) -> bool:
        """Tell whether a system takes less time than the steps that are left."""
        decades = math.log10(max(excess, 1e-300))
        self.least.append(min([decades, *self.least[-1:]]))
        last = len(self.least) - 1
        due = _LOOKS * (last + 1) % self.system < _LOOKS
        if not due or decades <= 0.0:
            return False
        gained = self.least[last // 2] - self.least[last]
        return self.least[last] * (last - last // 2) > gained * self.system


def _steps_of_a_system(design: Any) -> float:
    """Return how many steps take the time of a system; infinite if it is too large.

    It takes ``n p min(n, p) / 2`` multiplications.
    """
    (n, p), side = design.shape, min(design.shape)
    if side**2 > _ROOM[n >= p] * design.n_entries:
        return math.inf
    return 0.5 * side / _STEP


def _by_system(problem: Problem, found: Certified) -> Certified:
    """Return the minimum, or what was `found` if that is better."""
    n, p = problem.design.shape
    point = minimum_in_rows(problem) if n < p else minimum_in_columns(problem, found)
    if point is None:
        return found
    there = certify(problem, point, evaluate(problem, point))
    better = there.certificate.objective < found.certificate.objective
    return there if better else found
