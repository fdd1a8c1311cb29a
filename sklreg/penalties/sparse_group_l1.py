"""Sparse group lasso: l1_ratio times l1, plus the group lasso."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._base import TINY, bisected
from ._groups import BORDER, NEWTON_STEPS, Grouped

#: A group is minimised to this share of its violation, in so many passes at most.
_INNER, _PASSES = 0.1, 20


class SparseGroupL1(Grouped):
    r"""Sparse group lasso: groups become zero, and single weights within the others.

    .. math:: P(w) = \rho \sum_j |w_j| + (1 - \rho) \sum_g \omega_g \|w_g\|_2

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
        for each group, in increasing order of the groups' numbers (or names).
    l1_ratio : float, default=0.5
        Share :math:`\rho` of the l1 part, in [0, 1]: 1 is the lasso, 0 the group lasso.

    See Also
    --------
    sklreg.penalties.GroupL1 : All weights of a group, or none.

    Notes
    -----
    With :math:`\tau = \alpha \rho` and :math:`\lambda_g = \alpha (1 - \rho) \omega_g`,
    a group is zero if :math:`\|S(v, \tau)\| \le \lambda_g`, with `v` minus the gradient
    there and the soft threshold :math:`S(v, \tau) = sign(v) \max(|v| - \tau, 0)`. Else
    its weights are minimised exactly in turn: with the norm `c` of the others

    .. math:: \min_u \tfrac{1}{2} e u^2 - v u + \tau |u| + \lambda \sqrt{u^2 + c^2}

    is solved by zero if :math:`|v| \le \tau` (:math:`\tau + \lambda` if `c` is zero),
    and else by the root of
    :math:`e t + \lambda t / \sqrt{t^2 + c^2} = |v| - \tau`, whose left side increases
    and is concave: Newton's method converges from below. The best multiple of the group
    follows, a quadratic's minimum. A group leaves zero by a proximal step, which is
    lower, so that it does not return.

    References
    ----------
    Simon, Friedman, Hastie and Tibshirani (2013), A sparse-group lasso, Journal of
    Computational and Graphical Statistics 22(2).

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import SparseGroupL1
    >>> X, y = np.eye(4), np.array([3.0, 0.4, 0.5, 0.5])
    >>> penalty = SparseGroupL1(groups=[0, 0, 1, 1], weights=1.0)
    >>> model = LinearRegressor(penalty, alpha=0.25, fit_intercept=False)
    >>> model.fit(X, y).coef_.round(3)
    array([2., 0., 0., 0.])
    """

    isotropic = False

    # What kernels ask --------------------------------------------------------------

    def block_strength(self, columns: NDArray[np.intp], i: int, stop: int) -> float:
        """Return alpha (1 - rho) omega_g, which is lambda."""
        return self.alpha * (1.0 - self.l1_ratio) * self.block_factor(columns, i, stop)

    def block_excess(self, v: NDArray[np.float64], i: int, stop: int) -> float:
        """Return |S(v, tau)|."""
        threshold, total = self.alpha * self.l1_ratio, 0.0
        for a in range(i, stop):
            excess = max(abs(v[a]) - threshold, 0.0)
            total += excess * excess
        return math.sqrt(total)

    def block_value(
        self, z: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return tau |z|_1 + lambda |z|."""
        total = 0.0
        for a in range(i, stop):
            total += abs(z[a])
        norm = self.block_norm(z, i, stop)
        strength = self.block_strength(columns, i, stop)
        return self.alpha * self.l1_ratio * total + strength * norm

    def block_prox(
        self,
        z: NDArray[np.float64],
        step: float,
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> None:
        """Soft-threshold by step tau, then shrink the norm by step lambda."""
        soft = step * self.alpha * self.l1_ratio
        threshold = step * self.block_strength(columns, i, stop)
        for a in range(i, stop):
            z[a] = math.copysign(max(abs(z[a]) - soft, 0.0), z[a])
        norm = self.block_norm(z, i, stop)
        factor = 1.0 - threshold / norm if norm > threshold else 0.0
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
        """Return the distance of -g to tau sign(z) + lambda z / |z|, sets at zero."""
        strength = self.block_strength(columns, i, stop)
        threshold = self.alpha * self.l1_ratio
        norm, total = self.block_norm(z, i, stop), 0.0
        if norm == 0.0:
            return max(self.block_excess(slopes, i, stop) - strength, 0.0)
        for a in range(i, stop):
            if z[a] == 0.0:
                rest = max(abs(slopes[a]) - threshold, 0.0)
            else:
                pushed = math.copysign(threshold, z[a])
                rest = slopes[a] + pushed + strength * (z[a] / norm)
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
        """Write those of the group lasso, and tau sign(z); zeros have kinks."""
        strength = self.block_strength(columns, i, stop)
        threshold = self.alpha * self.l1_ratio
        norm = self.block_norm(z, i, stop)
        for a in range(i, stop):
            first[a], second[a], pull[a] = 0.0, 0.0, 0.0
            at_kink = z[a] == 0.0 and threshold > 0.0
            if at_kink or (norm == 0.0 and strength > 0.0):
                second[a] = math.inf
            elif norm > 0.0:
                pushed = math.copysign(threshold, z[a])
                first[a] = pushed + strength * (z[a] / norm)
                second[a] = strength / norm
                pull[a] = math.sqrt(strength / norm) * (z[a] / norm)

    def block_conjugate(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return 0 if |S(v, tau)| <= lambda, infinity otherwise."""
        rounding = BORDER * self.block_norm(v, i, stop)
        strength = self.block_strength(columns, i, stop)
        inside = self.block_excess(v, i, stop) <= strength + rounding
        return 0.0 if inside else math.inf

    def block_dual_scale(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return the largest t in [0, 1] with |S(t v, tau)| <= lambda.

        The left side is convex in t, so that Newton's method converges from above.
        Where lambda is zero it is tau / max |v|.
        """
        threshold, scale = self.alpha * self.l1_ratio, 1.0
        strength = self.block_strength(columns, i, stop)
        if strength == 0.0:
            for a in range(i, stop):
                if abs(v[a]) > threshold:
                    scale = min(scale, threshold / abs(v[a]))
            return scale
        for _ in range(NEWTON_STEPS):
            square, along = 0.0, 0.0
            for a in range(i, stop):
                excess = max(scale * abs(v[a]) - threshold, 0.0)
                square += excess * excess
                along += excess * abs(v[a])
            norm, old = math.sqrt(square), scale
            if norm <= strength:
                break
            scale -= (norm - strength) * norm / along
            if old - scale <= 1e-16 * old:
                break
        return max(scale, 0.0)

    def block_update(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> tuple[float, bool]:
        """Minimise over the group, to a tenth of what it violates optimality by.

        Returns this violation and whether the group became or ceased to be zero.
        """
        strength = self.block_strength(columns, i, stop)
        before, change = self.block_norm(z, i, stop), 0.0
        if self.block_zero_is_best(quadratic, z, strength, i, stop):
            for a in range(i, stop):
                if z[a] != 0.0:
                    change = max(change, quadratic.diagonal(a) * abs(z[a]))
                    quadratic.move(a, -z[a])
                    z[a] = 0.0
            return change, before != 0.0
        change = self.block_distance(z, quadratic.gradient, columns, i, stop)
        if before == 0.0 and stop > i + 1:
            self.block_leave_zero(quadratic, z, strength, i, stop)
        for _ in range(_PASSES):
            self.block_pass(quadratic, z, strength, i, stop)
            self.block_rescale(quadratic, z, strength, i, stop)
            left = self.block_distance(z, quadratic.gradient, columns, i, stop)
            if left <= _INNER * change:
                break
        after = self.block_norm(z, i, stop)
        return change, (after == 0.0) != (before == 0.0)

    def block_pass(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        strength: float,
        i: int,
        stop: int,
    ) -> None:
        """Minimise over each weight of the group in turn."""
        for a in range(i, stop):
            e, old = quadratic.diagonal(a), z[a]
            if e > TINY:
                z[a] = 0.0
                rest, v = self.block_norm(z, i, stop), e * old - quadratic.slope(a)
                z[a] = self.block_weight(v, e, rest, strength)
                if z[a] != old:
                    quadratic.move(a, z[a] - old)

    def block_rescale(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        strength: float,
        i: int,
        stop: int,
    ) -> None:
        """Minimise over multiples of the group: 1 - (z' slope + P(z)) / z' H z."""
        along, curvature = strength * self.block_norm(z, i, stop), 0.0
        for a in range(i, stop):
            along += quadratic.slope(a) * z[a] + self.alpha * self.l1_ratio * abs(z[a])
            for b in range(i, stop):
                curvature += z[a] * quadratic.entry(a, b) * z[b]
        if curvature <= TINY or along >= curvature:
            return
        for a in range(i, stop):
            delta = -along / curvature * z[a]
            if delta != 0.0:
                quadratic.move(a, delta)
                z[a] += delta

    def block_zero_is_best(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        strength: float,
        i: int,
        stop: int,
    ) -> bool:
        """Tell whether |S(v, tau)| <= lambda, `v` minus the slopes at a zero group."""
        threshold, total = self.alpha * self.l1_ratio, 0.0
        for a in range(i, stop):
            slope = quadratic.slope(a)
            for b in range(i, stop):
                if z[b] != 0.0:
                    slope -= quadratic.entry(a, b) * z[b]
            excess = max(abs(slope) - threshold, 0.0)
            total += excess * excess
        return math.sqrt(total) <= strength

    def block_leave_zero(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        strength: float,
        i: int,
        stop: int,
    ) -> None:
        """Take a proximal step of the group from zero, where that is not the minimum.

        Of one over the trace of its block, which bounds the eigenvalues.
        """
        threshold, trace = self.alpha * self.l1_ratio, 0.0
        for a in range(i, stop):
            slope = quadratic.slope(a)
            z[a] = -math.copysign(max(abs(slope) - threshold, 0.0), slope)
            trace += quadratic.diagonal(a)
        factor = (1.0 - strength / self.block_norm(z, i, stop)) / max(trace, TINY)
        for a in range(i, stop):
            z[a] *= factor
        for a in range(i, stop):
            if z[a] != 0.0:
                quadratic.move(a, z[a])

    def block_weight(self, v: float, e: float, rest: float, strength: float) -> float:
        """Return the best weight, the others of norm `rest`: see the class's notes."""
        s = abs(v) - self.alpha * self.l1_ratio
        if rest == 0.0:
            s -= strength
        if s <= 0.0:
            return 0.0
        if rest == 0.0:
            return math.copysign(s / e, v)
        t = max((s - strength) / e, s / (e + strength / rest))
        for _ in range(NEWTON_STEPS):
            norm = math.sqrt(t * t + rest * rest)
            share = rest / norm
            slope = e + strength * share * share / norm
            step = (s - e * t - strength * t / norm) / slope
            t += step
            if step <= 1e-15 * t:
                break
        return math.copysign(t, v)

    # What is asked in Python -------------------------------------------------------

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the features in groups of weight 0, if there is no l1 part."""
        free = self.weights[self.groups[columns]] == 0.0
        return np.logical_and(free, self.l1_ratio == 0.0)

    def has_dual(self) -> bool:
        """Groups that are not penalised leave no usable dual point."""
        all_penalised = self.l1_ratio > 0.0 or self.weights.min(initial=1.0) > 0.0
        return bool(self.alpha > 0.0 and all_penalised)

    def ridge_strength(self) -> float:
        """Return 0 where nothing is penalised; elsewhere no ridge is like this."""
        return 0.0 if self.is_smooth() else math.nan

    def is_smooth(self) -> bool:
        """Only without strength is there no kink."""
        kinks = self.l1_ratio > 0.0 or self.weights.max(initial=0.0) > 0.0
        return not (self.alpha > 0.0 and kinks)

    def softmax_shift(
        self, rows: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return lower medians for l1 alone, means without l1; both: unique."""
        if self.alpha * self.l1_ratio == 0.0:
            return rows.mean(axis=1)
        medians = np.sort(rows, axis=1)[:, (rows.shape[1] - 1) // 2]
        alone = (1.0 - self.l1_ratio) * self.weights[self.groups[columns]] == 0.0
        return np.where(alone, medians, 0.0)

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return the least alpha with |S(g_g, tau)| <= lambda_g for all groups.

        The condition is met from there on, so that bisection finds it.
        """
        factors = (1.0 - self.l1_ratio) * self.factors(gradient.shape[1])
        if self.l1_ratio == 0.0 and not factors.any():
            return math.inf
        penalised = (factors > 0.0) | (self.l1_ratio > 0.0)

        def all_zero(alpha: float) -> bool:
            excess = np.maximum(np.abs(gradient) - alpha * self.l1_ratio, 0.0)
            norms = np.sqrt(np.bincount(self.groups, (excess**2).sum(axis=1)))
            return bool((norms <= alpha * factors)[penalised].all())

        return 0.0 if all_zero(0.0) else bisected(all_zero)
