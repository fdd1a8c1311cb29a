"""Huber loss: squared near zero, absolute far away."""

from __future__ import annotations

from .._parameters import check_number
from ._base import Loss


class Huber(Loss):
    r"""Huber's loss, which outliers pull on with bounded force.

    .. math::
        f(y, \eta) = \begin{cases}
            \frac{1}{2} r^2 & |r| \le \delta \\
            \delta |r| - \frac{1}{2} \delta^2 & \text{otherwise}
        \end{cases}
        \qquad r = \eta - y

    Parameters
    ----------
    delta : float, default=1.35
        Residual, in units of `y`, beyond which the loss is linear.

    Notes
    -----
    `delta` is in the units of `y`. scikit-learn's ``HuberRegressor`` estimates a scale
    beside the coefficients; for the scale it found its epsilon corresponds to
    ``delta = epsilon * scale_``.

    References
    ----------
    Huber (1964), Robust estimation of a location parameter, Annals of Mathematical
    Statistics 35(1).

    Examples
    --------
    >>> from sklreg.losses import Huber
    >>> Huber(delta=1.0).record().value(0.0, 3.0)
    2.5
    """

    delta: float = 1.35
    dual = True

    def validate(self) -> None:
        """Raise ValueError unless `delta` is positive."""
        check_number(self, "delta", above=0.0)

    def value(self, y: float, eta: float) -> float:
        """Return the loss of the residual."""
        r = abs(eta - y)
        if r <= self.delta:
            return 0.5 * r * r
        return self.delta * (r - 0.5 * self.delta)

    def derivative(self, y: float, eta: float) -> float:
        """Return the residual clipped to [-delta, delta]."""
        return min(max(eta - y, -self.delta), self.delta)

    def curvature(self, y: float, eta: float) -> float:
        """Return 1 in the middle, 0 outside."""
        return 1.0 if abs(eta - y) <= self.delta else 0.0

    def majorizer(self, y: float, eta: float) -> float:
        """Return min(1, delta / |r|), the weights of reweighted least squares."""
        r = abs(eta - y)
        return 1.0 if r <= self.delta else self.delta / r

    def conjugate_dual(self, y: float, u: float) -> float:
        """Return u y - u^2 / 2; |u| <= delta holds for every residual."""
        return u * (y - 0.5 * u)
