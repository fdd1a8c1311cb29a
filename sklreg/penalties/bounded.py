"""Bounds: any penalty, infinite outside a box."""

from __future__ import annotations

import math
from typing import Any

from ._base import Penalty
from ._per_feature import inner_record, numbers_of, per_feature


class Bounded(Penalty):
    r"""A penalty with bounds on the coefficients.

    .. math:: P(w) = P_{inner}(w) \text{ if } l_j \le w_j \le u_j \text{ for all } j,
        \quad \infty \text{ otherwise}

    Parameters
    ----------
    penalty : {"l1", "l2", "mcp"}, penalty object or None, default="l1"
        The penalty inside; a name stands for the object with its defaults. One of
        single weights, not of groups. None: bounds alone.
    lower : float or array of shape (n_features,), default=-inf
        The bounds :math:`l_j \le 0`.
    upper : float or array of shape (n_features,), default=inf
        The bounds :math:`u_j \ge 0`.

    See Also
    --------
    sklreg.penalties.Weighted : Factors for features; the two may hold each other.

    Notes
    -----
    Bounds are in the units of ``coef_``, with `standardize` as without, and hold
    exactly. An estimator's ``positive=True`` is the bounds 0 and infinity. They must
    not exclude zero, so that at a large `alpha` all coefficients are zero. A bound that
    is never met is better left infinite: a far one makes the certificate less sharp.

    For a convex `P` that is even the minimiser within bounds of a quadratic in one
    weight is the bound nearest to the unrestricted one; for MCP that or zero. Other
    penalties that are not convex must say so, see `Penalty`. The conjugate is that of
    `P` while its slope at the bound holds `v` back, and beyond that linear,
    :math:`v u_j - P(u_j)`; so where all bounds are finite there is a duality gap even
    without a penalty.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear
    models via coordinate descent, Journal of Statistical Software 33(1).

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import Bounded
    >>> X, y = np.eye(3), np.array([-3.0, 2.0, 6.0])
    >>> penalty = Bounded("l1", lower=0.0, upper=1.0)
    >>> model = LinearRegressor(penalty, alpha=0.5, fit_intercept=False)
    >>> model.fit(X, y).coef_.round(3)
    array([0. , 0.5, 1. ])
    """

    penalty: Any = "l1"
    lower: Any = -math.inf
    upper: Any = math.inf

    def record(self, alpha: float, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        n_features : int
            Number of features.
        """
        lower = numbers_of(self, "lower", n_features, "at most 0", high=0.0)
        upper = numbers_of(self, "upper", n_features, "at least 0", low=0.0)
        inner = inner_record(self, alpha, n_features)
        return per_feature(inner, n_features, lower=lower, upper=upper)
