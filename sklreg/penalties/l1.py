"""L1, the lasso: |w|."""

from __future__ import annotations

from typing import Any

from ._base import Penalty
from .elastic_net import ElasticNet


class L1(Penalty):
    r"""L1 penalty, the lasso: weights become exactly zero.

    .. math:: P(w) = \sum_j |w_j|

    See Also
    --------
    sklreg.penalties.ElasticNet : With an l2 part; keeps correlated features together.

    Notes
    -----
    Its record is that of the elastic net at ``l1_ratio=1``, so that both share one
    compiled kernel.

    References
    ----------
    Tibshirani (1996), Regression shrinkage and selection via the lasso, Journal of the
    Royal Statistical Society B 58(1).

    Examples
    --------
    >>> from sklreg.penalties import L1
    >>> soft_threshold = L1().record(alpha=0.5, n_features=1).prox
    >>> soft_threshold(2.0, 1.0, 0), soft_threshold(0.3, 1.0, 0)
    (1.5, 0.0)
    """

    def record(self, alpha: float, n_features: int) -> Any:
        """Return the record of an elastic net without l2 part."""
        return ElasticNet(l1_ratio=1.0).record(alpha, n_features)
