"""What a network is watched on while it trains: rows it never learns from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from .._validation import checked_for_fit, checked_weights
from .layers import Flat
from .objective import Array, Objective
from .targets import Sample


class Validation(NamedTuple):
    """The objective over the rows that are held out, and the score that counts."""

    objective: Objective
    score: Callable[[Flat], float] | None

    def measure(self, theta: Flat) -> tuple[float, float]:
        """Return the loss, without penalty, and the score; nan if there is none."""
        loss = self.objective.mean_loss(theta)
        return loss, math.nan if self.score is None else self.score(theta)


class Given(NamedTuple):
    """Validation data of the user, checked."""

    X: Any
    y: Any
    weight: Array  # n_samples, in units in which those of the training rows sum to one
    given_weight: Array | None  # n_samples, what scorers are given


def checked_given(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any,
    X_val: Any,
    y_val: Any,
    sample_weight_val: Any,
    **y_checks: Any,
) -> Given | None:
    """Check what `fit` was given to watch; None if that is nothing.

    Parameters
    ----------
    estimator : estimator
        Whose features they must have.
    X, y, sample_weight
        Validated training rows and targets, and their weights as given.
    X_val, y_val, sample_weight_val
        As given.
    **y_checks
        Options of scikit-learn's check of y.
    """
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        msg = f"X_val and y_val belong together, but {missing} is missing."
        raise ValueError(msg)
    try:
        X_val, y_val = checked_for_fit(estimator, X_val, y_val, reset=False, **y_checks)
        weight = checked_weights(sample_weight_val, X_val.shape[0])
    except ValueError as error:
        msg = f"In the validation data: {error}"
        raise ValueError(msg) from error
    if _width(y_val) != _width(y):
        msg = (
            f"y_val must have {_width(y)} column(s), as y has, got an array of shape "
            f"{y_val.shape}."
        )
        raise ValueError(msg)
    if scipy.sparse.issparse(X_val) != scipy.sparse.issparse(X):
        msg = "X_val must be sparse if X is, and dense if X is."
        raise ValueError(msg)
    ratio = _total(sample_weight_val, len(weight)) / _total(sample_weight, X.shape[0])
    given = None if sample_weight_val is None else weight
    X_val = X_val.astype(X.dtype, copy=False)
    return Given(X_val, y_val, weight * ratio, given)


def score_on(sample: Sample, y: Any, monitor: Any) -> Callable[[Any], float]:
    """Return a function that scores an estimator, with the weights given if any.

    Parameters
    ----------
    sample : Sample
        The rows.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        Their targets as the user wrote them.
    monitor : str or callable
        A scorer of scikit-learn or its name.
    """
    scorer, weight = _scorer(monitor), sample.targets.given_weight
    options = {} if weight is None else {"sample_weight": weight}
    return lambda estimator: float(scorer(estimator, sample.X, y, **options))


def _scorer(monitor: Any) -> Any:
    if not isinstance(monitor, str):
        return monitor
    from sklearn.metrics import get_scorer, get_scorer_names

    if monitor not in get_scorer_names():
        msg = (
            f"monitor must be 'loss', a scorer or the name of one, got {monitor!r}; "
            "sklearn.metrics.get_scorer_names() lists the names."
        )
        raise ValueError(msg)
    return get_scorer(monitor)


def _width(y: Any) -> int:
    return int(y.shape[1]) if len(y.shape) > 1 else 1


def _total(sample_weight: Any, n_samples: int) -> float:
    if sample_weight is None:
        return float(n_samples)
    return float(np.broadcast_to(sample_weight, n_samples).sum())
