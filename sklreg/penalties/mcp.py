"""MCP, the minimax concave penalty: l1 at zero, flat beyond gamma alpha."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._parameters import check_number
from ._base import Penalty
from .l1 import L1


class MCP(Penalty):
    r"""Minimax concave penalty: small weights become zero, large ones do not shrink.

    .. math::
        \alpha P(w) = \sum_j \begin{cases}
            \alpha |w_j| - w_j^2 / (2 \gamma) & |w_j| \le \gamma \alpha \\
            \gamma \alpha^2 / 2 & |w_j| > \gamma \alpha
        \end{cases}

    Parameters
    ----------
    gamma : float, default=3.0
        The shape :math:`\gamma`, above 1: how far the penalty goes on growing. Towards
        infinity it is the lasso, towards 1 selection without shrinkage.

    See Also
    --------
    sklreg.penalties.L1 : The limit of large `gamma`; convex.

    Notes
    -----
    With step :math:`\eta < \gamma` the proximal problem is convex, and its solution is
    firm thresholding:

    .. math::
        prox(x) = \begin{cases}
            S(x, \eta \alpha) / (1 - \eta / \gamma) & |x| \le \gamma \alpha \\
            x & |x| > \gamma \alpha
        \end{cases}
        \qquad S(x, t) = sign(x) \max(|x| - t, 0)

    With :math:`\eta \ge \gamma` it is concave on :math:`0 \le u \le \gamma \alpha`, so
    that the minimum lies at an end of that interval or in the flat part. For
    :math:`|x| \le \gamma \alpha` zero is the lowest of these, beyond it is zero, of
    objective :math:`x^2 / 2`, or `x`, of :math:`\eta \gamma \alpha^2 / 2`: hard
    thresholding at :math:`|x| = \alpha \sqrt{\eta \gamma}`, zero at the tie.

    The only kink is at zero, and adding :math:`x^2 / (2 \gamma)` makes the penalty
    convex; so its regular, limiting and Clarke subdifferentials are one,
    :math:`[-\alpha, \alpha]` at zero and the derivative elsewhere, and a violation of
    zero means a stationary point. For the squared error and columns whose mean square
    is at least :math:`1 / \gamma`, standardised ones for instance, no single weight of
    a stationary point can be improved by any move. In flatter problems (short columns;
    the log-loss, whose curvature is at most 1/4) take a larger `gamma`. There may be
    several stationary points: which one is found depends on the start.

    References
    ----------
    Zhang (2010), Nearly unbiased variable selection under minimax concave penalty,
    Annals of Statistics 38(2).

    Examples
    --------
    >>> from sklreg.penalties import MCP
    >>> prox = MCP(gamma=2.0).record(alpha=0.5, n_features=1).prox
    >>> prox(0.4, 1.0, 0), prox(0.75, 1.0, 0), prox(2.0, 1.0, 0)
    (0.0, 0.5, 2.0)
    """

    gamma: float = 3.0
    stops_at_bounds = True  # convex or concave up to gamma alpha, convex beyond

    def validate(self) -> None:
        """Raise ValueError unless `gamma` is above 1."""
        check_number(self, "gamma", above=1.0)

    def value(self, x: float, j: int) -> float:
        """Return alpha |x| - x^2 / (2 gamma), constant beyond gamma alpha."""
        size = min(abs(x), self.gamma * self.alpha)
        return self.alpha * size - 0.5 * size * size / self.gamma

    def prox(self, x: float, step: float, j: int) -> float:
        """Threshold: firmly below a step of gamma, hard from there on."""
        size = abs(x)
        if step >= self.gamma:
            return x if size > self.alpha * math.sqrt(step * self.gamma) else 0.0
        if size > self.gamma * self.alpha:
            return x
        firm = max(size - step * self.alpha, 0.0) / (1.0 - step / self.gamma)
        return math.copysign(min(firm, size), x)  # rounding may pass the size

    def derivative(self, x: float, j: int) -> float:
        """Return sign(x) max(alpha - |x| / gamma, 0)."""
        if x == 0.0:
            return 0.0
        return math.copysign(max(self.alpha - abs(x) / self.gamma, 0.0), x)

    def curvature(self, x: float, j: int) -> float:
        """Return -1 / gamma, 0 in the flat part, infinite at the kink.

        At ``|x| = gamma alpha`` it jumps; 0, the larger one, keeps Newton's matrix
        definite.
        """
        if abs(x) >= self.gamma * self.alpha:
            return 0.0
        return math.inf if x == 0.0 else -1.0 / self.gamma

    def violation(self, x: float, g: float, step: float, j: int) -> float:
        """Return the distance of -g to the subdifferential, an interval at zero."""
        if x == 0.0:
            return max(abs(g) - self.alpha, 0.0)
        return abs(g + self.derivative(x, j))

    def ridge_strength(self) -> float:
        """Return 0 without strength; with it, no ridge is like this."""
        return 0.0 if self.is_smooth() else math.nan

    def is_smooth(self) -> bool:
        """Only without strength is there no kink."""
        return self.alpha == 0.0

    def convex_relative(self) -> Any:
        """Return the lasso of the same strength, the limit of large gamma."""
        return L1().record(self.alpha, 0)

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return max |g|: from there on zero is a stationary point.

        A fit from zero leaves it below, and only below. In columns whose step exceeds
        `gamma` a far weight may have a lower objective than the zero nevertheless.
        """
        return float(np.abs(gradient).max(initial=0.0))
