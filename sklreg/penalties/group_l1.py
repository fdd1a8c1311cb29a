"""Group lasso: sum over groups of weight_g times the norm of the group."""

from __future__ import annotations

from typing import Any

from ._base import Penalty
from ._groups import group_fields
from .group_elastic_net import GroupElasticNet


class GroupL1(Penalty):
    r"""Group lasso: the weights of a group become zero together.

    .. math:: P(w) = \sum_g \omega_g \|w_g\|_2

    with :math:`w_g` the weights of all features of group `g`, for all outputs or
    classes.

    Parameters
    ----------
    groups : array of shape (n_features,) or None, default=None
        The group of each feature: a number or a name. None: every feature is a group
        of its own, across outputs or classes.
    weights : "sqrt", float or array of shape (n_groups,), default="sqrt"
        The factors :math:`\omega_g`. "sqrt": the root of the group's size, features
        times outputs, which treats groups of all sizes alike. An array has a number
        for each group, in increasing order of the groups' numbers (or names). Groups
        of weight 0 are not penalised.

    See Also
    --------
    sklreg.penalties.L1 : The same for groups of one weight of weight 1.
    sklreg.penalties.GroupElasticNet : With an l2 part.
    sklreg.penalties.SparseGroupL1 : With zeros within groups.

    Notes
    -----
    Its record is that of :class:`~sklreg.penalties.GroupElasticNet` at ``l1_ratio=1``,
    so that both share one compiled kernel.

    References
    ----------
    Yuan and Lin (2006), Model selection and estimation in regression with grouped
    variables, Journal of the Royal Statistical Society B 68(1).

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import GroupL1
    >>> X, y = np.eye(4), np.array([3.0, 4.0, 0.1, 0.2])
    >>> model = LinearRegressor(
    ...     GroupL1(groups=[0, 0, 1, 1], weights=1.0), alpha=0.25, fit_intercept=False
    ... )
    >>> model.fit(X, y).coef_.round(3)
    array([2.4, 3.2, 0. , 0. ])
    """

    groups: Any = None
    weights: Any = "sqrt"

    def record(self, alpha: float, n_features: int) -> Any:
        """Return the record of a group elastic net without l2 part."""
        fields = group_fields("GroupL1", self.groups, self.weights, n_features)
        return GroupElasticNet.Record(alpha=float(alpha), l1_ratio=1.0, **fields)
