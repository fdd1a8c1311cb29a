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
from .problem import Array, Evaluation, Problem, penalty_violations

#: Share by which intervals are widened, for the rounding of what they are made from.
_MARGIN = 1e-9
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
    basis = np.array([each.slopes[:, 0] * inverse for each in near]).T
    target = (slopes * inverse).T
    gram = basis.T @ basis  # any mix will do, the radius tells how well
    gram.flat[:: len(near) + 1] *= 1.0 + _RIDGE
    gram.flat[:: len(near) + 1] += np.finfo(np.float64).tiny
    mix = np.linalg.solve(gram, basis.T @ target).T
    radius = np.linalg.norm(target - basis @ mix.T, axis=0)
    radius += _MARGIN * np.linalg.norm(target, axis=0)
    low, high = np.full(p, np.inf), np.full(p, -np.inf)
    mix, radius = mix / alphas[:, None], radius / alphas
    _widen(known, mix, radius, problem.norms, np.empty(p), low, high)
    return _leaves_zero(problem, low) | _leaves_zero(problem, high)


@kernel
def _widen(
    known: Array,
    mix: Array,
    radius: Array,
    norms: Array,
    g: Array,
    low: Array,
    high: Array,
) -> None:
    """Widen the intervals to hold the gradients at all points, over the strengths."""
    for m in range(mix.shape[0]):
        for k in range(mix.shape[1]):
            share = mix[m, k]
            for j in range(g.shape[0]):
                g[j] = share * known[k, j] + (g[j] if k > 0 else 0.0)
        for j in range(g.shape[0]):
            reach = radius[m] * norms[j]
            low[j] = min(low[j], g[j] - reach)
            high[j] = max(high[j], g[j] + reach)


def _leaves_zero(problem: Problem, slopes: Array) -> NDArray[np.bool_]:
    """Tell which zero weights violate optimality at unit strength."""
    unit: Any = problem.penalty.at_strength(1.0)
    found = np.empty_like(slopes)
    zero = np.zeros_like(slopes)
    penalty_violations(unit, problem.columns, problem.norms, zero, slopes, found)
    return found > 0.0
