"""Solutions along a sequence of strengths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._estimator import warn_unconverged
from .._threads import blas_threads_for
from ..linear import Prepared
from ..solvers import Solution, moments_pay, solve_path
from .alpha_max import general, prepared
from .grid import Array, penalties_at, strengths
from .models import Models


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
    alpha_min_ratio: float | None = None,
    sample_weight: Any = None,
    offset: Any = None,
) -> Path:
    """Solve for a sequence of strengths, each from the solution of the one before.

    Parameters
    ----------
    estimator : LinearRegressor, LinearClassifier or a drop-in replacement
        Gives loss, penalty, tolerance and so on; its own `alpha` does not matter, and
        it is left as it is.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths, solved for in decreasing order; or their number, for a geometric
        sequence from :func:`~sklreg.alpha_max` down, in its units; for l2, which has
        none, from the trace of the Hessian at zero, which halves every direction or
        more.
    alpha_min_ratio : float, optional
        Smallest over largest strength of that sequence, in (0, 1). By default 1e-3, for
        l2 1e-6.
    sample_weight : float or array of shape (n_samples,), optional
        Weights.
    offset : array, optional
        As for ``fit``.

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
        a number of strengths where there is no penalty.

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
    estimator = general(estimator)
    stated = prepared(estimator, X, y, sample_weight, offset)
    n_samples, n_features = stated.problem.design.shape
    unit = stated.restated(estimator.penalty_record(1.0, n_features))
    problem = stated.problem._replace(penalty=unit)
    grid = strengths(problem, alphas, alpha_min_ratio)
    penalties = penalties_at(unit, grid)
    shape, k = (n_samples, n_features), problem.n_outputs
    pays = moments_pay(problem.loss, shape, k, penalties)
    with blas_threads_for(shape, in_moments=pays):
        solutions = solve_path(
            problem, penalties, tol=estimator.tol, max_iter=estimator.max_iter
        )
    warn_of_path(estimator, grid, solutions)
    return assemble(stated, grid, solutions)


def assemble(stated: Prepared, grid: Array, solutions: list[Solution]) -> Path:
    """Return the solutions for each strength of `grid` in the user's columns."""
    models = Models.of(stated, solutions)
    coefs, intercepts = models.coefs(), models.intercepts
    if stated.problem.n_outputs == 1:
        coefs, intercepts = coefs[0], intercepts[0]
    return Path(
        grid,
        coefs,
        intercepts,
        np.array([each.dual_gap for each in solutions]),
        np.array([each.violation for each in solutions]),
        models.n_iters,
    )


def warn_of_path(estimator: Any, grid: Array, solutions: list[Solution]) -> None:
    """Warn if some strengths did not reach the tolerance."""
    missed = [k for k, each in enumerate(solutions) if each.shortfall]
    if missed:
        first = missed[0]
        warn_unconverged(
            estimator,
            f"for {len(missed)} of {len(grid)} strengths, the first of them "
            f"{grid[first]:.3g}, where {solutions[first].shortfall}",
            "Increase max_iter or tol, scale the features, or end the path earlier.",
        )
