"""L-BFGS in rounds: each fixes what makes the objective smooth, and minimises.

What a round fixes depends on the penalty: the sign of each weight (`orthants`), which
groups of weights are zero (`factors`), or variables in which the objective is well
conditioned (`whitening`). The next round looks again. Where one gains nothing, because
differences of the objective are lost in rounding, some steps of `proximal_gradient`,
which accepts values that are hardly larger, come between.

References
----------
Byrd, Lu, Nocedal and Zhu (1995), A limited memory algorithm for bound constrained
optimization, SIAM Journal on Scientific Computing 16(5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize

from .budget import Budget
from .layers import Flat
from .objective import Array
from .proximal_gradient import proximal_gradient
from .residual import Residual

_MEMORY = 50
#: A guess is kept to this share of the residual it was made at, or to its square.
_INNER = 0.1
#: Rounds without a smaller objective or residual before giving up.
_PATIENCE = 3
_NOISE = 1e-15
#: Passes of proximal gradient after a round that gained nothing.
_SHORT = 100


class Point(NamedTuple):
    """Parameters, the gradient of the loss there, and their residual."""

    theta: Flat
    gradient: Flat
    found: float


#: Minimises from a point to a tolerance; returns the parameters.
Round = Callable[[Residual, Point, float, Budget], Flat]


def quasi_newton(
    one_round: Round, residual: Residual, theta: Flat, tol: float, budget: Budget
) -> tuple[Flat, float]:
    """Minimise until the residual is at most `tol`; return the point and its residual.

    Or until the budget is spent, or several rounds in a row gain nothing.
    """
    lowest, smallest, misses = np.inf, np.inf, 0
    while True:
        loss, gradient = residual.objective.loss_and_gradient(theta)
        value = loss + residual.objective.penalty_value(theta)
        found = residual.relative(theta, gradient)
        budget.count_pass()
        improved = value < lowest - _NOISE * abs(value) or found < 0.9 * smallest
        misses = 0 if improved else misses + 1
        lowest, smallest = min(lowest, value), min(smallest, found)
        if found <= tol or misses > _PATIENCE or budget.spent:
            return theta, found
        theta = one_round(residual, Point(theta, gradient, found), 0.5 * tol, budget)
        if misses > 0:
            theta, _ = proximal_gradient(residual, theta, tol, budget.part(_SHORT))


def enough_for_now(at: Point, tol: float) -> float:
    """Return where a round that rests on a guess ends; it may be above `tol`."""
    return max(tol, _INNER * min(at.found, _INNER))


def minimise(
    value_and_gradient: Callable[[Array], tuple[float, Array]],
    start: Array,
    bounds: scipy.optimize.Bounds | None,
    tol: float,
    budget: Budget,
    is_done: Callable[[], bool] | None = None,
) -> Any:
    """Return SciPy's result of L-BFGS-B, which counts on the budget.

    Parameters
    ----------
    tol : float
        On the largest entry of the projected gradient.
    is_done : callable, optional
        Asked after each iteration whether to stop.
    """

    def counted(u: Array) -> tuple[float, Array]:
        budget.count_pass()
        return value_and_gradient(u)

    def after_iteration(intermediate_result: Any) -> None:
        del intermediate_result
        budget.count_iteration()
        if budget.spent or (is_done is not None and is_done()):
            raise StopIteration

    return scipy.optimize.minimize(
        counted,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        callback=after_iteration,
        options={
            "maxiter": budget.max_fun,
            "maxfun": budget.max_fun,
            "maxcor": _MEMORY,
            "gtol": tol,
            "ftol": 0.0,
        },
    )
