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
        return _checked(alphas)
    if alphas < 1 or not (ratio is None or 0.0 < ratio < 1.0):
        msg = (
            "alphas must be a positive number of strengths and alpha_min_ratio lie "
            f"between 0 and 1, got {alphas!r} and {ratio!r}."
        )
        raise ValueError(msg)
    largest, default = critical_alpha(problem), _RATIO
    if math.isinf(largest):
        if not (problem.penalty.is_smooth() and problem.penalty.strength()):
            msg = (
                "No strength makes all coefficients zero, so there is no sequence to "
                f"start from it; give alphas as an array instead of {alphas!r}."
            )
            raise ValueError(msg)
        largest, default = curvature(problem), _RATIO_OF_SMOOTH
    return largest * np.geomspace(1.0, ratio or default, int(alphas))


def _checked(alphas: Any) -> Array:
    grid = np.sort(np.asarray(alphas, dtype=np.float64).ravel())[::-1]
    if grid.size and np.isfinite(grid).all() and grid[-1] >= 0.0:
        return np.ascontiguousarray(grid)
    msg = f"alphas must be finite and at least 0, at least one, got {alphas!r}."
    raise ValueError(msg)
