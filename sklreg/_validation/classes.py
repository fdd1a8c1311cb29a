"""Labels, and the targets and weights that they make."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

Array = NDArray[np.float64]
#: Numbers from here on are all whole.
_WHOLE = 2.0**53


class Classes(NamedTuple):
    """Labels found, their targets and the weights that class_weight makes of them."""

    labels: NDArray[Any]
    one_hot: Array  # n_samples x n_classes; rows without weight may be all zero
    weight: Array  # n_samples, sums to one
    mass: float  # what class_weight makes of a total weight of one


def _are_labels(y: Any) -> bool:
    """Tell whether y is a vector of whole numbers or names, as classifiers take."""
    if not (type(y) is np.ndarray and y.ndim == 1):
        return False
    if y.dtype.kind == "f":
        return bool((y == np.rint(y)).all() and np.abs(y).max() < _WHOLE)
    return y.dtype.kind in "biuU"


def checked_classes(y: Any, weight: Array, class_weight: Any) -> Classes:
    """Find the classes among the rows that have weight.

    Parameters
    ----------
    y : array of shape (n_samples,)
        Labels of any type that can be sorted.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.
    class_weight : None, "balanced" or dict
        Factor for each class; "balanced" gives every class the same total weight.
    """
    discrete = _are_labels(y)
    if not discrete:
        check_classification_targets(y)
    present = weight > 0.0
    labels = np.unique(y[present])
    if discrete and 2 * len(labels) > len(y):
        check_classification_targets(y)  # warns of so many
    if len(labels) < 2:
        msg = (
            "A classifier needs at least 2 classes among the rows of non-zero weight, "
            f"got 1 class: {labels.tolist()[0]!r}."
        )
        raise ValueError(msg)
    one_hot = np.ascontiguousarray(y[:, None] == labels, dtype=np.float64)
    if class_weight is None:
        return Classes(labels, one_hot, weight, 1.0)
    if isinstance(class_weight, str):  # by weight, so that weights are repeats
        share = len(labels) * (one_hot @ (weight @ one_hot))
        weight = np.divide(weight, share, out=np.zeros_like(weight), where=share > 0.0)
    else:
        factors = compute_class_weight(class_weight, classes=labels, y=y[present])
        weight = weight * (one_hot @ factors)
    if not (np.isfinite(weight).all() and weight.min() >= 0.0 < weight.max()):
        msg = (
            "class_weight must give finite weights of at least zero, not all zero, "
            f"got {class_weight!r}."
        )
        raise ValueError(msg)
    mass = float(weight.sum())
    return Classes(labels, one_hot, weight / mass, mass)
