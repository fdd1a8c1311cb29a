"""Relaxed fits: select with one strength, estimate with less."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .._threads import blas_threads_for
from ..linear import Prepared
from ..solvers import Problem, Solution, Weights, solve
from .alpha_max import general, prepared
from .grid import Array
from .path import Path, assemble, regularization_path, warn_of_path


def relaxed_path(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    relax: float = 1.0,
    refit: float = 0.0,
    alphas: Any = 100,
    alpha_min_ratio: float | None = None,
    sample_weight: Any = None,
    offset: Any = None,
) -> Path:
    r"""Fit again, with less penalty, on the features that each strength selects.

    .. math::
        w_{relaxed}(\alpha) = (1 - r) \, w(\alpha) + r \, w_{S(\alpha)}(\phi \alpha)

    with `S` the support of the solution `w` at :math:`\alpha`, and :math:`w_S` the
    solution in these features alone.

    Parameters
    ----------
    estimator : LinearRegressor or LinearClassifier
        As for :func:`~sklreg.regularization_path`.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Targets or labels.
    relax : float, default=1.0
        The share `r` of the second fit, in [0, 1]: 0 is the path itself.
    refit : float, default=0.0
        Strength :math:`\phi` of the second fit as a share of the first one's, in
        [0, 1]: 0 is none.
    alphas : int or array of shape (n_alphas,), default=100
        As for :func:`~sklreg.regularization_path`.
    alpha_min_ratio : float, optional
        As for :func:`~sklreg.regularization_path`.
    sample_weight : float or array of shape (n_samples,), optional
        Weights.
    offset : array, optional
        As for ``fit``.

    Returns
    -------
    path : Path
        Of the blend; ``dual_gaps``, ``violations`` and ``n_iters`` are those of the
        second fits.

    Raises
    ------
    ValueError
        For shares out of range, and for whatever
        :func:`~sklreg.regularization_path` refuses.

    Warns
    -----
    ConvergenceWarning
        If some fits did not reach the estimator's `tol`; the second ones may have no
        minimum where a support separates the classes.

    See Also
    --------
    regularization_path : The path without second fits.
    sklreg.penalties.MCP : Selects and does not shrink what is large, in one fit.

    Notes
    -----
    ``relax`` and ``refit=0`` are the simplified relaxed lasso of Hastie, Tibshirani and
    Tibshirani, whose :math:`\gamma` is ``1 - relax``, as is glmnet's. ``relax=1`` and
    ``refit`` are the relaxed lasso of Meinshausen. Signs may change in the second fit;
    bounds hold. Several targets have their own supports if they are solved one by one;
    with several classes a feature is used if it is in any of them. A second fit without
    penalty on more features than rows is not unique: end the path earlier.

    References
    ----------
    Meinshausen (2007), Relaxed lasso, Computational Statistics & Data Analysis 52(1).

    Hastie, Tibshirani and Tibshirani (2020), Best subset, forward stepwise or lasso?
    Analysis and recommendations based on extensive comparisons, Statistical Science
    35(4), section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor
    >>> from sklreg.model_selection import relaxed_path
    >>> X, y = load_diabetes(return_X_y=True)
    >>> path = relaxed_path(LinearRegressor("l1"), X, y, alphas=[1.0])
    >>> used = path.coefs[:, 0] != 0
    >>> plain = LinearRegressor(None).fit(X[:, used], y)
    >>> int(used.sum()), bool(np.allclose(path.coefs[used, 0], plain.coef_))
    (3, True)
    """
    for name, share in (("relax", relax), ("refit", refit)):
        if not (isinstance(share, numbers.Real) and 0.0 <= float(share) <= 1.0):
            msg = f"{name} must be a number in [0, 1], got {share!r}."
            raise ValueError(msg)
    estimator = general(estimator)
    path = regularization_path(
        estimator,
        X,
        y,
        alphas=alphas,
        alpha_min_ratio=alpha_min_ratio,
        sample_weight=sample_weight,
        offset=offset,
    )
    stated = prepared(estimator, X, y, sample_weight, offset)
    n_samples, p = stated.problem.design.shape
    with blas_threads_for((n_samples, p)):
        solutions = []
        for coefs, intercepts, alpha in _points(path):
            penalty = stated.restated(estimator.penalty_record(refit * alpha, p))
            start = stated.from_user(coefs, intercepts)
            solutions.append(_second(stated, penalty, start, estimator))
    again = assemble(stated, path.alphas, solutions)
    warn_of_path(estimator, path.alphas, solutions)
    return again._replace(
        coefs=(1.0 - relax) * path.coefs + relax * again.coefs,
        intercepts=(1.0 - relax) * path.intercepts + relax * again.intercepts,
    )


def _points(path: Path) -> list[tuple[Array, Array, float]]:
    """Return weights (n_features, n_outputs), intercepts and strengths."""
    coefs = path.coefs.reshape(-1, *path.coefs.shape[-2:]).astype(np.float64)
    intercepts = path.intercepts.reshape(-1, len(path.alphas)).astype(np.float64)
    return [
        (coefs[:, :, a].T, intercepts[:, a], float(alpha))
        for a, alpha in enumerate(path.alphas)
    ]


def _second(
    stated: Prepared, penalty: Any, start: tuple[Array, Array], estimator: Any
) -> Solution:
    """Solve in the features in use, each output in its own where that is possible."""
    problem = stated.problem._replace(penalty=penalty)
    k = problem.n_outputs
    apart = problem.loss.separable and penalty.separable
    outputs = [slice(c, c + 1) for c in range(k)] if apart else [slice(0, k)]
    coef, parts = np.zeros_like(start[0]), []
    for c in outputs:
        part = problem.outputs(c) if apart else problem
        used = np.flatnonzero(start[0][:, c].any(axis=1))
        found = _solved(part, used, start[0][used, c], start[1][c], estimator)
        coef[used, c] = found.coef
        parts.append(found)
    return parts[0]._replace(
        weights=Weights.of(coef),
        intercept=np.concatenate([part.intercept for part in parts]),
        dual_gap=sum(part.dual_gap for part in parts),
        violation=max(part.violation for part in parts),
        n_iter=max(part.n_iter for part in parts),
        shortfall=next((part.shortfall for part in parts if part.shortfall), ""),
    )


def _solved(
    problem: Problem, used: Any, w: Array, b: Array, estimator: Any
) -> Solution:
    return solve(
        problem.take(used),
        tol=estimator.tol,
        max_iter=estimator.max_iter,
        start=(w, b),
    )
