"""Penalties and losses, by name or as objects, and targets that a loss can take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import losses, penalties

Array = NDArray[np.float64]


def penalty_record(penalty: Any, alpha: float, l1_ratio: float, n_features: int) -> Any:
    """Return the record that the parameters of an estimator stand for."""
    return penalties.record_of(penalty, alpha, n_features, l1_ratio)


def loss_object(loss: Any) -> losses.Loss | None:
    """Return the loss of that name, or the loss itself; None for whatever else."""
    if isinstance(loss, str):
        return losses.CATALOGUE[loss]() if loss in losses.CATALOGUE else None
    return loss if isinstance(loss, losses.Loss) else None


def loss_record(loss: Any, n_classes: int = 0) -> Any:
    """Return the record of a loss, given by name or as an object.

    Parameters
    ----------
    loss : str or loss object
        The loss.
    n_classes : int, default=0
        Number of exclusive classes; 0 for numbers.
    """
    given, loss = loss, loss_object(loss)
    if loss.of_classes != (n_classes > 0):
        kind, other = ("classes", "numbers") if n_classes else ("numbers", "classes")
        msg = f"loss must be a loss of {kind}, got {loss!r}, which is one of {other}."
        raise ValueError(msg)
    if n_classes <= 2:
        return loss.record()
    if not hasattr(loss, "multinomial"):
        msg = (
            f"Only binary classification is supported. With loss={given!r} there must "
            f"be 2 classes, got {n_classes}; take loss='log_loss', or wrap the "
            "estimator in sklearn.multiclass.OneVsRestClassifier."
        )
        raise ValueError(msg)
    return loss.multinomial()


def check_targets(
    given: Any, loss: Any, y: Array, weight: Array, *, fit_intercept: bool
) -> None:
    """Refuse targets for which the loss is undefined or has no minimiser.

    Parameters
    ----------
    given : str or loss object
        The loss as the user wrote it.
    loss : NamedTuple
        Record of the loss.
    y : array of shape (n_samples, n_outputs)
        Targets; rows without weight may hold anything.
    weight : array of shape (n_samples,)
        Sample weights.
    fit_intercept : bool
        Whether the model has an intercept.
    """
    y = y[weight > 0.0]
    valid = loss.in_domain(y)
    if not valid.all():
        msg = (
            f"Some value(s) of y are out of the valid range of loss={given!r}, which "
            f"takes {loss.domain()}: {np.count_nonzero(~valid)} of {valid.size} are "
            f"not, the least is {y[~valid].min():g}. Correct or leave out these rows, "
            "or take a loss of any number, such as 'squared_error'."
        )
        raise ValueError(msg)
    mean = np.einsum("i,ij->j", weight[weight > 0.0], y)  # BLAS would start threads
    if loss.has_link and fit_intercept and mean.min(initial=np.inf) <= 0.0:
        msg = (
            f"The mean of y must be above zero for loss={given!r} with an intercept, "
            f"got {mean.min():g}: the intercept is the logarithm of a mean. Leave out "
            "targets that are zero throughout, or set fit_intercept=False."
        )
        raise ValueError(msg)
