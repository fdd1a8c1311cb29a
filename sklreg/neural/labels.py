"""Labels to targets: two classes are one output, more a softmax, many labels many."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import type_of_target

from .._validation import Classes, checked_classes, loss_record
from .targets import Targets

Array = NDArray[np.float64]


class Labels(NamedTuple):
    """What was found in y, and the targets made of it."""

    classes: NDArray[Any]
    multilabel: bool
    out_activation: str
    targets: Targets
    factors: Array  # n_classes: what class_weight does to a row's weight


def encode(y: Any, weight: Array, class_weight: Any, loss: Any) -> Labels:
    """Find the classes among the rows that have weight.

    Parameters
    ----------
    y : array of shape (n_samples,) or (n_samples, n_labels)
        Labels, or a 0-1 matrix of several labels.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.
    class_weight : None, "balanced" or dict
        Factor for each class.
    loss : str or loss object
        A loss of classes.
    """
    if is_multilabel(y):
        _refuse_class_weight(class_weight)
        return _of_matrix(y, weight, loss)
    found = checked_classes(column_or_1d(y, warn=True), weight, class_weight)
    factors = (found.weight @ found.one_hot) / (weight @ found.one_hot)
    return _of_classes(found, loss, factors)


def encode_known(
    y: Any, weight: Array, loss: Any, classes: NDArray[Any], factors: Array
) -> Labels:
    """Encode y, which may lack some of the classes.

    Parameters
    ----------
    y, weight, loss
        As in `encode`.
    classes : array of shape (n_classes,)
        All classes, sorted.
    factors : array of shape (n_classes,)
        Factor on the weight of each class's rows.
    """
    if is_multilabel(y):
        return _of_matrix(y, weight, loss)
    y = column_or_1d(y, warn=True)
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        msg = f"y has labels that are not in classes: {unknown!r}."
        raise ValueError(msg)
    one_hot = np.ascontiguousarray(y[:, None] == classes, dtype=np.float64)
    weight = weight * (one_hot @ factors)
    found = Classes(classes, one_hot, weight, float(weight.sum()))
    return _of_classes(found, loss, factors)


def known_factors(class_weight: Any, classes: NDArray[Any], y: Any) -> Array:
    """Return the factor of each class, of which only some rows are known."""
    if is_multilabel(y):
        _refuse_class_weight(class_weight)
        return np.ones(len(classes))
    if class_weight == "balanced":
        msg = (
            "class_weight='balanced' needs all rows at once, which partial_fit does "
            "not have; pass the weights as a dict."
        )
        raise ValueError(msg)
    return compute_class_weight(class_weight, classes=classes, y=classes)


def is_multilabel(y: Any) -> bool:
    """Tell whether y is a matrix of yes-or-no labels."""
    return bool(type_of_target(y, input_name="y") == "multilabel-indicator")


def _of_classes(found: Classes, loss: Any, factors: Array) -> Labels:
    record = loss_record(loss, len(found.labels))
    strata = found.one_hot.argmax(axis=1)
    two = len(found.labels) == 2
    y = np.ascontiguousarray(found.one_hot[:, 1:]) if two else found.one_hot
    targets = Targets(y, found.weight, record, True, strata)
    link = "logistic" if two else "softmax"
    return Labels(found.labels, False, link, targets, factors)


def _refuse_class_weight(class_weight: Any) -> None:
    if class_weight is not None:
        msg = (
            f"class_weight must be None for a matrix of labels, got {class_weight!r}; "
            "use sample_weight."
        )
        raise ValueError(msg)


def _of_matrix(y: Any, weight: Array, loss: Any) -> Labels:
    y = y.toarray() if scipy.sparse.issparse(y) else y
    y = np.ascontiguousarray(y, dtype=np.float64)
    strata = np.zeros(len(y), dtype=np.intp)
    targets = Targets(y, weight, loss_record(loss, 2), True, strata)
    classes, factors = np.arange(y.shape[1]), np.ones(y.shape[1])
    return Labels(classes, True, "logistic", targets, factors)
