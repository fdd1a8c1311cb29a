"""Logistic loss of a yes-or-no target."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._exponentials import exp, softplus
from ._base import BORDER, Array, Loss
from .softmax import Softmax


class LogLoss(Loss):
    r"""Log-loss, the negative log-likelihood of classes.

    With two classes (or several yes-or-no labels), for `y` in [0, 1],

    .. math:: f(y, \eta) = \log(1 + e^\eta) - y \eta ,

    and with more classes the softmax of :class:`~sklreg.losses.Softmax`.

    Examples
    --------
    >>> from sklreg.losses import LogLoss
    >>> round(float(LogLoss().record().value(1.0, 0.0)), 6)
    0.693147
    """

    dual = True
    of_classes = True
    likelihood = True
    probabilistic = True

    def multinomial(self) -> Any:
        """Return the record for more than two classes."""
        return Softmax().record()

    def value(self, y: float, eta: float) -> float:
        """Return log(1 + exp(eta)) - y eta, without overflow."""
        return softplus(eta) - y * eta

    def derivative(self, y: float, eta: float) -> float:
        """Return p - y with p = 1 / (1 + exp(-eta)), exact in both tails."""
        small = exp(-abs(eta))
        p_small = small / (1.0 + small)
        return (1.0 - y) - p_small if eta > 0.0 else p_small - y

    def curvature(self, y: float, eta: float) -> float:
        """Return p (1 - p)."""
        small = exp(-abs(eta))
        return small / ((1.0 + small) * (1.0 + small))

    def majorizer(self, y: float, eta: float) -> float:
        """Return 1/4, the largest curvature."""
        return 0.25

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return the entropy of p = y - u, which must be in [0, 1]."""
        p = y - u
        if p < -BORDER or p > 1.0 + BORDER:
            return -math.inf
        entropy = 0.0
        if p > 0.0:
            entropy -= p * math.log(p)
        if p < 1.0:
            entropy -= (1.0 - p) * math.log(1.0 - p)
        return entropy

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the log-odds of the weighted share of ones, the exact answer."""
        share = np.clip(weight @ y, 1e-300, None)
        return np.log(share / np.clip(weight @ (1.0 - y), 1e-300, None))
