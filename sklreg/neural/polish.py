r"""Full-batch minimisation of a network's objective, in float64.

Which algorithm fits depends on the penalty alone:

* it is convex and has a derivative off zero (l1, l2, elastic net): `quasi_newton`;
* it is one of groups, not convex, or has nothing but `value` and `prox` (a penalty of
  the user's): `proximal_gradient`, whose short steps do not throw weights far into a
  flat part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .activations import has_kink
from .layers import Flat
from .limits import Limits, Progress
from .objective import Objective
from .proximal_gradient import proximal_gradient
from .quasi_newton import quasi_newton
from .residual import Residual
from .scales import Scales

#: Where activations have kinks no residual vanishes; this one belongs to a network that
#: has come to rest.
_AT_KINKS = 1e-2


class Polished(NamedTuple):
    """Where a full-batch method ended."""

    theta: Flat
    n_iter: int
    shortfall: str  # empty, or which number missed which tolerance


def polish(
    objective: Objective, theta: Flat, scales: Scales, limits: Limits
) -> Polished:
    """Minimise from `theta` until the relative residual is small enough.

    Where the activations have kinks, until the objective makes no more progress.
    """
    start = np.array(theta, dtype=np.float64)
    network = objective.network
    kinks = any(map(has_kink, network.codes[:-1])) or network.activity > 0.0
    if not kinks:
        limits = limits._replace(progress=0.0)
    progress = Progress(limits)
    method: Any = quasi_newton if objective.penalty.is_tame() else proximal_gradient
    theta, reached = method(Residual(objective, scales), start, progress)
    shortfall = ""
    limit = max(limits.residual, _AT_KINKS) if kinks else limits.residual
    if reached > limit and (progress.spent or not kinks):
        shortfall = (
            f"the relative optimality residual is {reached:.3g} after "
            f"{progress.n_fun} passes over the data, above its limit {limit:g}"
        )
    return Polished(theta, max(progress.n_iter, 1), shortfall)
