"""Absolute error: |y - eta|."""

from __future__ import annotations

from ._base import Array, Loss
from .quantile import weighted_quantiles


class AbsoluteError(Loss):
    r"""The absolute error, summed over outputs; its best constant is the median.

    .. math:: f(y, \eta) = |y - \eta|

    Its derivative jumps where ``eta = y``, so that networks take it, and linear models,
    which are solved to a certificate by second derivatives, do not:
    :class:`~sklreg.losses.Huber` with a small `delta` is next to it.

    See Also
    --------
    sklreg.losses.Quantile : Other quantiles than the median.

    Examples
    --------
    >>> from sklreg.losses import AbsoluteError
    >>> AbsoluteError().record().value(3.0, 1.0)
    2.0
    """

    smooth = False

    def value(self, y: float, eta: float) -> float:
        """Return |eta - y|."""
        return abs(eta - y)

    def derivative(self, y: float, eta: float) -> float:
        """Return the sign of eta - y."""
        if eta == y:
            return 0.0
        return -1.0 if eta < y else 1.0

    def curvature(self, y: float, eta: float) -> float:
        """Return 0, the curvature almost everywhere."""
        return 0.0

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the weighted medians, the exact answer."""
        return weighted_quantiles(y, weight, 0.5)
