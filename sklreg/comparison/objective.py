r"""The objective that both libraries minimise, computed from fitted weights alone.

.. math:: F = \frac{1}{n} \sum_i f(y_i, \eta_i) + \alpha P(w), \qquad
          P(w) = \rho \sum |w| + \frac{1 - \rho}{2} \sum w^2

with half the squared error or the log-loss as `f`; intercepts are not penalised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from .tables import REGRESSION

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]  # (n_inputs x n_outputs, n_outputs) of each layer


def layers(model: Any) -> Layers:
    """Return weights and intercepts of a fitted model; a linear one has one layer.

    Parameters
    ----------
    model : estimator
        Linear or MLP, of sklreg or of scikit-learn.
    """
    if hasattr(model, "coefs_"):
        pairs = zip(model.coefs_, model.intercepts_, strict=True)
        return [(np.asarray(w, float), np.asarray(b, float)) for w, b in pairs]
    w = np.atleast_2d(np.asarray(model.coef_, float)).T
    return [(w, np.atleast_1d(np.asarray(model.intercept_, float)))]


def zeros(weights: Layers) -> tuple[int, int]:
    """Return how many weights are zero, and how many there are.

    Parameters
    ----------
    weights : list of (w, b)
        From `layers`.
    """
    return sum(int((w == 0.0).sum()) for w, _ in weights), sum(
        w.size for w, _ in weights
    )


def objective(
    weights: Layers, X: Any, y: Array, task: str, alpha: float, l1_ratio: float
) -> float:
    """Return `F`.

    Parameters
    ----------
    weights : list of (w, b)
        From `layers`; relu between layers.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features as the model sees them.
    y : array of shape (n_samples,)
        Numbers, or codes of classes.
    task : {"regression", "classification"}
        Half squared error, or log-loss.
    alpha, l1_ratio : float
        Strength and mix of the penalty.
    """
    penalty = sum(
        l1_ratio * np.abs(w).sum() + 0.5 * (1.0 - l1_ratio) * (w * w).sum()
        for w, _ in weights
    )
    return float(mean_loss(_eta(weights, X), y, task) + alpha * penalty)


def null_objective(y: Array, task: str) -> float:
    """Return `F` of the best constant prediction.

    Parameters
    ----------
    y : array of shape (n_samples,)
        Numbers, or codes of classes.
    task : {"regression", "classification"}
        As for `objective`.
    """
    if task == REGRESSION:
        return float(np.var(y) / 2.0)
    shares = np.bincount(y.astype(int)) / len(y)
    return float(scipy.special.entr(shares).sum())


def mean_loss(eta: Array, y: Array, task: str) -> float:
    """Return the mean loss.

    Parameters
    ----------
    eta : array of shape (n_samples, n_outputs)
        Predictions before the link; log-odds of class 1 if there is one output.
    y : array of shape (n_samples,)
        Numbers, or codes of classes.
    task : {"regression", "classification"}
        As for `objective`.
    """
    if task == REGRESSION:
        return float(((y - eta[:, 0]) ** 2).mean() / 2.0)
    if eta.shape[1] == 1:
        return float((np.logaddexp(0.0, eta[:, 0]) - y * eta[:, 0]).mean())
    own = eta[np.arange(len(y)), y.astype(int)]
    return float((scipy.special.logsumexp(eta, axis=1) - own).mean())


def _eta(weights: Layers, X: Any) -> Array:
    for i, (w, b) in enumerate(weights):
        X = np.asarray(X @ w + b)
        if i < len(weights) - 1:
            X = np.maximum(X, 0.0)
    return X
