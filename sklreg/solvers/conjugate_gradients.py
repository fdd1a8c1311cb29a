r"""Ridge regression in many columns: two products with X for each step.

.. math:: F(w, b) = \tfrac{1}{2} \sum_i q_i (x_i' w + b - y_i)^2
    + \tfrac{\alpha}{2} \|w\|^2

is minimised along one direction after the other, conjugate under its Hessian, in the
metric of a diagonal `M`:

.. math::
    z = M^{-1} g, \quad g = X' \mathrm{diag}(q) (\eta - y) + \alpha w, \qquad
    d \leftarrow \frac{g' z}{g_-' z_-} d - z, \qquad
    t = \frac{-g' d}{\sum_i q_i (x_i' d)^2 + \alpha \|d\|^2} .

No product with ``X' X`` is kept but `eta`, so that no digits are squared, and the
gradient of a step is the one its certificate needs.

Hestenes and Stiefel (1952), Methods of conjugate gradients for solving linear systems,
Journal of Research of the National Bureau of Standards 49(6), section 10.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .certificate import Certified, certify
from .metric import metric
from .problem import Array, Point, Problem, evaluate
from .tolerance import Report, Tolerance

#: After how many steps progress is reported.
_REPORT_EVERY = 20


def conjugate_gradients(
    problem: Problem,
    found: Certified,
    limits: Tolerance,
    max_iter: int,
    report: Report,
    gives_up: Callable[[float], bool] = lambda _: False,
) -> tuple[Certified, int]:
    """Improve what was `found` until `limits` are met or `max_iter` steps are done.

    Or until `gives_up` says so, which is told by how much the limits are missed.
    """
    alpha, (w, b, eta) = problem.penalty.ridge_strength(), found.point
    m = metric(problem, b)[:-1]
    here = _with_intercepts(problem, w.copy(), eta - b, problem.y)
    g = found.evaluation.gradient + alpha * w  # intercepts are no matter to it
    d, power, n_iter = np.zeros_like(w), np.inf, 0
    last: Certified | None = found
    while n_iter < max_iter:
        z, before = g / m, power
        power = float(np.vdot(g, z))
        d *= power / before
        d -= z
        way = _with_intercepts(problem, d, problem.design.matvec(d), 0.0)
        bend = float(problem.weight @ (way.eta**2).sum(axis=1))
        bend += alpha * float(np.vdot(d, d))
        fall = -float(np.vdot(g, d))
        if not (fall > 0.0 and bend > 0.0):  # at the minimum, up to rounding
            break
        n_iter += 1
        t = fall / bend
        for total, change in zip(here, way, strict=True):
            np.add(total, t * change, out=total)
        evaluation = evaluate(problem, here)
        g, last = evaluation.gradient + alpha * here.w, None
        excess = _excess(limits, g, alpha)
        if n_iter % _REPORT_EVERY == 0 or excess <= 1.0:
            last = certify(problem, here, evaluation)
            report(n_iter, last.certificate, limits)
            if limits.met(last.certificate):
                break
        if gives_up(excess):
            break
    return last or certify(problem, here, evaluation), max(n_iter, 1)


def _with_intercepts(problem: Problem, w: Array, eta: Array, y: Array | float) -> Point:
    """Return the point of weights that predict `eta`, its intercepts the best for `y`.

    Columns are centred if there are any.
    """
    b = problem.weight @ (y - eta) * problem.fit_intercept
    return Point(w, b, eta + b)


def _excess(limits: Tolerance, g: Array, alpha: float) -> float:
    """Return what decides divided by its limit; the gap is ``|g|^2 / 2 alpha``."""
    if math.isnan(limits.gap):
        return float(np.abs(g).max()) / limits.violation
    return float(np.vdot(g, g)) / (2.0 * alpha) / limits.gap  # a product may underflow
