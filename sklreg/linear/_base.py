"""The one fit of all linear models: validate, solve, assign."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import assert_all_finite, check_is_fitted

from .._estimator import PenalizedEstimator, warn_unconverged
from .._threads import blas_threads_for
from .._validation import (
    PENALTY_CONSTRAINTS,
    Interval,
    as_design,
    check_magnitude,
    check_not_tiny,
    checked_for_predict,
    checked_offset,
    in_order,
    penalty_record,
)
from ..designs import Standardized, standardized
from ..penalties import per_feature
from ..solvers import (
    LeastSquares,
    Problem,
    Solution,
    Sums,
    Weights,
    certificate_of,
    may_want_few,
    moments_pay,
    printed,
    silent,
    solve,
    start_point,
    telling_rows,
    wants_few,
)

Array = NDArray[np.float64]
Pair = tuple[Array, Array]


class Prepared(NamedTuple):
    """A problem on centred and scaled columns, and the way back."""

    problem: Problem
    given: Any  # the penalty's record, for weights as the user gets them
    dtype: Any  # of these
    least_squares: LeastSquares | None = None  # its moments, if they are known

    def restated(self, penalty: Any) -> Any:
        """Return a record of the estimator's penalty for the problem's columns."""
        return penalty.restated(self._columns.scale, self.dtype)

    @property
    def _columns(self) -> Standardized:
        return cast("Standardized", self.problem.design)

    def to_user(self, weights: Weights, b: Array) -> tuple[Weights, Array]:
        """Return weights and intercepts for the columns as the user gave them.

        Those of several models lie along another axis, the last of both.
        """
        used, shape = weights.features, weights.values.shape  # zero is always allowed
        scaled = weights.values.reshape(len(used), b.size)
        scaled = scaled / self._columns.scale[used, None]
        scaled = self.given.nearest(scaled, self.problem.columns[used]) + 0.0  # not -0
        intercept = b - (self._columns.mean[used] @ scaled).reshape(b.shape)
        if self.problem.fit_intercept and not self.problem.loss.separable:
            intercept -= intercept.mean(axis=0)  # softmax does not mind; unique now
        return weights._replace(values=scaled.reshape(shape)), intercept

    def from_user(self, coef: Array, intercept: Array) -> Pair:
        """Return weights and intercepts for the centred and scaled columns."""
        scale = np.where(np.isinf(self._columns.scale), 0.0, self._columns.scale)
        return coef * scale[:, None], intercept + self._columns.mean @ coef


class Fitted(NamedTuple):
    """A solution for the columns as the user gave them, and its certificate."""

    coef: NDArray[Any]  # n_outputs x n_features, of the dtype of X
    intercept: NDArray[Any]  # n_outputs
    objective: float
    dual_gap: float
    violation: float
    n_iter: int

    @classmethod
    def of(cls, prepared: Prepared, solution: Solution, dtype: Any) -> Fitted:
        """Return a solution in the dtype of X, and the certificate of that."""
        weights, intercept = prepared.to_user(solution.weights, solution.intercept)
        coef, certificate = weights.dense(), cast("Any", solution)
        if dtype == np.float32:
            coef, intercept = coef.astype(np.float32), intercept.astype(np.float32)
            rounded = prepared.from_user(coef.astype(float), intercept.astype(float))
            problem, known = prepared.problem, prepared.least_squares
            certificate = certificate_of(problem, *rounded, known)
        return cls(
            np.ascontiguousarray(coef.T),
            intercept,
            float(certificate.objective),
            float(certificate.dual_gap),
            float(certificate.violation),
            solution.n_iter,
        )


#: What to do about a shortfall.
ADVICE = "Increase max_iter or tol, scale the features, or raise alpha."


class LinearPredictor(PenalizedEstimator):
    """Base of what predicts from `coef_` and `intercept_`."""

    def _linear_predictor(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Return ``X coef_' + intercept_ + offset``."""
        check_is_fitted(self)
        X = checked_for_predict(self, X)
        eta = safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        known = checked_offset(offset, (*eta.shape, 1)[:2])
        if known is None:
            return eta
        return eta + known.reshape(eta.shape).astype(eta.dtype)


