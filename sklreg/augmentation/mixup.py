"""Mixup: rows on the line between two rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._parameters import check_number
from .._random_numbers import child_key, uniform
from ._base import Array, Augmentation


class Mixup(Augmentation):
    r"""Train on mixtures of two rows and of their targets.

    .. math::
        x \leftarrow \lambda x_i + (1 - \lambda) x_k, \quad
        s \leftarrow \lambda s_i + (1 - \lambda) s_k, \quad
        y \leftarrow (\lambda s_i y_i + (1 - \lambda) s_k y_k) / s

    with :math:`\lambda \sim Beta(a, a)` for each row, and `k` the next row of the
    mini-batch, which is a random one as the order of the rows is. The gradient of the
    log-loss and the squared error is then that of
    :math:`\lambda s_i f(y_i, \eta) + (1 - \lambda) s_k f(y_k, \eta)`.

    Parameters
    ----------
    alpha : float, default=0.2
        `a`: near 0 rows are hardly mixed, at 1 every share is as likely, far above rows
        are averages of two.

    Notes
    -----
    With ``shuffle=False`` the partners are the same in every epoch.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz (2018), mixup: beyond empirical risk
    minimization, ICLR.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.preprocessing import scale
    >>> from sklreg import MLPClassifier
    >>> from sklreg.augmentation import Mixup
    >>> X, y = load_wine(return_X_y=True)
    >>> model = MLPClassifier(augmentation=Mixup(alpha=0.4), random_state=0)
    >>> model.fit(scale(X), y).score(scale(X), y) > 0.98
    True
    """

    alpha: float = 0.2

    def validate(self) -> None:
        """Raise ValueError unless `alpha` is positive."""
        check_number(self, "alpha", above=0.0)

    def augment(
        self,
        X: NDArray[Any],
        y: Array,
        weight: Array,
        source: NDArray[Any],
        key: np.uint64,
    ) -> None:
        """Mix every row with the next, the last with the first."""
        last = X.shape[0] - 1
        first_X, first_y, first_weight = X[0].copy(), y[0].copy(), weight[0]
        for i in range(last):
            share = symmetric_beta(self.alpha, child_key(key, i))
            weight[i] = mix_targets(share, y[i], y[i + 1], weight[i], weight[i + 1])
            mix(X.dtype.type(share), X[i], X[i + 1])
        share = symmetric_beta(self.alpha, child_key(key, last))
        weight[last] = mix_targets(share, y[last], first_y, weight[last], first_weight)
        mix(X.dtype.type(share), X[last], first_X)


@allocating
def mix(share: Any, x: NDArray[Any], other: NDArray[Any]) -> None:
    """Replace `x` by ``share x + (1 - share) other``."""
    for j in range(x.shape[0]):
        x[j] = other[j] + share * (x[j] - other[j])


@allocating
def mix_targets(
    share: float, y: Array, other: Array, weight: float, other_weight: float
) -> float:
    """Replace `y` by the mixture, weighted; return its weight."""
    mixed = share * weight + (1.0 - share) * other_weight
    q = share * weight / mixed
    for c in range(y.shape[0]):
        y[c] = q * y[c] + (1.0 - q) * other[c]
    return mixed


@allocating
def symmetric_beta(a: float, key: np.uint64) -> float:
    r"""Return a number of the distribution Beta(a, a).

    With `u`, `v` uniform, ``w = u^(-1/a) - 1`` and ``c = cos(2 pi v)``, the number
    :math:`\sqrt{2 a w} c` has Student's distribution of 2a degrees of freedom, and

    .. math:: \frac{1}{2} + \frac{c}{2 \sqrt{1 / w + c^2}}

    is Beta(a, a).

    References
    ----------
    Devroye (1996), Random variate generation in one line of code, Winter Simulation
    Conference.
    """
    u, v = 1.0 - uniform(key, 0), uniform(key, 1)
    c = math.cos(2.0 * math.pi * v)
    w = u ** (-1.0 / a) - 1.0
    return 0.5 + 0.5 * c / math.sqrt(1.0 / w + c * c)
