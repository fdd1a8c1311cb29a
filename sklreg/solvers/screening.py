r"""Which weights stay zero, told from gradients that are known nearby.

The gradients ``X' r_k`` of some slopes ``r_k = q u_k`` are known. Those of other
slopes are near what the `r_k` combine to: with ``r = sum_k c_k r_k + e``, by Cauchy and
Schwarz

.. math:: |x_j' r - \sum_k c_k x_j' r_k| \le \|x_j\|_q \, \|e\|_{1/q}, \qquad
    \|x\|_q^2 = \sum_i q_i x_i^2, \quad \|e\|_{1/q}^2 = \sum_i e_i^2 / q_i

and `c` makes the right side next to smallest. A zero weight is optimal where both ends
of that interval are in the subdifferential there, no product with `X` needed. (El
Ghaoui, Viallon and Rabbani 2012, Safe feature elimination for the lasso, Pacific
Journal of Optimization 8(4), has one known point; between two the ball is far smaller.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..penalties._base import TINY
from .problem import Array, Evaluation, Problem

#: Share by which intervals are widened, for the rounding of what they are made from.
_MARGIN = 1e-9
#: Weights whose intervals are widened at once.
_BLOCK = 512
#: Share of the diagonal added to the equations for what is mixed, of slopes much alike.
_RIDGE = 1e-10


def can_screen(problem: Problem) -> bool:
    """Tell whether each weight has a subdifferential of its own, an interval."""
    penalty = problem.penalty
    return bool(problem.n_outputs == 1 and penalty.separable and penalty.convex)


def unproven(
    problem: Problem, alphas: Array, slopes: Array, near: list[Evaluation]
) -> NDArray[np.bool_]:
    """Return which weights, if zero, are not proven to be so at all of some points.

    Parameters
    ----------
    problem : Problem
        For which `can_screen` holds.
    alphas : ndarray of shape (n_points,)
        Strengths of the penalty at these points.
    slopes : ndarray of shape (n_points, n_samples)
        Derivatives of the data term with respect to `eta` there.
    near : list of Evaluation
        What is known elsewhere.
    """
    p = problem.design.shape[1]
    if not alphas.min() > 0.0:
        return np.ones(p, np.bool_)
    q, wanted = problem.weight, np.empty(p, np.bool_)
    shares = np.divide(1.0, q, out=np.zeros_like(q), where=q > 0.0)
    known = np.array([each.gradient[:, 0] for each in near])
    basis = np.array([each.slopes[:, 0] for each in near])
    mix, radius = np.empty((len(alphas), len(near))), np.empty(len(alphas))
    _mix(basis, slopes, shares, alphas, np.empty((len(near),) * 2), mix, radius)
    unit, room = problem.penalty.at_strength(1.0), np.empty((5, _BLOCK))
    _mark(unit, problem.columns, problem.norms, known, mix, radius, room, wanted)
    return wanted


@kernel
def _mix(
    basis: Array,
    slopes: Array,
    shares: Array,
    alphas: Array,
    factor: Array,
    mix: Array,
    radius: Array,
) -> None:
    """Write what mix of the known slopes is near those of each point, and how near.

    Both over the strength. With rows `r_k` of the basis `R` that is
    ``(R diag(1/q) R')^-1 R diag(1/q) r``; any will do, for the radius tells how well.
    """
    _factorise(basis, shares, factor)
    for m in range(slopes.shape[0]):
        r, c, off = slopes[m], mix[m], 0.0
        for k in range(basis.shape[0]):
            c[k] = _inner(basis[k], r, shares)
        _solve(factor, c)
        for i in range(shares.shape[0]):
            rest = r[i]
            for k in range(basis.shape[0]):
                rest -= c[k] * basis[k, i]
            off += shares[i] * rest * rest
        size = np.sqrt(_inner(r, r, shares))
        radius[m] = (np.sqrt(off) + _MARGIN * size) / alphas[m]
        for k in range(basis.shape[0]):
            c[k] /= alphas[m]


@kernel
def _factorise(basis: Array, shares: Array, factor: Array) -> None:
    """Write the lower factor of ``R diag(1/q) R'`` and a ridge."""
    for k in range(basis.shape[0]):
        for a in range(k + 1):
            entry = _inner(basis[k], basis[a], shares)
            if a == k:
                entry += _RIDGE * entry + TINY
            for b in range(a):
                entry -= factor[k, b] * factor[a, b]
            factor[k, a] = np.sqrt(entry) if a == k else entry / factor[a, a]


@kernel
def _solve(factor: Array, c: Array) -> None:
    """Solve ``L L' c = c`` in place."""
    for k in range(c.shape[0]):
        for a in range(k):
            c[k] -= factor[k, a] * c[a]
        c[k] /= factor[k, k]
    for k in range(c.shape[0] - 1, -1, -1):
        for a in range(k + 1, c.shape[0]):
            c[k] -= factor[a, k] * c[a]
        c[k] /= factor[k, k]


@kernel
def _inner(left: Array, right: Array, shares: Array) -> float:
    """Return ``sum_i left_i right_i / q_i``."""
    total = 0.0
    for i in range(shares.shape[0]):
        total += shares[i] * left[i] * right[i]
    return total


@kernel
def _mark(
    penalty: Any,
    columns: NDArray[np.intp],
    norms: Array,
    known: Array,
    mix: Array,
    radius: Array,
    room: Array,
    wanted: NDArray[np.bool_],
) -> None:
    """Mark the weights of whose interval an end is not in the subdifferential at zero.

    The interval holds the gradients at all points, over the strengths. Some weights at
    a time, whose numbers stay in the cache.
    """
    zero, g, low, high, found = room[0], room[1], room[2], room[3], room[4]
    for start in range(0, norms.shape[0], room.shape[1]):
        stop = min(start + room.shape[1], norms.shape[0])
        sizes, numbers = norms[start:stop], columns[start:stop]
        for j in range(stop - start):
            zero[j], low[j], high[j] = 0.0, np.inf, -np.inf
        for m in range(mix.shape[0]):
            for j in range(stop - start):
                g[j] = 0.0
            for k in range(mix.shape[1]):
                share, there = mix[m, k], known[k, start:stop]
                for j in range(stop - start):
                    g[j] += share * there[j]
            for j in range(stop - start):  # `min` and `max` would not vectorise
                reach = radius[m] * sizes[j]
                a, b = g[j] - reach, g[j] + reach
                low[j] = a if a < low[j] else low[j]  # noqa: FURB136
                high[j] = b if b > high[j] else high[j]  # noqa: FURB136
        for j in range(stop - start):
            penalty.block_violation(zero, low, sizes, numbers, j, j + 1, found)
            is_wanted = found[j] > 0.0
            penalty.block_violation(zero, high, sizes, numbers, j, j + 1, found)
            wanted[start + j] = is_wanted or found[j] > 0.0
