"""The diagonal that first-order solvers measure steps by, levelled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..designs import row_slices
from .problem import Array, Problem, smooth_parts

#: How much less of their curvature intercepts count: fitted to rows that are nearly all
#: predicted well, it falls by more than that of most weights.
_INTERCEPT = 4.0
#: The smallest share of the largest entry.
_LEAST = 1e-12


def metric(problem: Problem, b: Array) -> Array:
    """Return the majorizer's diagonal at the null model, features with a level added.

    Of shape (n_features + 1, n_outputs), the intercepts last. The Hessian's own may
    vanish there and not on the way, as that of Huber's loss does in rows far out. A
    feature that varies little says little, and would be blown up by its own curvature
    alone. The level is the mean of all, or the median of all numbers stored if that is
    less: a few columns in large units do not raise it, nor do those that are dense
    among sparse ones.
    """
    p, k = problem.design.shape[1], problem.n_outputs
    eta = problem.null_eta(b)
    per_output = np.zeros(k)
    for rows in row_slices(len(eta), k):
        h = problem.rows(rows).hessian(eta[rows], 1.0)
        per_output += h.second.sum(axis=1)
    _, curvature = smooth_parts(problem.penalty, problem.columns, np.zeros((p, k)))
    squares = problem.norms**2
    level = _level(squares, problem.design.column_entries())
    diagonal = np.outer(squares + level, per_output) + curvature
    diagonal = np.vstack([diagonal, per_output / _INTERCEPT])
    return np.maximum(diagonal, _LEAST * diagonal.max())


def _level(squares: Array, n_entries: NDArray[Any]) -> float:
    """Return the mean, or the median of the numbers stored if that is less."""
    stored = n_entries * (squares > 0.0)
    if not stored.any():
        return 0.0
    mean, half = float(squares[stored > 0].mean()), 0.5 * float(stored.sum())
    below = np.flatnonzero(squares < mean)
    if stored[below].sum() < half:
        return mean
    ordered = below[np.argsort(squares[below])]
    return float(squares[ordered[np.searchsorted(np.cumsum(stored[ordered]), half)]])
