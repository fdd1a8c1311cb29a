"""From linear predictors to labels and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from ._base import LinearPredictor


def probabilities(eta: NDArray[Any]) -> NDArray[Any]:
    """Return the probability of each class from log-odds, or a score for each class."""
    if eta.ndim == 2:
        return scipy.special.softmax(eta, axis=1)
    return np.column_stack([scipy.special.expit(-eta), scipy.special.expit(eta)])


def log_probabilities(eta: NDArray[Any]) -> NDArray[Any]:
    """Return the logarithms of `probabilities`, finite where those underflow."""
    if eta.ndim == 2:
        return scipy.special.log_softmax(eta, axis=1)
    return np.column_stack(
        [scipy.special.log_expit(-eta), scipy.special.log_expit(eta)]
    )


class ClassPredictor(LinearPredictor):
    """Base of what predicts labels from `coef_`, `intercept_` and `classes_`."""

    classes_: NDArray[Any]

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the linear predictor.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        eta : array of shape (n_samples,) or (n_samples, n_classes)
            Log-odds or signed distance to the second class, or one score a class.
        """
        return self._decision(self._linear_predictor(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : array of shape (n_samples,)
            The class of the largest score in each row.
        """
        return self._labels(self.decision_function(X))

    def _decision(self, eta: NDArray[Any]) -> NDArray[Any]:
        """Return scores from linear predictors: a vector for two classes."""
        return eta[:, 0] if len(self.classes_) == 2 else eta

    def _labels(self, eta: NDArray[Any]) -> NDArray[Any]:
        """Return labels from scores."""
        best = eta.argmax(axis=1) if eta.ndim == 2 else (eta > 0.0).astype(np.intp)
        return self.classes_[best]
