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
