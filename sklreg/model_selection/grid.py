"""Sequences of strengths."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..solvers import Problem, critical_alpha, curvature

Array = NDArray[np.float64]

#: Smallest over largest strength: where the largest gives zeros, and where none does,
#: which has to reach from shrinking all directions to shrinking hardly any.
_RATIO, _RATIO_OF_SMOOTH = 1e-3, 1e-6


def strengths(problem: Problem, alphas: Any, ratio: float | None) -> Array:
    """Return the strengths in decreasing order.

    Parameters
    ----------
    problem : Problem
        With a penalty of strength 1, or none.
    alphas : int or array of shape (n_alphas,)
        Strengths, or their number for a geometric sequence. It begins at the smallest
        one where all penalised weights are zero. Where there is none, it begins at the
        trace of the Hessian, which at least halves every direction of a least-squares
        solution.
    ratio : float or None
        Smallest over largest strength of that sequence, in (0, 1); None for 1e-3, or
        1e-6 where no strength makes the weights zero.

    Raises
    ------
    ValueError
        For strengths that are negative, not finite or none at all; for numbers and
        ratios out of range; for a number where strength has no meaning.
    """
    if not isinstance(alphas, numbers.Integral):
        return checked(alphas)
    largest, default = critical_alpha(problem), _RATIO
    if math.isinf(largest):
        if not (problem.penalty.is_smooth() and problem.penalty.strength()):
            msg = (
                "No strength makes all coefficients zero, so there is no sequence to "
                f"start from it; give alphas as an array instead of {alphas!r}."
            )
            raise ValueError(msg)
        largest, default = curvature(problem), _RATIO_OF_SMOOTH
    return downwards(largest, int(alphas), default if ratio is None else ratio)


def penalties_at(unit: Any, alphas: Array) -> list[Any]:
    """Return the penalty at each strength, `unit` at 1; no penalty is none at any."""
    return [unit.at_strength(unit.strength() * alpha) for alpha in alphas]


def downwards(largest: float, number: int, ratio: float) -> Array:
    """Return a geometric sequence of strengths.

    Parameters
    ----------
    largest : float
        The first.
    number : int
        How many, at least one.
    ratio : float
        Smallest over largest, in (0, 1).
    """
    if number < 1 or not 0.0 < ratio < 1.0:
        msg = (
            "alphas must be a positive number of strengths and alpha_min_ratio lie "
            f"between 0 and 1, got {number!r} and {ratio!r}."
        )
        raise ValueError(msg)
    return largest * np.geomspace(1.0, ratio, number)


def checked(alphas: Any) -> Array:
    """Return strengths that were given, in decreasing order."""
    grid = np.sort(np.asarray(alphas, dtype=np.float64).ravel())[::-1]
    if grid.size and np.isfinite(grid).all() and grid[-1] >= 0.0:
        return np.ascontiguousarray(grid)
    msg = f"alphas must be finite and at least 0, at least one, got {alphas!r}."
    raise ValueError(msg)
