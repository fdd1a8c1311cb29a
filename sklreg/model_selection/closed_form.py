r"""Ridge regression with each row left out, without fitting it again.

Leave-one-out is cross-validation with a fold for each row. Generalised cross-validation
gives all rows the same leverage,

.. math:: \frac{1}{2} \sum_i q_i (y_i - \hat y_i)^2 \Big/ (1 - \mathrm{tr}(H) / n)^2 ,

so that it does not change when the rows are rotated. `H` maps targets to predictions,
:math:`\hat y = H y`, and `n` counts the rows that have weight.

Golub, Heath and Wahba (1979), Generalized cross-validation as a method for choosing a
good ridge parameter, Technometrics 21(2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..solvers import Problem, directions
from .curve import Curve
from .grid import Array


def leave_one_out(
    problem: Problem, alphas: Array, alphas_for: Callable[[float], Array]
) -> Curve:
    """Return the losses on each row by the models of all others.

    Parameters
    ----------
    problem : Problem
        Of squared error.
    alphas : array of shape (n_alphas,)
        Strengths as the user means them.
    alphas_for : callable
        Returns those over rows of a share of the weight.

    Raises
    ------
    ValueError
        If a strength is zero; if there are less than two rows.
    """
    rows = np.flatnonzero(problem.weight > 0.0)
    _check(alphas, len(rows))
    shares = np.unique(problem.weight[rows])
    strengths = np.stack([(1.0 - q) * alphas_for(1.0 - q) for q in shares])
    if len(shares) > 1:
        strengths = strengths[np.searchsorted(shares, problem.weight)]
    errors = directions(problem, float(strengths.min())).left_out(strengths)[rows]
    return Curve(alphas, 0.5 * (errors**2).sum(axis=1), problem.weight[rows])


def generalised(problem: Problem, alphas: Array) -> Curve:
    """Return the same with the same leverage for all rows, as of a single fold.

    Parameters
    ----------
    problem : Problem
        Of squared error.
    alphas : array of shape (n_alphas,)
        Strengths.

    Raises
    ------
    ValueError
        If a strength is zero; if there are less than two rows.
    """
    n_rows = int((problem.weight > 0.0).sum())
    _check(alphas, n_rows)
    found = directions(problem, float(alphas.min()))
    left = found.freedom_left(alphas) / n_rows
    losses = 0.5 * found.mean_squares(alphas).sum(axis=0) / left**2
    return Curve(alphas, losses[None], np.ones(1))


def _check(alphas: Array, n_rows: int) -> None:
    if alphas.min() == 0.0 or n_rows < 2:
        msg = (
            "cv='loo' and cv='gcv' need strengths above zero and at least two rows of "
            f"non-zero weight, got alphas from {alphas.min():g} and {n_rows} rows; "
            "take larger alphas, or a number of folds."
        )
        raise ValueError(msg)
