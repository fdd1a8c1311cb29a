"""Ridge as scikit-learn names it."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from .._validation import (
    Interval,
    StrOptions,
    checked_for_fit,
    checked_weights,
    fitting,
    total_weight,
)
from ..linear import LinearRegressor
from ..linear._base import LinearModel
from ._base import Regressor

Array = NDArray[np.float64]

#: scikit-learn solves the normal equations to rounding, whatever its `tol`.
EXACT = 1e-10
#: Its limit where `max_iter` is None, for problems too large for Newton's method.
_STEPS = 15_000
_SOLVERS = {"auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs"}
_SPARSE_WITH_INTERCEPT = {"auto", "lbfgs", "lsqr", "sag", "sparse_cg"}


class RidgeRegression(Regressor):
    """Base of Ridge and RidgeCV."""

    def _fit_strengths(
        self, X: Any, y: NDArray[Any], sample_weight: Any, alphas: Array
    ) -> NDArray[np.int32]:
        """Fit each target with its strength, assign, and return the steps taken."""
        weight = checked_weights(sample_weight, len(y))
        total = total_weight(sample_weight, len(y))
        k = len(alphas)
        coef, intercept = np.empty((k, X.shape[1]), X.dtype), np.empty(k, X.dtype)
        n_iter = np.empty(k, dtype=np.int32)
        general = self._general(total)
        for alpha in np.unique(alphas):
            targets = np.flatnonzero(alphas == alpha)
            general.alpha = alpha / total
            fitted = self._least_squares(general, X, y, weight, targets)
            coef[targets], intercept[targets] = fitted.coef, fitted.intercept
            n_iter[targets] = fitted.n_iter
        self._assign(coef, intercept, y.ndim)
        return n_iter


class Ridge(RidgeRegression):
    r"""Linear regression with an l2 penalty, in the words of scikit-learn.

    .. math:: \min_{w, b} \; \sum_i s_i (y_i - x_i' w - b)^2 + \alpha \|w\|_2^2

    with the sample weights `s`: here the strength is one for the sum over rows. A
    drop-in replacement for ``sklearn.linear_model.Ridge``: the same names, defaults and
    meanings.

    Parameters
    ----------
    alpha : float or array of shape (n_targets,), default=1.0
        Strength of the penalty, or one for each target.
    fit_intercept : bool, default=True
        Whether to fit `b`.
    copy_X : bool, default=True
        Accepted: X is never changed.
    max_iter : int or None, default=None
        Limit on iterations, where the problem is too large for Newton's method.
    tol : float, default=1e-4
        Accepted up to 1e-12: solutions are at least as precise as that, relative to
        the objective of the best constant prediction.
    solver : str, default="auto"
        A name of scikit-learn's: ``"auto"``, ``"svd"``, ``"cholesky"``, ``"lsqr"``,
        ``"sparse_cg"``, ``"sag"``, ``"saga"`` or ``"lbfgs"``. Combinations that it
        refuses are refused; the solution is the same for all others.
    positive : bool, default=False
        Whether coefficients must be at least zero.
    random_state : int, RandomState or None, default=None
        Accepted: nothing is random.

    Attributes
    ----------
    coef_ : array of shape (n_features,) or (n_targets, n_features)
        Weights.
    intercept_ : float or array of shape (n_targets,)
        Intercepts; 0.0 if ``fit_intercept=False``.
    n_iter_ : array of shape (n_targets,)
        Steps taken.
    solver_ : str
        The solver of scikit-learn that stands in its place.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    sklreg.LinearRegressor : The same model, with any loss and penalty.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import Ridge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> round(Ridge(alpha=0.1).fit(X, y).score(X, y), 3)
    0.513
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Regressor._parameter_constraints,
        "alpha": [Interval(numbers.Real, 0, None, closed="left"), "array-like"],
        "max_iter": [Interval(numbers.Integral, 1, None, closed="left"), None],
        "solver": [StrOptions(_SOLVERS)],
        "positive": ["boolean"],
    }

    def __init__(
        self,
        alpha: Any = 1.0,
        *,
        fit_intercept: bool = True,
        copy_X: bool = True,
        max_iter: int | None = None,
        tol: float = 1e-4,
        solver: str = "auto",
        positive: bool = False,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.solver = solver
        self.positive = positive
        self.random_state = random_state

    def _general(self, total: float | None = None) -> LinearModel:
        strength = 1.0 if total is None else float(np.min(self.alpha)) / total
        return LinearRegressor(
            "l2",
            strength,
            fit_intercept=self.fit_intercept,
            positive=self.positive,
            tol=min(self.tol, EXACT),
            max_iter=_STEPS if self.max_iter is None else self.max_iter,
        )

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; whole numbers equal repeated rows.

        Returns
        -------
        self : Ridge
            The fitted model.
        """
        self._check_solver(sparse=scipy.sparse.issparse(X))
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        alphas = self._alphas(y[0].size)
        self.n_iter_ = self._fit_strengths(X, y, sample_weight, alphas)
        self.solver_ = self._solver_name(sparse=scipy.sparse.issparse(X))
        return self

    def _alphas(self, n_targets: int) -> Array:
        """Return the strength for each target."""
        alphas = np.asarray(self.alpha, dtype=np.float64).ravel()
        if len(alphas) not in {1, n_targets}:
            msg = (
                "Number of targets and number of penalties do not correspond: "
                f"{len(alphas)} != {n_targets}; give alpha as one number, or one for "
                "each target."
            )
            raise ValueError(msg)
        if not (np.isfinite(alphas).all() and alphas.min() >= 0.0):
            msg = f"alpha must be finite and at least 0, got {self.alpha!r}."
            raise ValueError(msg)
        return np.array(np.broadcast_to(alphas, n_targets))

    def _check_solver(self, *, sparse: bool) -> None:
        """Refuse what scikit-learn's solver of that name cannot do."""
        if self.solver == "lbfgs" and not self.positive:
            msg = (
                "'lbfgs' solver can be used only when positive=True. "
                "Please use another solver, such as solver='auto'."
            )
            raise ValueError(msg)
        if self.positive and self.solver not in {"auto", "lbfgs"}:
            msg = (
                f"solver={self.solver!r} does not support positive fitting. Please set "
                "the solver to 'auto' or 'lbfgs', or set positive=False."
            )
            raise ValueError(msg)
        intercept = sparse and self.fit_intercept and not self.positive
        if intercept and self.solver not in _SPARSE_WITH_INTERCEPT:
            msg = (
                f"solver={self.solver!r} does not support fitting the intercept on "
                "sparse data. Please set the solver to 'auto' or set "
                "fit_intercept=False."
            )
            raise ValueError(msg)

    def _solver_name(self, *, sparse: bool) -> str:
        """Return the solver that scikit-learn takes."""
        if self.solver != "auto":
            return self.solver
        if self.positive:
            return "lbfgs"
        return "sparse_cg" if sparse else "cholesky"
