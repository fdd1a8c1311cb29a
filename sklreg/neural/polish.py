r"""Full-batch minimisation of a network's objective, in float64.

Which algorithm fits depends on the penalty alone:

* it is convex and has a derivative off zero (l1, l2, elastic net): `quasi_newton`
  within `orthants`; if it has one at zero as well (l2) and activations have kinks, on
  which thousands of units may sit, in the variables of `whitening`;
* it is one on norms of groups: `quasi_newton` on `factors`;
* it is not convex, or has nothing but `value` and `prox` (a penalty of the user's):
  `proximal_gradient`, whose short steps do not throw weights far into a flat part.

Activations with a kink (relu) put kinks into the objective, and minimisers sit on them.
There the kinks are rounded, on both sides of zero by :math:`\mu`, and the minimiser is
followed as :math:`\mu` goes down. What is stationary at the last :math:`\mu`, a
millionth of the units' typical size, has zero in its generalised gradient, but for
units that are nearer than :math:`\mu` to a kink where they should be on it.

References
----------
Chen (2012), Smoothing methods for nonsmooth, nonconvex minimization, Mathematical
Programming 134.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .activations import has_kink
from .budget import Budget
from .factors import groups_of, within_groups
from .layers import Array, Flat
from .objective import Objective
from .orthants import within_orthant
from .proximal_gradient import proximal_gradient
from .quasi_newton import quasi_newton
from .residual import Residual
from .scales import Scales
from .whitening import is_small, whitened

#: Kinks are rounded by shares of the units' sizes, from the first on ...
_FIRST = 1e-1
#: ... by this factor less each time, ...
_FACTOR = 0.1
#: ... down to the last, which leaves digits to tell where on a kink a unit is, ...
_LAST = {np.dtype(np.float32): 1e-3, np.dtype(np.float64): 1e-6}
#: ... and followed to this multiple of the share.
_ACCURACY = 0.01


class Polished(NamedTuple):
    """Where a full-batch method ended."""

    theta: Flat
    n_iter: int
    shortfall: str  # empty, or which number missed which tolerance
    rounding: Array  # n_layers: by how much kinks were rounded, 0 without


def polish(
    objective: Objective, theta: Flat, scales: Scales, tol: float, max_fun: int
) -> Polished:
    """Minimise from `theta` until the relative residual is at most `tol`.

    Parameters
    ----------
    max_fun : int
        Limit on passes over the data.
    """
    point, reached, budget = np.array(theta, dtype=np.float64), np.inf, Budget(max_fun)
    method = _method(objective)
    rounding = np.zeros(objective.network.n_layers)
    for rounding, share in _roundings(objective, point, theta.dtype):
        enough = max(tol, _ACCURACY * share)
        residual = Residual(objective.rounded(rounding), scales)
        point, reached = method(residual, point, enough, budget)
    shortfall, limit = "", max(tol, _hidden_by_rounding(scales))
    if reached > limit:
        shortfall = (
            f"the relative optimality residual is {reached:.3g} after "
            f"{budget.n_fun} passes over the data, above its limit {limit:g}"
        )
    return Polished(point, max(budget.n_iter, 1), shortfall, rounding)


def _method(objective: Objective) -> Any:
    """Return the algorithm that the penalty's properties allow."""
    smooth = objective.penalty.is_smooth() and objective.penalty.is_tame()
    if smooth and _has_kinks(objective) and is_small(objective.network):
        return partial(quasi_newton, whitened)
    if objective.penalty.is_tame():
        return partial(quasi_newton, within_orthant)
    if objective.penalty.is_of_norms():
        return partial(quasi_newton, partial(within_groups, groups_of(objective)))
    return proximal_gradient


def _hidden_by_rounding(scales: Scales) -> float:
    """Return the relative residual that changes no digit of the objective.

    In a direction of typical curvature; it matters where features tell nothing about y.
    """
    yardstick = scales.gradient * scales.parameters[-1]
    return scales.loss * float(np.sqrt(2.0 * np.finfo(np.float64).eps)) / yardstick


def _has_kinks(objective: Objective) -> bool:
    """Tell whether an activation has."""
    return any(map(has_kink, objective.network.codes[:-1]))


def _roundings(
    objective: Objective, theta: Flat, dtype: Any
) -> Iterator[tuple[Array, float]]:
    """Yield the roundings to go through, and their accuracy; 0 for the last."""
    network = objective.network
    sizes = np.zeros(network.n_layers)
    if _has_kinks(objective) or network.activity > 0.0:
        sizes = objective.unit_sizes(theta)
    last = _LAST[np.dtype(dtype)] if sizes.any() else _FIRST
    share = _FIRST
    while share > 1.5 * last:
        yield share * sizes, share
        share *= _FACTOR
    yield last * sizes, 0.0
