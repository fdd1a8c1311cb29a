"""Squared hinge loss: the support vector machine with a smooth margin."""

from __future__ import annotations

import math

from ._base import Array, Loss


class SquaredHinge(Loss):
    r"""The square of the hinge loss, for two classes.

    .. math::
        f(y, \eta) = \max(0, 1 - s \eta)^2, \qquad s = 2 y - 1

    with `y` 0 or 1: zero from the margin ``s eta = 1`` on. It is that of scikit-learn's
    ``LinearSVC(loss="squared_hinge")``, which minimises
    ``C sum(f) + |w|^2 / 2``: ``alpha = 1 / (C n_samples)`` with penalty l2 (or l1,
    whose ``C sum(f) + sum(abs(w))`` it is), but liblinear penalises the intercept.
    There are no probabilities.

    References
    ----------
    Chang, Hsieh and Lin (2008), Coordinate descent method for large-scale L2-loss
    linear support vector machines, Journal of Machine Learning Research 9.

    Examples
    --------
    >>> from sklreg.losses import SquaredHinge
    >>> SquaredHinge().record().value(1.0, -0.5)
    2.25
    """

    dual = True
    of_classes = True

    def value(self, y: float, eta: float) -> float:
        """Return max(0, 1 - s eta)^2."""
        short = max(0.0, 1.0 - (2.0 * y - 1.0) * eta)
        return short * short

    def derivative(self, y: float, eta: float) -> float:
        """Return -2 s max(0, 1 - s eta)."""
        s = 2.0 * y - 1.0
        return -2.0 * s * max(0.0, 1.0 - s * eta)

    def curvature(self, y: float, eta: float) -> float:
        """Return 2 short of the margin, 0 beyond."""
        return 2.0 if (2.0 * y - 1.0) * eta < 1.0 else 0.0

    def majorizer(self, y: float, eta: float) -> float:
        """Return 2, the largest curvature."""
        return 2.0

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return t - t^2 / 4 with t = s u, which must be at least zero."""
        t = (2.0 * y - 1.0) * u
        return t * (1.0 - 0.25 * t) if t >= 0.0 else -math.inf

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the share of ones less that of zeros, the exact answer."""
        return weight @ (2.0 * y - 1.0)