class LinearModel(LinearPredictor):
    """Base of the linear estimators; a subclass turns y into targets and a loss."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PENALTY_CONSTRAINTS,
        "fit_intercept": ["boolean"],
        "positive": ["boolean"],
        "standardize": ["boolean"],
        "tol": [Interval(numbers.Real, 0, None, closed="left")],
        "max_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def _state(
        self, X: Any, y: Array, weight: Array, loss: Any, offset: Array | None = None
    ) -> Prepared:
        """State the problem for validated X, targets (n, k) and weights of sum 1."""
        penalty = self.penalty_record(self.alpha, X.shape[1])
        return self._in_columns(X, y, weight, loss, offset, penalty)

    def _in_columns(
        self,
        X: Any,
        y: Array,
        weight: Array,
        loss: Any,
        offset: Array | None,
        penalty: Any,
    ) -> Prepared:
        """State the problem with the moments of each column."""
        columns = self._columns(X, weight)
        return self._stated(X, y, weight, loss, offset, penalty, *columns)

    def _summed(
        self, X: Any, y: Array, weight: Array, loss: Any, penalty: Any
    ) -> Prepared:
        """State the problem, with its moments if one pass over X gives both."""
        sums = Sums.of(as_design(X), y, weight, fit_intercept=self.fit_intercept)
        if sums is None:
            return self._in_columns(X, y, weight, loss, None, penalty)
        columns = sums.standardized(centre=self.fit_intercept, scale=self.standardize)
        prepared = self._stated(X, y, weight, loss, None, penalty, *columns)
        moments = sums.of_columns(prepared.problem.design)
        known = LeastSquares.known(prepared.problem, moments, sums.centre)
        return prepared._replace(least_squares=known)

    def _wants_few(
        self, X: Any, y: Array, weight: Array, loss: Any, penalty: Any
    ) -> bool:
        """Tell by some rows whether to look in X for the few weights in use."""
        if not may_want_few(as_design(X), loss, penalty, y.shape[1]):
            return False
        rows = telling_rows(len(y))
        y, weight = y[rows], weight[rows]
        if not (total := weight.sum()) > 0.0:
            return False
        weight = weight / total
        with np.errstate(all="ignore"):  # what is not finite is told later
            columns = self._columns(X[rows], weight)
            sample = self._prepared(X.dtype, y, weight, loss, None, penalty, *columns)
            return wants_few(sample.problem)

    def _columns(self, X: Any, weight: Array) -> tuple[Standardized, Array]:
        """Wrap a validated X and return it with the norms of its columns."""
        return standardized(
            as_design(X), weight, centre=self.fit_intercept, scale=self.standardize
        )

    def _stated(
        self,
        X: Any,
        y: Array,
        weight: Array,
        loss: Any,
        offset: Array | None,
        penalty: Any,
        design: Standardized,
        norms: Array,
    ) -> Prepared:
        """State the problem in these columns, which `X` is made to."""
        if offset is not None and loss.quadratic:
            y, offset = y - offset, None
        known = bool(np.isfinite(norms).all())
        if not known:
            assert_all_finite(X, input_name="X", estimator_name=type(self).__name__)
        check_magnitude("X", X, known)
        with np.errstate(over="ignore", invalid="ignore"):
            squares = float((y * y).sum())
            check_magnitude("y", y, bool(np.isfinite(squares)))
            deviation = norms * np.minimum(design.scale, 1e300)
            largest = (np.abs(design.mean) + deviation).max(initial=0.0)
            products = largest * np.abs(y).max() * len(y) ** 2
            check_magnitude("X", X, bool(np.isfinite(products)))
        check_not_tiny("X", X, float(deviation.max(initial=0.0)) ** 2)
        if loss.quadratic:
            check_not_tiny("y", y, squares)
        return self._prepared(X.dtype, y, weight, loss, offset, penalty, design, norms)

    def _prepared(
        self,
        dtype: Any,
        y: Array,
        weight: Array,
        loss: Any,
        offset: Array | None,
        penalty: Any,
        design: Standardized,
        norms: Array,
    ) -> Prepared:
        """State the problem in columns that are known to be in order."""
        columns = np.arange(len(norms))
        excluded = penalty.excluded(columns)
        scale = np.where(excluded, np.inf, design.scale)  # a column of zeros
        design, norms = design._replace(scale=scale), np.where(excluded, 0.0, norms)
        with_intercept = self.fit_intercept
        problem = Problem(
            design, y, weight, loss, penalty, with_intercept, columns, norms, offset
        )
        prepared = Prepared(problem, penalty.restated(1.0, dtype), dtype)
        problem = problem._replace(penalty=prepared.restated(penalty))
        return prepared._replace(problem=problem)

    def prepare(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> Prepared:
        """State the problem that ``fit`` would solve, without solving it.

        Parameters
        ----------
        X, y, sample_weight, offset
            As for ``fit``.

        Returns
        -------
        prepared : Prepared
            The problem on centred columns, scaled if ``standardize``, and the way back.
            The estimator stays as it is.
        """
        copy = clone(self)
        copy._validate_params()
        X, y = copy._checked(X, y, finite=False)
        return copy._state(*copy._arguments(X, y, sample_weight, offset))

    def penalty_record(self, alpha: float, n_features: int) -> Any:
        """Return the record of the penalty at some strength.

        Parameters
        ----------
        alpha : float
            Strength, in place of the parameter.
        n_features : int
            Number of features.

        Returns
        -------
        record : NamedTuple
            What kernels see.
        """
        record = penalty_record(self.penalty, alpha, self.l1_ratio, n_features)
        if self.positive and not record.separable:
            msg = (
                f"positive=True is not available with penalty={self.penalty!r}, which "
                "ties weights together; take positive=False or a penalty such as 'l1'."
            )
            raise ValueError(msg)
        return per_feature(record, n_features, lower=0.0) if self.positive else record

    def _solve(
        self, X: Any, y: Array, weight: Array, loss: Any, offset: Array | None = None
    ) -> None:
        """Solve and assign."""
        before = None
        if self.warm_start and getattr(self, "coef_", None) is not None:
            before = self.coef_, self.intercept_
        prepared, solution = self.solution(X, y, weight, loss, before, offset=offset)
        self._take(prepared, solution, X.dtype)
        warn_unconverged(self, solution.shortfall, ADVICE)

    def solution(
        self,
        X: Any,
        y: Array,
        weight: Array,
        loss: Any,
        before: tuple[Any, Any] | None = None,
        enough: float = 0.0,
        offset: Array | None = None,
    ) -> tuple[Prepared, Solution]:
        """Solve; the estimator stays as it is.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Validated features.
        y : array of shape (n_samples, n_outputs)
            Targets.
        weight : array of shape (n_samples,)
            Sample weights of sum 1.
        loss : NamedTuple
            Record of the loss.
        before : tuple of arrays, optional
            Coefficients and intercepts to start from.
        enough : float, default=0.0
            A violation at which L-BFGS may end, whatever the certificate.
        offset : array of shape (n_samples, n_outputs), optional
            A known part of the linear predictor.

        Returns
        -------
        prepared : Prepared
            The problem, and the way back from its columns.
        solution : Solution
            What was found in them.
        """
        X, penalty = in_order(X), self.penalty_record(self.alpha, X.shape[1])
        pays = offset is None and moments_pay(loss, X.shape, y.shape[1], [penalty])
        with blas_threads_for(X.shape, in_moments=pays):
            few = pays and self._wants_few(X, y, weight, loss, penalty)
            if pays and not few:
                prepared = self._summed(X, y, weight, loss, penalty)
            else:
                prepared = self._in_columns(X, y, weight, loss, offset, penalty)
            solution = solve(
                prepared.problem,
                tol=self.tol,
                max_iter=self.max_iter,
                start=before and _start(prepared, *before),
                report=printed if self.verbose else silent,
                least_squares=prepared.least_squares,
                in_moments=not few,
                enough=enough,
            )
        return prepared, solution

    def _take(self, prepared: Prepared, solution: Solution, dtype: Any) -> None:
        """Assign a solution and its certificate."""
        fitted = Fitted.of(prepared, solution, dtype)
        self._take_coef(fitted.coef.T, fitted.intercept)
        self.objective_ = fitted.objective
        self.dual_gap_ = fitted.dual_gap
        self.violation_ = fitted.violation
        self.n_iter_ = fitted.n_iter

    def _take_coef(self, coef: NDArray[Any], intercept: NDArray[Any]) -> None:
        """Assign coefficients (n_features, n_outputs); `coef_` has a row per output."""
        self.coef_ = np.ascontiguousarray(coef.T)
        self.intercept_ = intercept


def _start(prepared: Prepared, coef: Any, intercept: Any) -> tuple[Array, Array] | None:
    """Return the last solution in the problem's columns, if it is of use.

    That is, if it has the shape, and a finite loss: exp(eta) may overflow.
    """
    coef = np.atleast_2d(np.asarray(coef, dtype=np.float64)).T
    outputs = prepared.problem.n_outputs
    if coef.shape != (prepared.problem.design.shape[1], outputs):
        return None
    intercept = np.asarray(intercept, dtype=np.float64)
    w, b = prepared.from_user(coef, np.array(np.broadcast_to(intercept, outputs)))
    point = start_point(prepared.problem, w, b)
    value = prepared.problem.objective(point.w, point.eta)
    return (w, b) if np.isfinite(value) else None
