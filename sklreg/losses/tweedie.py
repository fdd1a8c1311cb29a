"""Tweedie losses: variance as a power of the mean, zeros and all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from ._base import Array
from ._log_link import LogLink
from .gamma import Gamma
from .poisson import Poisson


class Tweedie(LogLink):
    r"""Half the unit deviance of variance ``mu**power``, with log link.

    .. math::
        f(y, \eta) = \frac{y^{2-p}}{(1-p)(2-p)} - \frac{y \mu^{1-p}}{1-p}
            + \frac{\mu^{2-p}}{2-p}, \qquad \mu = e^\eta

    and its limits for ``p = 1`` and ``p = 2``. Predictions are the means `mu`.

    Parameters
    ----------
    power : float, default=1.5
        The exponent `p`: 0 or at least 1.

        ===== ========================= =========== ============
        power distribution              targets     certificate
        ===== ========================= =========== ============
        0     normal                    any         violation
        1     Poisson                   at least 0  duality gap
        1..2  compound Poisson gamma    at least 0  violation
        2     gamma                     above 0     duality gap
        above positive stable;          above 0     violation
        2     3 is inverse Gaussian
        ===== ========================= =========== ============

    Notes
    -----
    For powers 0 and above 2 the loss is not convex in `eta`: the fit is a stationary
    point, reached from the best constant prediction.

    References
    ----------
    Jørgensen (1987), Exponential dispersion models, Journal of the Royal Statistical
    Society B 49(2).

    Examples
    --------
    >>> from sklreg.losses import Tweedie
    >>> round(float(Tweedie(power=1.5).record().value(4.0, 0.0)), 6)
    2.0
    """

    power: float = 1.5

    def validate(self) -> None:
        """Raise ValueError unless `power` is 0 or at least 1."""
        power = check_number(self, "power", low=0.0)
        if 0.0 < power < 1.0:
            msg = (
                "power of Tweedie must be 0 or at least 1, where distributions exist, "
                f"got {self.power!r}."
            )
            raise ValueError(msg)

    def record(self) -> Any:
        """Return the record, for powers 0, 1 and 2 that of the special case."""
        self.validate()
        special = {0.0: _NormalOfLogLink, 1.0: Poisson, 2.0: Gamma}.get(self.power)
        return special().record() if special else super().record()

    def in_domain(self, y: Array) -> NDArray[np.bool_]:
        """Tell which targets are at least zero, or above it if power is."""
        return y >= 0.0 if self.power < 2.0 else y > 0.0

    def domain(self) -> str:
        """Name the targets."""
        limit = "of at least" if self.power < 2.0 else "above"
        return f"numbers {limit} zero"

    def variance_power(self) -> float:
        """Return `power`."""
        return self.power

    # With a = 1 - p, b = 2 - p and d = eta - log y, all is y^b times a function of d.

    def value(self, y: float, eta: float) -> float:
        """Return y^b ((exp(b d) - 1) / b - (exp(a d) - 1) / a)."""
        a, b = 1.0 - self.power, 2.0 - self.power
        if y <= 0.0:
            return self.exp(b * eta) / b
        d = eta - math.log(y)
        if max(a * d, b * d) > 709.0:
            return math.inf
        return self.exp(b * math.log(y)) * (
            math.expm1(b * d) / b - math.expm1(a * d) / a
        )

    def derivative(self, y: float, eta: float) -> float:
        """Return y^b (exp(b d) - exp(a d)) = mu^b - y mu^a."""
        a, b = 1.0 - self.power, 2.0 - self.power
        if y <= 0.0:
            return self.exp(b * eta)
        log_y = math.log(y)
        d = eta - log_y
        if d < 0.0:
            return self.exp(b * log_y + a * d) * math.expm1(d)
        return -self.exp(b * log_y + b * d) * math.expm1(-d)

    def curvature(self, y: float, eta: float) -> float:
        """Return y^b (b exp(b d) - a exp(a d)), zero where that is negative."""
        a, b = 1.0 - self.power, 2.0 - self.power
        if y <= 0.0:
            return b * self.exp(b * eta)
        log_y = math.log(y)
        d = eta - log_y
        if d < 0.0:
            return self.exp(b * log_y + a * d) * max(b * math.exp(d) - a, 0.0)
        return self.exp(b * log_y + b * d) * max(b - a * math.exp(-d), 0.0)

    def majorizer(self, y: float, eta: float) -> float:
        """Return the larger of the curvatures here and at mu = y, see `LogLink`."""
        at_y = self.exp((2.0 - self.power) * math.log(y)) if y > 0.0 else 0.0
        return max(self.curvature(y, eta), at_y)


class _NormalOfLogLink(LogLink):
    """Power 0: ``(mu - y)^2 / 2`` for any `y`."""

    def in_domain(self, y: Array) -> NDArray[np.bool_]:
        """Every number will do."""
        return np.ones(y.shape, dtype=np.bool_)

    def variance_power(self) -> float:
        """Return 0: the variance is constant."""
        return 0.0

    def value(self, y: float, eta: float) -> float:
        """Return (mu - y)^2 / 2."""
        r = self.exp(eta) - y
        return 0.5 * r * r

    def derivative(self, y: float, eta: float) -> float:
        """Return mu (mu - y)."""
        mu = self.exp(eta)
        return mu * (mu - y)

    def curvature(self, y: float, eta: float) -> float:
        """Return mu (2 mu - y), zero where that is negative."""
        mu = self.exp(eta)
        return mu * max(2.0 * mu - y, 0.0)

    def majorizer(self, y: float, eta: float) -> float:
        """Return the larger of the curvatures here and at mu = y, see `LogLink`."""
        mu = self.exp(eta)
        return max(mu * (2.0 * mu - y), y * max(y, 0.0))
