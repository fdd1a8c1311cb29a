"""What losses with a logarithmic link share: the mean of the target is exp(eta)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._exponentials import exp
from ._base import Array, Loss


class LogLink(Loss):
    r"""Base class of half deviances with ``mu = exp(eta)``.

    `f` is smallest, and zero, where ``mu = y``. Its curvature has no upper bound:
    between `eta` and the minimiser ``log y`` it is at most the larger of the values at
    these two ends, and that is the majorizer. Its parabola lies above `f` all the way
    to the minimiser of the row, and does not lead beyond it.
    """

    has_link = True

    def inverse_link(self, eta: Any) -> Any:
        """Return exp(eta)."""
        return np.exp(eta)

    def exp(self, x: float) -> float:
        """Return exp(x), infinite where it overflows, in Python as in kernels."""
        return exp(x) if x < 709.0 else math.inf

    def in_domain(self, y: Array) -> NDArray[np.bool_]:
        """Tell which targets are at least zero."""
        return y >= 0.0

    def domain(self) -> str:
        """Name the targets."""
        return "numbers of at least zero"

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the log of the weighted mean, the exact answer."""
        return np.log(np.clip(weight @ y, 1e-300, None))

    def intercept_beside(self, y: Array, weight: Array, offset: Array) -> Array:
        """Return log sum q y exp(a o) - log sum q exp(b o), the exact answer.

        With a = 1 - p and b = 2 - p, for the derivative is mu^b - y mu^a.
        """
        a, q = 1.0 - self.variance_power(), weight[:, None]
        return _log_sums(q * y, a * offset) - _log_sums(q, (1.0 + a) * offset)

    def variance_power(self) -> float:
        """Return the `p` of the variance mu^p. Python only."""
        raise NotImplementedError


def _log_sums(factors: Array, exponents: Array) -> Array:
    """Return ``log sum_i factors_i exp(exponents_i)``, column by column."""
    counted = np.where(factors != 0.0, exponents, -np.inf)
    largest = counted.max(axis=0)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    sums = (factors * np.exp(counted - largest)).sum(axis=0)
    return largest + np.log(np.clip(sums, 1e-300, None))
