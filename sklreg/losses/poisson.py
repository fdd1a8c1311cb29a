"""Poisson loss: counts, on a logarithmic scale."""

from __future__ import annotations

import math

from ._base import BORDER, Array
from ._log_link import LogLink


class Poisson(LogLink):
    r"""Half the Poisson deviance with log link, for `y` of at least zero.

    .. math::
        f(y, \eta) = \mu - y \eta + y \log y - y, \qquad \mu = e^\eta

    the negative log-likelihood of a Poisson variable of mean `mu`, less its minimum, so
    that it is zero where ``mu = y``. Predictions are the means `mu`.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, 2nd edition, section 2.3.

    Examples
    --------
    >>> from sklreg.losses import Poisson
    >>> round(float(Poisson().record().value(3.0, 0.0)), 6)
    1.295837
    """

    dual = True
    likelihood = True

    def value(self, y: float, eta: float) -> float:
        """Return y (exp(d) - 1 - d) with d = eta - log(y), without cancellation."""
        if y <= 0.0:
            return self.exp(eta)
        d = eta - math.log(y)
        if abs(d) < 1.0:
            return y * (math.expm1(d) - d)
        return self.exp(eta) - y - y * d

    def derivative(self, y: float, eta: float) -> float:
        """Return mu - y."""
        return self.exp(eta) - y

    def curvature(self, y: float, eta: float) -> float:
        """Return mu."""
        return self.exp(eta)

    def majorizer(self, y: float, eta: float) -> float:
        """Return max(mu, y), see `LogLink`."""
        return max(self.exp(eta), y)

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return y log(y / m) - u + u log(m) with m = y - u, the mean; m >= 0."""
        m = y - u
        if m < -BORDER * y:
            return -math.inf
        if m <= 0.0:
            return y * math.log(y) - y if y > 0.0 else 0.0
        if y <= 0.0:
            return u * math.log(m) - u
        log_ratio = math.log(y) - math.log(m)
        if abs(u) < 0.5 * y:
            log_ratio = -math.log1p(-u / y)
        return (y * log_ratio - u) + u * math.log(m)

    def variance_power(self) -> float:
        """Return 1: the variance is mu."""
        return 1.0

    def balanced_dual(self, u: Array, y: Array, weight: Array) -> Array:
        """Scale the means m = y - u to the mean of y: what the best intercept does."""
        m = y - u
        return y - m * ((weight @ y) / (weight @ m))
