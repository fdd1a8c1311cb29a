"""Swap noise: single numbers replaced by those of other rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from .._random_numbers import child_key, uniform
from ._base import Array, Augmentation


class SwapNoise(Augmentation):
    r"""Replace numbers by those that other rows have in the same column.

    .. math::
        x_{ij} \leftarrow x_{kj} \text{ with probability } p, \qquad
        k \sim \text{all training rows}

    Noise of the right kind for every column, also for counts, codes and indicators.

    Parameters
    ----------
    probability : float, default=0.1
        Chance of each number to be replaced.

    Notes
    -----
    The noise of the winning entry of Jahrer (2017) in the Porto Seguro competition, of
    the family of denoising by Vincent, Larochelle, Bengio and Manzagol (2008),
    Extracting and composing robust features with denoising autoencoders, ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklreg import MLPClassifier
    >>> from sklreg.augmentation import SwapNoise
    >>> X, y = load_wine(return_X_y=True)
    >>> model = MLPClassifier(augmentation=SwapNoise(probability=0.15), random_state=0)
    >>> model.fit(scale(X), y).score(scale(X), y) > 0.98
    True
    """

    probability: float = 0.1

    def validate(self) -> None:
        """Raise ValueError unless `probability` is in [0, 1]."""
        check_number(self, "probability", low=0.0, high=1.0)

    def augment(
        self,
        X: NDArray[Any],
        y: Array,
        weight: Array,
        source: NDArray[Any],
        key: np.uint64,
    ) -> None:
        """Replace numbers of X by others of `source`."""
        for i in range(X.shape[0]):
            row_key = child_key(key, i)
            for j in range(X.shape[1]):
                if uniform(row_key, 2 * j) < self.probability:
                    k = int(uniform(row_key, 2 * j + 1) * source.shape[0])
                    X[i, j] = source[k, j]
