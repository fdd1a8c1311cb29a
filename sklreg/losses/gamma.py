"""Gamma loss: positive numbers with errors in proportion to their size."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ._base import BORDER, Array
from ._log_link import LogLink


class Gamma(LogLink):
    r"""Half the gamma deviance with log link, for `y` above zero.

    .. math::
        f(y, \eta) = \frac{y}{\mu} + \eta - \log y - 1, \qquad \mu = e^\eta

    the negative log-likelihood of a gamma variable of mean `mu` and shape 1, less its
    minimum, so that it is zero where ``mu = y``. A factor on `y` moves only the
    intercept. Predictions are the means `mu`.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, 2nd edition, section 8.3.

    Examples
    --------
    >>> from sklreg.losses import Gamma
    >>> round(Gamma().record().value(3.0, 0.0), 6)
    0.901388
    """

    dual = True

    def in_domain(self, y: Array) -> NDArray[np.bool_]:
        """Tell which targets are above zero."""
        return y > 0.0

    def domain(self) -> str:
        """Name the targets."""
        return "numbers above zero"

    def value(self, y: float, eta: float) -> float:
        """Return exp(-d) - 1 + d with d = eta - log(y), without cancellation."""
        d = eta - math.log(y)
        return math.expm1(-d) + d if d > -709.0 else math.inf

    def derivative(self, y: float, eta: float) -> float:
        """Return 1 - y / mu = -(exp(-d) - 1)."""
        d = eta - math.log(y)
        return -math.expm1(-d) if d > -709.0 else -math.inf

    def curvature(self, y: float, eta: float) -> float:
        """Return y / mu."""
        return self.exp(math.log(y) - eta)

    def majorizer(self, y: float, eta: float) -> float:
        """Return max(y / mu, 1), see `LogLink`."""
        return max(self.exp(math.log(y) - eta), 1.0)

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return u (1 + log y) - (1 + u) log(1 + u), for 1 + u = y / mu >= 0."""
        if u < -1.0 - BORDER:
            return -math.inf
        entropy = (1.0 + u) * math.log1p(u) if u > -1.0 else 0.0
        return (u - entropy) + u * math.log(y)

    def variance_power(self) -> float:
        """Return 2: the variance is mu^2."""
        return 2.0

    def balanced_dual(self, u: Array, y: Array, weight: Array) -> Array:
        """Scale the ratios 1 + u to mean 1: what the best intercept does."""
        del y
        ratio = 1.0 + u
        return ratio / (weight @ ratio) - 1.0
