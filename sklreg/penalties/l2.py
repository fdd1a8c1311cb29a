"""L2, ridge, weight decay: w^2 / 2."""

from __future__ import annotations

from typing import Any

from ._base import Penalty
from .elastic_net import ElasticNet


class L2(Penalty):
    r"""L2 penalty (ridge, weight decay): weights shrink, none becomes zero.

    .. math:: P(w) = \frac{1}{2} \sum_j w_j^2

    See Also
    --------
    sklreg.penalties.ElasticNet : With an l1 part; some weights become zero.

    Notes
    -----
    Its record is that of the elastic net at ``l1_ratio=0``, so that both share one
    compiled kernel.

    References
    ----------
    Hoerl and Kennard (1970), Ridge regression: biased estimation for nonorthogonal
    problems, Technometrics 12(1).

    Examples
    --------
    >>> from sklreg.penalties import L2
    >>> L2().record(alpha=1.0, n_features=1).prox(2.0, 1.0, 0)
    1.0
    """

    def record(self, alpha: float, n_features: int) -> Any:
        """Return the record of an elastic net without l1 part."""
        return ElasticNet(l1_ratio=0.0).record(alpha, n_features)
