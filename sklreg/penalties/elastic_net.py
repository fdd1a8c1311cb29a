"""Elastic net: l1_ratio |w| + (1 - l1_ratio) w^2 / 2."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from ._base import Penalty


class ElasticNet(Penalty):
    r"""Elastic net, the sum of an l1 and an l2 penalty.

    .. math:: P(w) = \rho \sum_j |w_j| + \frac{1 - \rho}{2} \sum_j w_j^2

    Parameters
    ----------
    l1_ratio : float, default=0.5
        Share :math:`\rho` of the l1 part, in [0, 1]: 1 is the lasso, 0 is ridge.

    See Also
    --------
    sklreg.penalties.L1 : The lasso.
    sklreg.penalties.L2 : Ridge, weight decay.

    Notes
    -----
    The proximal operator is
    :math:`S(x, \eta\alpha\rho) / (1 + \eta\alpha(1 - \rho))` with the soft threshold
    :math:`S(x, t) = sign(x) \max(|x| - t, 0)`.

    References
    ----------
    Zou and Hastie (2005), Regularization and variable selection via the elastic net,
    Journal of the Royal Statistical Society B 67(2), equation 7.

    Examples
    --------
    >>> from sklreg.penalties import ElasticNet
    >>> ElasticNet(l1_ratio=0.5).record(alpha=1.0, n_features=1).prox(2.0, 1.0, 0)
    1.0
    """

    l1_ratio: float = 0.5
    convex = True

    def validate(self) -> None:
        """Raise ValueError unless `l1_ratio` lies in [0, 1]."""
        check_number(self, "l1_ratio", low=0.0, high=1.0)

    def value(self, x: float, j: int) -> float:
        """Return alpha (rho |x| + (1 - rho) x^2 / 2)."""
        if self.alpha == 0.0:  # where x^2 overflows, too
            return 0.0
        return self.alpha * (
            self.l1_ratio * abs(x) + 0.5 * (1.0 - self.l1_ratio) * x * x
        )

    def prox(self, x: float, step: float, j: int) -> float:
        """Soft-threshold, then shrink."""
        size = math.fabs(x)
        real = type(size)  # single precision stays single
        threshold = step * real(self.alpha * self.l1_ratio)
        shrinkage = real(1.0) + step * real(self.alpha * (1.0 - self.l1_ratio))
        if size > threshold:
            return (x - math.copysign(threshold, x)) / shrinkage
        return real(0.0) * x

    def derivative(self, x: float, j: int) -> float:
        """Return alpha (rho sign(x) + (1 - rho) x)."""
        slope = self.alpha * (1.0 - self.l1_ratio) * x
        if x > 0.0:
            return slope + self.alpha * self.l1_ratio
        if x < 0.0:
            return slope - self.alpha * self.l1_ratio
        return slope

    def curvature(self, x: float, j: int) -> float:
        """Return alpha (1 - rho), infinite at the kink."""
        if x == 0.0 and self.alpha * self.l1_ratio > 0.0:
            return math.inf
        return self.alpha * (1.0 - self.l1_ratio)

    def violation(self, x: float, g: float, step: float, j: int) -> float:
        """Return the distance of -g to the subdifferential, an interval at zero."""
        if x == 0.0:
            return max(abs(g) - self.alpha * self.l1_ratio, 0.0)
        return abs(g + self.derivative(x, j))

    def conjugate(self, v: float, j: int) -> float:
        """Return max(|v| - alpha rho, 0)^2 / (2 alpha (1 - rho))."""
        excess = abs(v) - self.alpha * self.l1_ratio
        if excess <= 0.0:
            return 0.0
        curvature = self.alpha * (1.0 - self.l1_ratio)
        if curvature > 0.0:
            return 0.5 * excess * excess / curvature
        return 0.0 if excess <= 1e-15 * abs(v) else math.inf

    def dual_scale(self, v: float, j: int) -> float:
        """Return alpha rho / |v|, at most 1: feasible for the l1 part alone."""
        threshold = self.alpha * self.l1_ratio
        return threshold / abs(v) if abs(v) > threshold else 1.0

    def has_dual(self) -> bool:
        """Without a penalty there is no usable dual point."""
        return self.alpha > 0.0

    def ridge_strength(self) -> float:
        """Return alpha (1 - rho) where there is no l1 part."""
        return self.alpha * (1.0 - self.l1_ratio) if self.is_smooth() else math.nan

    def is_smooth(self) -> bool:
        """Only the l1 part has a kink."""
        return self.alpha * self.l1_ratio == 0.0

    def softmax_shift(
        self, rows: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Lower median for l1 alone, mean without l1; nothing for both: unique."""
        if self.is_smooth():
            return rows.mean(axis=1)
        if self.l1_ratio == 1.0:
            return np.sort(rows, axis=1)[:, (rows.shape[1] - 1) // 2]
        return np.zeros(len(rows))

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return max |g| / rho."""
        largest = float(np.abs(gradient).max(initial=0.0))
        if largest == 0.0:
            return 0.0
        return largest / self.l1_ratio if self.l1_ratio > 0.0 else math.inf
