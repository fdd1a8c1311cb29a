"""Regression by a multilayer perceptron."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from .._validation import (
    StrOptions,
    checked_for_fit,
    checked_weights,
    fitting,
    loss_record,
)
from ..losses import Loss
from ._base import Perceptron, has_epochs
from .callbacks import with_callbacks
from .objective import Array
from .parameters import with_constructor
from .targets import Targets, without_absent_rows
from .validation import checked_given


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
    loss : {"squared_error", "huber"} or loss object, default="squared_error"
        ``"squared_error"``: half the squared error. ``"huber"``: squared up to
        `delta`, linear beyond; ``Huber(delta=...)`` sets it.

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

    _: dataclasses.KW_ONLY
    loss: Any = "squared_error"

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Perceptron._parameter_constraints,
        "loss": [StrOptions({"squared_error", "huber"}), Loss],
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
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        self._single_target = y.ndim == 1
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
        return self

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
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
        X, y = checked_for_fit(
            self, X, y, multi_output=True, y_numeric=True, reset=first
        )
        targets = self._targets(y, checked_weights(sample_weight, len(y)))
        self._partial_fit(without_absent_rows(X, targets))
        self._single_target = y.ndim == 1
        return self

    def _targets(
        self, y: NDArray[Any], weight: Array, given_weight: Array | None = None
    ) -> Targets:
        """Return targets as a matrix."""
        values = np.ascontiguousarray(y.reshape(len(y), -1), dtype=np.float64)
        self.out_activation_ = "identity"
        strata = np.zeros(len(y), dtype=np.intp)
        loss = loss_record(self.loss)
        if loss.has_link:
            msg = (
                "loss must be one without a link, as 'squared_error' or 'huber', "
                f"got {self.loss!r}; take LinearRegressor, or fit the logarithm of y."
            )
            raise ValueError(msg)
        return Targets(values, weight, loss, False, strata, given_weight)

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
            Predictions, of the dtype of X.
        """
        eta = self._eta(X)
        return eta[:, 0] if self._single_target else eta
