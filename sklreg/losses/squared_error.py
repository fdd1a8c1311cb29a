"""Squared error: (y - eta)^2 / 2."""

from __future__ import annotations

from ._base import Array, Loss


class SquaredError(Loss):
    r"""Half the squared error, summed over outputs.

    .. math:: f(y, \eta) = \frac{1}{2} (y - \eta)^2

    Examples
    --------
    >>> from sklreg.losses import SquaredError
    >>> SquaredError().record().value(3.0, 1.0)
    2.0
    """

    quadratic = True
    dual = True

    def value(self, y: float, eta: float) -> float:
        """Return (eta - y)^2 / 2."""
        return 0.5 * (eta - y) * (eta - y)

    def derivative(self, y: float, eta: float) -> float:
        """Return eta - y."""
        return eta - y

    def curvature(self, y: float, eta: float) -> float:
        """Return 1."""
        return 1.0

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return u y - u^2 / 2."""
        return u * (y - 0.5 * u)

    def balanced_dual(self, u: Array, y: Array, weight: Array) -> Array:
        """Subtract the weighted mean: every number is a dual point."""
        del y
        return u - weight @ u
