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
    root = np.sqrt(problem.weight)
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0.0)
    known = np.array([each.gradient[:, 0] for each in near])
    basis = np.array([each.slopes[:, 0] * inverse for each in near])
    target = slopes * inverse
    gram = basis @ basis.T  # any mix will do, the radius tells how well
    gram.flat[:: len(near) + 1] *= 1.0 + _RIDGE
    gram.flat[:: len(near) + 1] += np.finfo(np.float64).tiny
    mix = np.linalg.solve(gram, basis @ target.T).T
    radius = np.linalg.norm(target - mix @ basis, axis=1)
    radius += _MARGIN * np.linalg.norm(target, axis=1)
    wanted, unit = np.empty(p, np.bool_), problem.penalty.at_strength(1.0)
    mix, radius = mix / alphas[:, None], radius / alphas
    room = np.empty((5, _BLOCK))
    _mark(unit, problem.columns, problem.norms, known, mix, radius, room, wanted)
    return wanted


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
