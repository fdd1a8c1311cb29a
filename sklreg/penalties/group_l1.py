"""Group lasso: sum over groups of weight_g times the norm of the group."""

from __future__ import annotations

import math
import numbers
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ._base import TINY, Penalty

_NEWTON_STEPS = 50
#: What rounding makes of a norm at the border of the dual ball, relative to it.
_BORDER = 1e-14


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

    Notes
    -----
    Every group is minimised exactly, the others held. In the eigenvectors of its block
    of the Hessian, of eigenvalues `e`, its problem is

    .. math:: \min_u \sum_i \tfrac{1}{2} e_i u_i^2 - v_i u_i + \lambda \|u\|_2,
        \qquad \lambda = \alpha \omega_g

    It is solved by zero if :math:`\|v\| \le \lambda`, and else by
    :math:`u_i = r v_i / (e_i r + \lambda)` with the norm `r` that solves

    .. math:: \psi(r) = \Big( \sum_i \frac{v_i^2}{(e_i r + \lambda)^2} \Big)^{-1/2} = 1.

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
    >>> from sklreg.penalties import GroupL1
    >>> X, y = np.eye(4), np.array([3.0, 4.0, 0.1, 0.2])
    >>> model = LinearRegressor(
    ...     GroupL1(groups=[0, 0, 1, 1], weights=1.0), alpha=0.25, fit_intercept=False
    ... )
    >>> model.fit(X, y).coef_.round(3)
    array([2.4, 3.2, 0. , 0. ])
    """

    _extra_fields: ClassVar[tuple[str, ...]] = ("alpha", "exponent")
    exponent: ClassVar[float]  # a field of the record: of the sizes in the weights

    groups: Any = None
    weights: Any = "sqrt"
    convex = True
    separable = False

    def record(self, alpha: float, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        n_features : int
            Number of features.
        """
        groups = _numbered(self.groups, n_features)
        n_groups = int(groups.max(initial=-1)) + 1
        by_size = isinstance(self.weights, str) and self.weights == "sqrt"
        weights = np.ones(n_groups) if by_size else _factors(self.weights, n_groups)
        exponent = 0.5 if by_size else 0.0
        return self.Record(float(alpha), exponent, groups, weights)

    # What kernels ask --------------------------------------------------------------

    def block_end(self, columns: NDArray[np.intp], i: int) -> int:
        """Return where the group that begins at `i` ends."""
        stop = i + 1
        while (
            stop < columns.shape[0]
            and self.groups[columns[stop]] == self.groups[columns[i]]
        ):
            stop += 1
        return stop

    def block_strength(self, columns: NDArray[np.intp], i: int, stop: int) -> float:
        """Return alpha omega_g, which is lambda."""
        factor = self.weights[self.groups[columns[i]]]
        return self.alpha * factor * float(stop - i) ** self.exponent

    def block_norm(self, z: NDArray[np.float64], i: int, stop: int) -> float:
        """Return the l2 norm of the block."""
        total = 0.0
        for a in range(i, stop):
            total += z[a] * z[a]
        return math.sqrt(total)

    def block_value(
        self, z: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return lambda |z|."""
        return self.block_strength(columns, i, stop) * self.block_norm(z, i, stop)

    def block_violation(
        self,
        z: NDArray[np.float64],
        slopes: NDArray[np.float64],
        norms: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
        out: NDArray[np.float64],
    ) -> None:
        """Write the distance of -g to the ball of radius lambda, or lambda z / |z|."""
        strength = self.block_strength(columns, i, stop)
        norm = self.block_norm(z, i, stop)
        if norm == 0.0:
            distance = max(self.block_norm(slopes, i, stop) - strength, 0.0)
        else:
            total = 0.0
            for a in range(i, stop):
                rest = slopes[a] + strength * (z[a] / norm)
                total += rest * rest
            distance = math.sqrt(total)
        for a in range(i, stop):
            out[a] = distance

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
        """Write lambda u and lambda (I - u u') / |z| with ``u = z / |z|``."""
        strength = self.block_strength(columns, i, stop)
        norm = self.block_norm(z, i, stop)
        for a in range(i, stop):
            first[a], second[a], pull[a] = 0.0, 0.0, 0.0
            if norm > 0.0:
                first[a] = strength * (z[a] / norm)
                second[a] = strength / norm
                pull[a] = math.sqrt(strength / norm) * (z[a] / norm)
            elif strength > 0.0:
                second[a] = math.inf

    def block_conjugate(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return 0 in the ball of radius lambda, infinity outside."""
        norm = self.block_norm(v, i, stop)
        inside = norm * (1.0 - _BORDER) <= self.block_strength(columns, i, stop)
        return 0.0 if inside else math.inf

    def block_dual_scale(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return lambda / |v|, at most 1."""
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
        before = self.block_norm(z, i, stop)
        radius = self.block_radius(quadratic, z, strength, before, i, stop)
        change = 0.0
        for a in range(i, stop):
            e, old, slope = quadratic.diagonal(a), z[a], quadratic.slope(a)
            if strength > 0.0:
                z[a] = 0.0
                if radius > 0.0:
                    z[a] = radius * (e * old - slope) / (e * radius + strength)
            elif e > TINY:
                z[a] = old - slope / e
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

        With ``s_k = sum_i e_i^{k-2} v_i^2 / (e_i r + lambda)^k`` the step is
        ``s_2 (sqrt(s_2) - 1) / s_3``. Without strength any norm will do.
        """
        if strength == 0.0:
            return 1.0
        total = 0.0
        for a in range(i, stop):
            v = quadratic.diagonal(a) * z[a] - quadratic.slope(a)
            total += v * v
        if math.sqrt(total) <= strength:
            return 0.0
        for _ in range(_NEWTON_STEPS):
            second, third = 0.0, 0.0
            for a in range(i, stop):
                e = quadratic.diagonal(a)
                share = (e * z[a] - quadratic.slope(a)) / (e * radius + strength)
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

    def blocks(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the groups' numbers."""
        return self.groups[columns]

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return the features in groups of weight 0."""
        return self.weights[self.groups[columns]] == 0.0

    def has_dual(self) -> bool:
        """Groups that are not penalised leave no usable dual point."""
        return bool(self.alpha > 0.0 and self.weights.min(initial=1.0) > 0.0)

    def is_ridge(self) -> bool:
        """Zero is a function of the norm, anything else prefers groups."""
        return self.is_smooth()

    def is_smooth(self) -> bool:
        """Only without strength is there no kink."""
        return bool(self.alpha * self.weights.max(initial=0.0) == 0.0)

    def softmax_shift(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the means, which make every norm the least."""
        return rows.mean(axis=1)

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return max |g_g| / omega_g over the groups that are penalised."""
        sizes = np.bincount(self.groups) * gradient.shape[1]
        squares = np.bincount(self.groups, (gradient**2).sum(axis=1))
        factors = self.weights * sizes**self.exponent
        if not factors.any():
            return math.inf
        penalised = factors > 0.0
        norms = np.sqrt(squares[penalised])
        return float((norms / factors[penalised]).max())


def _numbered(groups: Any, n_features: int) -> NDArray[np.intp]:
    """Return the groups as numbers from zero on, in the order of what they were."""
    if groups is None:
        return np.arange(n_features)
    labels = np.asarray(groups)
    if labels.shape != (n_features,):
        msg = (
            "groups of GroupL1 must be None or one number or name for each of the "
            f"{n_features} features, got {groups!r}."
        )
        raise ValueError(msg)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        msg = f"groups of GroupL1 must be numbers or names, got {groups!r}."
        raise ValueError(msg)
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _factors(weights: Any, n_groups: int) -> NDArray[np.float64]:
    """Return a factor for each group, from one number or one for each."""
    usable = isinstance(weights, numbers.Real | list | tuple | np.ndarray)
    factors = np.asarray(weights if usable else "", dtype=object)
    try:
        factors = factors.astype(np.float64)
    except (TypeError, ValueError):
        factors = np.array(np.nan)
    if not (np.isfinite(factors).all() and (factors >= 0.0).all()):
        msg = (
            'weights of GroupL1 must be "sqrt", a finite number of at least 0 or one '
            f"for each group, got {weights!r}."
        )
        raise ValueError(msg)
    if factors.shape not in {(), (n_groups,)}:
        msg = (
            f"weights of GroupL1 must be one number for each of the {n_groups} groups, "
            f"got {weights!r}."
        )
        raise ValueError(msg)
    return np.array(np.broadcast_to(factors, n_groups))
