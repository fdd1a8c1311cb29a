"""Gaussian noise on every feature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from .._random_numbers import child_key, normal
from ._base import Array, Augmentation


class GaussianNoise(Augmentation):
    r"""Add noise to every feature.

    .. math:: x_{ij} \leftarrow x_{ij} + \sigma z_{ij}, \qquad z_{ij} \sim N(0, 1)

    In expectation a penalty on the network's derivatives with respect to its inputs.

    Parameters
    ----------
    std : float, default=0.1
        Standard deviation of the noise, in the units of X: of standardised features it
        is a share of theirs.

    References
    ----------
    Bishop (1995), Training with noise is equivalent to Tikhonov regularization, Neural
    Computation 7(1).

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklreg import MLPClassifier
    >>> from sklreg.augmentation import GaussianNoise
    >>> X, y = load_wine(return_X_y=True)
    >>> model = MLPClassifier(augmentation=GaussianNoise(std=0.2), random_state=0)
    >>> model.fit(scale(X), y).score(scale(X), y) > 0.98
    True
    """

    std: float = 0.1

    def validate(self) -> None:
        """Raise ValueError unless `std` is a number of at least 0."""
        check_number(self, "std", low=0.0)

    def augment(
        self,
        X: NDArray[Any],
        y: Array,
        weight: Array,
        source: NDArray[Any],
        key: np.uint64,
    ) -> None:
        """Add noise to X."""
        for i in range(X.shape[0]):
            row_key = child_key(key, i)
            for j in range(X.shape[1]):
                X[i, j] += self.std * normal(row_key, j)
