"""Quantile loss: errors above and below count differently."""

from __future__ import annotations

import numpy as np

from .._parameters import check_number
from ._base import Array, Loss


class Quantile(Loss):
    r"""The check (pinball) loss, smallest where a share `q` of the targets lies below.

    .. math::
        f(y, \eta) = \max(q (y - \eta), (q - 1) (y - \eta))

    Its derivative jumps where ``eta = y``, so that networks take it, and linear models,
    which are solved to a certificate by second derivatives, do not.

    Parameters
    ----------
    q : float, default=0.5
        The quantile, in (0, 1); 0.5 is the median.

    See Also
    --------
    sklreg.losses.AbsoluteError : Twice the loss of the median.

    References
    ----------
    Koenker and Bassett (1978), Regression quantiles, Econometrica 46(1).

    Examples
    --------
    >>> from sklreg.losses import Quantile
    >>> loss = Quantile(q=0.75).record()
    >>> loss.value(1.0, 0.0), loss.value(0.0, 1.0)
    (0.75, 0.25)
    """

    q: float = 0.5
    smooth = False

    def validate(self) -> None:
        """Raise ValueError unless `q` lies in (0, 1)."""
        check_number(self, "q", above=0.0, below=1.0)

    def value(self, y: float, eta: float) -> float:
        """Return q (y - eta) or (1 - q) (eta - y), the one that is not negative."""
        return max(self.q * (y - eta), (1.0 - self.q) * (eta - y))

    def derivative(self, y: float, eta: float) -> float:
        """Return -q below y, 1 - q above, and 0 there."""
        if eta == y:
            return 0.0
        return -self.q if eta < y else 1.0 - self.q

    def curvature(self, y: float, eta: float) -> float:
        """Return 0, the curvature almost everywhere."""
        return 0.0

    def first_intercept(self, y: Array, weight: Array) -> Array:
        """Return the weighted quantiles, the exact answer."""
        return weighted_quantiles(y, weight, self.q)


def weighted_quantiles(y: Array, weight: Array, q: float) -> Array:
    """Return the least number in each column up to which a share `q` of weight lies."""
    found = np.empty(y.shape[1])
    for c in range(y.shape[1]):
        order = np.argsort(y[:, c], kind="stable")
        share = np.cumsum(weight[order]) / weight.sum()
        at = min(int(np.searchsorted(share, q)), len(order) - 1)
        found[c] = y[order[at], c]
    return found
