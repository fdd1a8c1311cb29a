"""Group elastic net: l1_ratio times the group lasso, plus an l2 part."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._base import TINY
from ._groups import BORDER, NEWTON_STEPS, Grouped


class GroupElasticNet(Grouped):
    r"""Group lasso plus ridge: groups become zero, correlated ones stay together.

    .. math:: P(w) = \rho \sum_g \omega_g \|w_g\|_2 + \frac{1 - \rho}{2} \sum_j w_j^2

    with :math:`w_g` the weights of all features of group `g`, for all outputs or
    classes. With ``weights=1`` and a group per feature it is the penalty of
    scikit-learn's ``MultiTaskElasticNet``.

    Parameters
    ----------
    groups : array of shape (n_features,) or None, default=None
        The group of each feature: a number or a name. None: every feature is a group
        of its own, across outputs or classes.
    weights : "sqrt", float or array of shape (n_groups,), default="sqrt"
        The factors :math:`\omega_g`. "sqrt": the root of the group's size, features
        times outputs, which treats groups of all sizes alike. An array has a number
        for each group, in increasing order of the groups' numbers (or names).
    l1_ratio : float, default=0.5
        Share :math:`\rho` of the groups, in [0, 1]: 1 is the group lasso, 0 is ridge.

    See Also
    --------
    sklreg.penalties.GroupL1 : Without the l2 part.
    sklreg.penalties.ElasticNet : The same for single weights.

    Notes
    -----
    Every group is minimised exactly, the others held. In the eigenvectors of its block
    of the Hessian, of eigenvalues `e`, its problem is, with :math:`\mu = \alpha (1 -
    \rho)`,

    .. math:: \min_u \sum_i \tfrac{1}{2} (e_i + \mu) u_i^2 - v_i u_i + \lambda \|u\|_2,
        \qquad \lambda = \alpha \rho \, \omega_g

    It is solved by zero if :math:`\|v\| \le \lambda`, and else by
    :math:`u_i = r v_i / ((e_i + \mu) r + \lambda)` with the norm `r` that solves

    .. math:: \psi(r) = \Big( \sum_i
        \frac{v_i^2}{((e_i + \mu) r + \lambda)^2} \Big)^{-1/2} = 1.

    :math:`\psi` increases and is concave, so that Newton's method converges from any
    start, from the second step on from below. For equal `e` it is linear.

    References
    ----------
    Yuan and Lin (2006), Model selection and estimation in regression with grouped
    variables, Journal of the Royal Statistical Society B 68(1).

    Friedman, Hastie and Tibshirani (2010), A note on the group lasso and a sparse group
    lasso, arXiv 1001.0736.

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import GroupElasticNet
    >>> X, y = np.eye(4), np.array([3.0, 4.0, 0.1, 0.2])
    >>> penalty = GroupElasticNet(l1_ratio=0.5, groups=[0, 0, 1, 1], weights=1.0)
    >>> model = LinearRegressor(penalty, alpha=0.5, fit_intercept=False)
    >>> model.fit(X, y).coef_.round(3)
    array([1.2, 1.6, 0. , 0. ])
    """

    # What kernels ask --------------------------------------------------------------

    def block_strength(self, columns: NDArray[np.intp], i: int, stop: int) -> float:
        """Return alpha rho omega_g, which is lambda."""
        return self.alpha * self.l1_ratio * self.block_factor(columns, i, stop)

    def block_value(
        self, z: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return lambda |z| + mu |z|^2 / 2."""
        norm, ridge = self.block_norm(z, i, stop), self.alpha * (1.0 - self.l1_ratio)
        return (self.block_strength(columns, i, stop) + 0.5 * ridge * norm) * norm

    def block_prox(
        self,
        z: NDArray[np.float64],
        step: float,
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> None:
        """Shrink the norm by step lambda, then all by 1 + step mu."""
        threshold = step * self.block_strength(columns, i, stop)
        norm, ridge = self.block_norm(z, i, stop), self.alpha * (1.0 - self.l1_ratio)
        factor = 0.0
        if norm > threshold:
            factor = (1.0 - threshold / norm) / (1.0 + step * ridge)
        for a in range(i, stop):
            z[a] *= factor

    def block_distance(
        self,
        z: NDArray[np.float64],
        slopes: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> float:
        """Return the distance of -g to a ball, or to lambda z / |z| + mu z."""
        strength = self.block_strength(columns, i, stop)
        ridge = self.alpha * (1.0 - self.l1_ratio)
        norm, total = self.block_norm(z, i, stop), 0.0
        if norm == 0.0:
            return max(self.block_norm(slopes, i, stop) - strength, 0.0)
        for a in range(i, stop):
            rest = slopes[a] + strength * (z[a] / norm) + ridge * z[a]
            total += rest * rest
        return math.sqrt(total)

    def block_derivatives(
        self,
        z: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
        first: NDArray[np.float64],
        second: NDArray[np.float64],
        pull: NDArray[np.float64],
    ) -> None:
        """Write lambda u + mu z and, with u = z / |z|, lambda (I - u u') / |z| + mu."""
        strength = self.block_strength(columns, i, stop)
        ridge = self.alpha * (1.0 - self.l1_ratio)
        norm = self.block_norm(z, i, stop)
        for a in range(i, stop):
            first[a], second[a], pull[a] = 0.0, ridge, 0.0
            if norm > 0.0:
                first[a] = strength * (z[a] / norm) + ridge * z[a]
                second[a] = strength / norm + ridge
                pull[a] = math.sqrt(strength / norm) * (z[a] / norm)
            elif strength > 0.0:
                second[a] = math.inf

    def block_conjugate(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return max(|v| - lambda, 0)^2 / (2 mu)."""
        norm, ridge = self.block_norm(v, i, stop), self.alpha * (1.0 - self.l1_ratio)
        excess = norm - self.block_strength(columns, i, stop)
        if excess <= 0.0:
            return 0.0
        if ridge > 0.0:
            return 0.5 * excess * excess / ridge
        return 0.0 if excess <= BORDER * norm else math.inf

    def block_dual_scale(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return lambda / |v|, at most 1: feasible for the groups alone."""
        strength = self.block_strength(columns, i, stop)
        norm = self.block_norm(v, i, stop)
        return strength / norm if norm > strength else 1.0

    def block_update(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> tuple[float, bool]:
        """Minimise exactly over the group, in the eigenvectors of its block.

        ``v_i = e_i z_i - slope_i``, as in the notes of the class.
        """
        strength = self.block_strength(columns, i, stop)
        ridge = self.alpha * (1.0 - self.l1_ratio)
        before = self.block_norm(z, i, stop)
        radius = self.block_radius(quadratic, z, strength, before, i, stop)
        change = 0.0
        for a in range(i, stop):
            e, old, slope = quadratic.diagonal(a), z[a], quadratic.slope(a)
            if strength > 0.0:
                z[a] = 0.0
                if radius > 0.0:
                    z[a] = radius * (e * old - slope)
                    z[a] /= (e + ridge) * radius + strength
            elif e + ridge > TINY:
                z[a] = (e * old - slope) / (e + ridge)
            if z[a] != old:
                quadratic.move(a, z[a] - old)
                change = max(change, e * abs(z[a] - old))
        return change, (radius == 0.0) != (before == 0.0)

    def block_radius(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        strength: float,
        radius: float,
        i: int,
        stop: int,
    ) -> float:
        """Return the norm of the group's minimiser, by Newton from `radius`.

        With ``s_k = sum_i (e_i + mu)^{k-2} v_i^2 / ((e_i + mu) r + lambda)^k`` the step
        is ``s_2 (sqrt(s_2) - 1) / s_3``. Without strength any norm will do.
        """
        if strength == 0.0:
            return 1.0
        ridge, total = self.alpha * (1.0 - self.l1_ratio), 0.0
        for a in range(i, stop):
            v = quadratic.diagonal(a) * z[a] - quadratic.slope(a)
            total += v * v
        if math.sqrt(total) <= strength:
            return 0.0
        for _ in range(NEWTON_STEPS):
            second, third = 0.0, 0.0
            for a in range(i, stop):
                v = quadratic.diagonal(a) * z[a] - quadratic.slope(a)
                e = quadratic.diagonal(a) + ridge
                share = v / (e * radius + strength)
                second += share * share
                third += e * share * share / (e * radius + strength)
            if third <= 0.0:
                break
            old = radius
            radius = max(old + second * (math.sqrt(second) - 1.0) / third, 0.0)
            if abs(radius - old) <= 1e-15 * radius:
                break
        return radius

    # What is asked in Python -------------------------------------------------------

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the features in groups of weight 0, if there is no l2 part."""
        free = self.weights[self.groups[columns]] == 0.0
        return np.logical_and(free, self.l1_ratio == 1.0)

    def has_dual(self) -> bool:
        """Groups that are not penalised leave no usable dual point."""
        all_penalised = self.l1_ratio < 1.0 or self.weights.min(initial=1.0) > 0.0
        return bool(self.alpha > 0.0 and all_penalised)

    def ridge_strength(self) -> float:
        """Return alpha (1 - rho) where no group is penalised."""
        return self.alpha * (1.0 - self.l1_ratio) if self.is_smooth() else math.nan

    def is_smooth(self) -> bool:
        """Only the groups have kinks."""
        return bool(self.alpha * self.l1_ratio * self.weights.max(initial=0.0) == 0.0)

    def softmax_shift(
        self, rows: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the means, which make every norm the least."""
        return rows.mean(axis=1)

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return max |g_g| / (rho omega_g) over the groups that are penalised."""
        factors = self.l1_ratio * self.factors(gradient.shape[1])
        norms = np.sqrt(np.bincount(self.groups, (gradient**2).sum(axis=1)))
        penalised = factors > 0.0
        nothing_is = self.l1_ratio == 1.0 and not penalised.any()
        only_l2 = self.l1_ratio < 1.0 and norms[~penalised].any()
        if nothing_is or only_l2:
            return math.inf
        return float((norms[penalised] / factors[penalised]).max(initial=0.0))
