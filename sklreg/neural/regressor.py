"""Regression by a multilayer perceptron."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, column_or_1d

from .._callbacks import with_callbacks
from .._validation import (
    StrOptions,
    check_targets,
    checked_for_fit,
    checked_weights,
    fitting,
    loss_object,
    loss_record,
)
from ..losses import Loss, share_explained
from ._base import Perceptron, can_go_on
from .objective import Array
from .parameters import with_constructor
from .targets import Targets, without_absent_rows
from .validation import checked_given

#: Names that `loss` may have.
_NAMES = {
    "squared_error",
    "absolute_error",
    "huber",
    "quantile",
    "poisson",
    "gamma",
    "tweedie",
}


@with_constructor
class MLPRegressor(MultiOutputMixin, RegressorMixin, Perceptron):
    r"""Multilayer perceptron for regression, with exact penalties.

    .. math::
        \min \; \frac{\sum_i s_i f(y_i, \eta_i)}{\sum_i s_i}
        + \alpha \sum_l P(W_l), \qquad \eta = a_L, \quad
        a_l = act(a_{l-1} W_l + b_l)

    over weights `W` and biases `b`, which are not penalised. `alpha` does not change
    its meaning with the number of rows, the batch size, the solver or the scale of the
    sample weights; with several targets the loss is summed over them.

    Parameters
    ----------
    <parameters of both networks>
    loss : str or loss object, default="squared_error"
        ``"squared_error"``: half the squared error. ``"huber"``: squared up to
        `delta`, linear beyond; ``Huber(delta=...)`` sets it. ``"quantile"``: that of a
        share `q`, ``Quantile(q=...)``; it and ``"absolute_error"`` have kinks, so that
        there is no polish. ``"poisson"``, ``"gamma"`` and ``"tweedie"``: half
        deviances with log link.

    Attributes
    ----------
    <attributes of both networks>

    See Also
    --------
    MLPClassifier : The same for classes.
    LinearRegressor : The same without hidden layers.
    sklearn.neural_network.MLPRegressor : ``alpha`` divided by the batch size.

    Notes
    -----
    <notes on both networks>

    *Scale of y.* Learning rate and initial weights of the output layer are in units of
    the standard deviation of y, and its biases start at the best constant prediction.
    Training is thus the same in any units of y, while the objective, and hence
    `alpha`, is that of the units given.

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR.

    Yun, Lozano and Yang (2021), Adaptive proximal gradient methods for structured
    neural networks, NeurIPS 34.

    Andrew and Gao (2007), Scalable training of L1-regularized log-linear models, ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklreg import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
    >>> model.fit(X[:-100], y[:-100]).score(X[-100:], y[-100:]) > 0.45
    True
    """

    alpha: Any = 1e-4
    _: dataclasses.KW_ONLY
    loss: Any = "squared_error"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Perceptron._parameter_constraints,
        "loss": [StrOptions(_NAMES), Loss],
    }

    @fitting
    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.
        X_val : array or sparse matrix of shape (n_val, n_features), optional
            Rows to watch and not to learn from: `early_stopping` goes by them in place
            of rows of X; without it they are measured after each epoch of Adam. In a
            pipeline ``Pipeline(..., transform_input=["X_val"])`` transforms them.
        y_val : array of shape (n_val,) or (n_val, n_targets), optional
            Their targets.
        sample_weight_val : float or array of shape (n_val,), optional
            Their weights, in the units of `sample_weight`.

        Returns
        -------
        self : MLPRegressor
            The fitted network.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        X, y = self._checked(X, y)
        weight = checked_weights(sample_weight, len(y))
        given_weight = None if sample_weight is None else weight
        given = checked_given(
            self,
            X,
            y,
            sample_weight,
            X_val,
            y_val,
            sample_weight_val,
            multi_output=True,
            y_numeric=True,
        )
        watched = None
        if given is not None:
            targets = self._targets(given.y, given.weight, given.given_weight)
            watched = without_absent_rows(given.X, targets)
        targets = self._targets(y, weight, given_weight)
        self._fit(without_absent_rows(X, targets), watched)
        self._warn()
        return self

    @available_if(can_go_on)  # type: ignore[untyped-decorator]
    @fitting
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one epoch over these rows, going on with the optimiser's state.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.

        Returns
        -------
        self : MLPRegressor
            The network after the epoch.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        first = not hasattr(self, "coefs_")
        X, y = self._checked(X, y, reset=first)
        targets = self._targets(y, checked_weights(sample_weight, len(y)))
        self._partial_fit(without_absent_rows(X, targets))
        return self

    def _checked(self, X: Any, y: Any, *, reset: bool = True) -> tuple[Any, Any]:
        """Validate; with a link y of one column is a vector, of which it warns."""
        several = {"multi_output": True, "y_numeric": True}
        X, y = checked_for_fit(self, X, y, reset=reset, **several)
        if self._has_link and y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    @property
    def _has_link(self) -> bool:
        loss = loss_object(self.loss)
        return loss is not None and loss.has_link

    def _targets(
        self, y: NDArray[Any], weight: Array, given_weight: Array | None = None
    ) -> Targets:
        """Return targets as a matrix."""
        self._single_target, self._loss = y.ndim == 1, loss_record(self.loss)
        self.out_activation_ = "exp" if self._loss.has_link else "identity"
        found = self._held_out_targets(y, weight)
        check_targets(self.loss, self._loss, found.y, weight, fit_intercept=True)
        return found._replace(given_weight=given_weight)

    def _held_out_targets(self, y: NDArray[Any], weight: Array) -> Targets:
        values = np.ascontiguousarray(y.reshape(len(y), -1), dtype=np.float64)
        strata = np.zeros(len(y), dtype=np.intp)
        return Targets(values, weight, self._loss, self._loss.has_link, strata)

    def _as_given(self, targets: Targets) -> NDArray[Any]:
        """Return the y that these are the targets of."""
        return targets.y[:, 0] if self._single_target else targets.y

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict targets.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Predictions, of the dtype of X: the means exp(eta) for ``"poisson"``,
            ``"gamma"`` and ``"tweedie"``.
        """
        eta = self._eta(X)
        predicted = self._loss.inverse_link(eta)
        return predicted[:, 0] if self._single_target else predicted

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        r"""Return the share of the target's variation that is explained.

        That is :math:`R^2`, the mean over targets if several, or for ``"poisson"``,
        ``"gamma"`` and ``"tweedie"`` :math:`D^2`, which has deviances in place of the
        squares.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights.

        Returns
        -------
        score : float
            At most 1; 0 for the best constant prediction.
        """
        check_is_fitted(self)
        if not self._loss.has_link:
            return float(super().score(X, y, sample_weight))
        eta, y = self._eta(X), np.asarray(y, dtype=np.float64)
        check_consistent_length(eta, y)
        values, weight = y.reshape(eta.shape), checked_weights(sample_weight, len(y))
        check_targets(self.loss, self._loss, values, weight, fit_intercept=False)
        return share_explained(self._loss, values, eta.astype(np.float64), weight)

    def __sklearn_tags__(self) -> Any:
        """Losses with a link take no negative targets.

        They take several targets nevertheless, which scikit-learn's checks of that
        draw with both signs.
        """
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self._has_link
        tags.target_tags.multi_output = not self._has_link
        return tags
