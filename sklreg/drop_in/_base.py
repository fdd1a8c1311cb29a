"""What the drop-in replacements share: a general estimator that does the work."""

from __future__ import annotations

import math
import numbers
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin

from .._estimator import warn_unconverged
from .._validation import Interval, StrOptions, loss_record
from ..linear._base import ADVICE, Fitted, LinearModel, LinearPredictor

Array = NDArray[np.float64]

#: The general estimators' `tol` for a `tol` of scikit-learn's coordinate descent. That
#: looks at the duality gap only where its steps are small, and often finds much better.
OF_THE_GAP = 1e-3


class DropIn(LinearPredictor):
    """Base: a subclass says which general estimator states the same model."""

    @abstractmethod
    def _general(self, total: float | None = None) -> LinearModel:
        """Return the general estimator of the same settings.

        Parameters
        ----------
        total : float, optional
            Sum of the sample weights, where the strength depends on it; None: the
            strength will not be asked for.
        """

    def _fitted(
        self,
        general: LinearModel,
        X: Any,
        targets: Array,
        weight: Array,
        loss: Any,
        *,
        outputs: Any = slice(None),
        enough: float = 0.0,
    ) -> Fitted:
        """Return what the general estimator finds, from the last solution if asked to.

        `outputs` are those of `coef_` that the targets are for; `enough` is a violation
        at which L-BFGS may end. What there is to say about convergence is said in this
        estimator's name.
        """
        before = None
        if getattr(self, "warm_start", False) and hasattr(self, "coef_"):
            coef = self.coef_
            coef = (
                coef.toarray() if scipy.sparse.issparse(coef) else np.atleast_2d(coef)
            )
            intercept = np.broadcast_to(getattr(self, "intercept_", 0.0), len(coef))
            before = coef[outputs], intercept[outputs]
        prepared, solution = general.solution(X, targets, weight, loss, before, enough)
        warn_unconverged(self, solution.shortfall, ADVICE)
        return Fitted.of(prepared, solution, X.dtype)


class Regressor(MultiOutputMixin, RegressorMixin, DropIn):
    """Base of the drop-in replacements with a squared error."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "fit_intercept": ["boolean"],
        "copy_X": ["boolean"],
        "tol": [Interval(numbers.Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def _least_squares(
        self,
        general: LinearModel,
        X: Any,
        y: NDArray[Any],
        weight: Array,
        outputs: Any = slice(None),
    ) -> Fitted:
        """Return what the general estimator finds for these columns of y."""
        columns = y.reshape(len(y), -1)[:, outputs]
        targets = np.array(columns, dtype=np.float64, order="C")
        loss = loss_record("squared_error")
        fitted = self._fitted(general, X, targets, weight, loss, outputs=outputs)
        if math.isnan(fitted.dual_gap):  # without penalty; no loss is below zero
            fitted = fitted._replace(dual_gap=fitted.objective)
        return fitted

    def _assign(self, coef: Any, intercept: Any, n_dims: int) -> None:
        """Assign weights and intercepts in scikit-learn's shapes.

        That is, for targets of `n_dims` dimensions: one target has its weights in a
        vector, and its intercept too if `y` is a matrix. Without intercept it is 0.0.
        """
        self.coef_ = coef if len(coef) > 1 else coef[0]
        intercept = intercept if n_dims > 1 else intercept[0]
        self.intercept_ = intercept if self.fit_intercept else 0.0

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict targets.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Predictions.
        """
        return self._linear_predictor(X)


class CoordinateDescent(Regressor):
    """Base of those whose parameters are about coordinate descent in scikit-learn."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Regressor._parameter_constraints,
        "alpha": [Interval(numbers.Real, 0, None, closed="left")],
        "l1_ratio": [Interval(numbers.Real, 0, 1, closed="both")],
        "max_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "selection": [StrOptions({"cyclic", "random"})],
    }

    @property
    def sparse_coef_(self) -> Any:
        """Coefficients as a sparse matrix of shape (n_targets, n_features)."""
        return scipy.sparse.csr_matrix(np.atleast_2d(self.coef_))
