"""Solutions along a sequence of strengths."""

from __future__ import annotations

import math
import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._estimator import warn_unconverged
from .._threads import blas_threads_for
from ..linear import Prepared
from ..solvers import critical_alpha, solve_path
from .alpha_max import prepared

Array = NDArray[np.float64]


class Path(NamedTuple):
    """Solutions for decreasing strengths, one per entry of `alphas`."""

    alphas: Array  # n_alphas, decreasing
    coefs: NDArray[Any]  # (n_outputs,) n_features, n_alphas
    intercepts: NDArray[Any]  # (n_outputs,) n_alphas
    dual_gaps: Array  # n_alphas, nan where there is no dual
    violations: Array  # n_alphas
    n_iters: NDArray[np.intp]  # n_alphas


def regularization_path(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    alphas: Any = 100,
    alpha_min_ratio: float = 1e-3,
    sample_weight: Any = None,
) -> Path:
    """Solve for a sequence of strengths, each from the solution of the one before.

    Parameters
    ----------
    estimator : LinearRegressor or LinearClassifier
        Gives loss, penalty, tolerance and so on; its own `alpha` does not matter, and
        it is left as it is.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths, solved for in decreasing order; or their number, for a geometric
        sequence from :func:`~sklreg.alpha_max` down.
    alpha_min_ratio : float, default=1e-3
        Smallest over largest strength of that sequence, in (0, 1).
    sample_weight : float or array of shape (n_samples,), optional
        Weights.

    Returns
    -------
    path : Path
        An immutable record: ``alphas`` in decreasing order, ``coefs`` of shape
        (n_features, n_alphas), ``intercepts`` (n_alphas,), ``dual_gaps``,
        ``violations`` and ``n_iters`` (n_alphas,). With several targets, or more than
        two classes, these come first in ``coefs`` and ``intercepts``.

    Raises
    ------
    ValueError
        For whatever ``fit`` refuses; for strengths that are negative or not finite; for
        a number of strengths where `alpha_max` is infinite (penalty None, l2).

    TypeError
        For an estimator that is not linear.

    Warns
    -----
    ConvergenceWarning
        If some strengths did not reach the estimator's `tol`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor, regularization_path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> path = regularization_path(LinearRegressor("l1"), X, y, alphas=5)
    >>> path.coefs.shape, (path.coefs != 0).sum(axis=0)
    ((10, 5), array([ 0,  4,  7,  9, 10]))
    """
    stated = prepared(estimator, X, y, sample_weight)
    grid = _grid(stated, alphas, alpha_min_ratio)
    n_samples, n_features = stated.problem.design.shape
    penalties = [estimator.penalty_record(alpha, n_features) for alpha in grid]
    with blas_threads_for(n_samples * n_features):
        solutions = solve_path(
            stated.problem, penalties, tol=estimator.tol, max_iter=estimator.max_iter
        )
    _warn(estimator, grid, solutions)
    return _assemble(stated, grid, solutions)


def _grid(stated: Prepared, alphas: Any, ratio: float) -> Array:
    if not isinstance(alphas, numbers.Integral):
        grid = np.sort(np.asarray(alphas, dtype=np.float64).ravel())[::-1]
        if grid.size and np.isfinite(grid).all() and grid[-1] >= 0.0:
            return grid
        msg = f"alphas must be finite and at least 0, at least one, got {alphas!r}."
        raise ValueError(msg)
    if alphas < 1 or not 0.0 < ratio < 1.0:
        msg = (
            "alphas must be a positive number of strengths and alpha_min_ratio lie "
            f"between 0 and 1, got {alphas!r} and {ratio!r}."
        )
        raise ValueError(msg)
    largest = critical_alpha(stated.problem)
    if math.isinf(largest):
        msg = (
            "No strength makes all coefficients zero, so there is no sequence to start "
            f"from it; give alphas as an array instead of {alphas!r}."
        )
        raise ValueError(msg)
    return largest * np.geomspace(1.0, ratio, int(alphas))


def _assemble(stated: Prepared, grid: Array, solutions: list[Any]) -> Path:
    pairs = [stated.to_user(each.coef, each.intercept) for each in solutions]
    coefs = np.stack([coef.T for coef, _ in pairs], axis=-1)
    intercepts = np.stack([intercept for _, intercept in pairs], axis=-1)
    if stated.problem.n_outputs == 1:
        coefs, intercepts = coefs[0], intercepts[0]
    return Path(
        grid,
        coefs,
        intercepts,
        np.array([each.dual_gap for each in solutions]),
        np.array([each.violation for each in solutions]),
        np.array([each.n_iter for each in solutions]),
    )


def _warn(estimator: Any, grid: Array, solutions: list[Any]) -> None:
    missed = [k for k, each in enumerate(solutions) if each.shortfall]
    if missed:
        first = missed[0]
        warn_unconverged(
            estimator,
            f"for {len(missed)} of {len(grid)} strengths, the first of them "
            f"{grid[first]:.3g}, where {solutions[first].shortfall}",
            "Increase max_iter or tol, scale the features, or end the path earlier.",
        )
