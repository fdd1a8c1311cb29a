"""What an augmentation offers, and the kernel that applies it batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._parameters import Parameters
from .._random_numbers import child_key

Array = NDArray[np.float64]


class Augmentation(Parameters):
    """Base class of what changes the rows of a mini-batch at random.

    A subclass lists its parameters as annotated attributes and writes `augment` in the
    Python that Numba compiles. Random numbers come from ``uniform(key, counter)`` and
    ``normal(key, counter)``, new keys from ``child_key(key, number)``: functions
    without state, so that results do not depend on threads or the order of the work.

    Examples
    --------
    Features that are sometimes missing:

    >>> from sklreg.augmentation import Augmentation, child_key, uniform
    >>> class Missing(Augmentation):
    ...     probability: float = 0.1
    ...
    ...     def augment(self, X, y, weight, source, key):
    ...         for i in range(X.shape[0]):
    ...             row_key = child_key(key, i)
    ...             for j in range(X.shape[1]):
    ...                 if uniform(row_key, j) < self.probability:
    ...                     X[i, j] = 0.0
    >>> from sklreg import MLPClassifier
    >>> model = MLPClassifier(augmentation=Missing(probability=0.2))
    """

    def record(self, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        n_features : int
            Columns of X.
        """
        del n_features
        self.validate()
        values = map(float, self.get_params().values())
        return self.Record(*(tuple(values) or (1.0,)))

    def augment(
        self,
        X: NDArray[Any],
        y: Array,
        weight: Array,
        source: NDArray[Any],
        key: np.uint64,
    ) -> None:
        """Change the rows of a mini-batch in place.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
            Their features, a copy.
        y : array of shape (n_rows, n_outputs)
            Their targets, a copy: numbers, or the share of each class.
        weight : array of shape (n_rows,)
            Their sample weights, a copy.
        source : array of shape (n_samples, n_features)
            The features of all training rows, not to be changed.
        key : uint64
            Where random numbers come from.
        """
        raise NotImplementedError


@allocating
def augment_rows(
    augmentation: Any,
    X: NDArray[Any],
    y: Array,
    weight: Array,
    source: NDArray[Any],
    bounds: NDArray[np.intp],
    first: int,
    key: np.uint64,
) -> None:
    """Augment consecutive mini-batches in place, each with a key of its own.

    Parameters
    ----------
    augmentation : NamedTuple
        Record of an augmentation.
    X, y, weight, source, key
        As in `Augmentation.augment`, of all mini-batches.
    bounds : array of shape (n_batches + 1,)
        Where each mini-batch begins, and the end.
    first : int
        Number of the first mini-batch in its epoch.
    """
    for batch in range(bounds.shape[0] - 1):
        start, stop = bounds[batch], bounds[batch + 1]
        augmentation.augment(
            X[start:stop],
            y[start:stop],
            weight[start:stop],
            source,
            child_key(key, first + batch),
        )
