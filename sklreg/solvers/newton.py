"""Smooth and small: Newton's method to rounding, one factorisation a step.

What is left to do where it fails, or does not get there, is done by what comes after.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from .certificate import Certified, certify, intercept_violation
from .problem import Array, Evaluation, Point, Problem, evaluate, smooth_parts
from .proximal_newton import line_search

#: Problems up to this size (n_samples x weights) are solved to rounding.
CHEAP = 50_000
#: Share of the slopes' sum that is rounding, and steps without halving the violation.
_ROUNDING, _PATIENCE = 1e-15, 3


def is_small_and_smooth(problem: Problem) -> bool:
    """Tell whether Newton's method is the way: one output, a unique solution."""
    smooth = problem.penalty.is_smooth() and problem.penalty.has_dual()
    (n, p), single = problem.design.shape, problem.n_outputs == 1
    return bool(single and smooth and not problem.loss.quadratic and n * p <= CHEAP)


def newton(problem: Problem, found: Certified, max_iter: int) -> tuple[Certified, int]:
    """Improve on `found` until only rounding is left, or `max_iter` steps are spent."""
    formed = problem._replace(design=problem.design.formed())
    point, evaluation = found.point, found.evaluation
    norm = float(problem.norms.max(initial=0.0))
    best, since_best, n_iter = np.inf, 0, 0
    while n_iter < max_iter and since_best < _PATIENCE:
        first, second = smooth_parts(problem.penalty, problem.columns, point.w)
        slopes = evaluation.gradient + first
        largest = max(
            float(np.abs(slopes).max()),
            intercept_violation(problem, evaluation.slopes),
        )
        if largest <= _ROUNDING * norm * float(np.abs(evaluation.slopes).sum()):
            break
        best, since_best = (
            (largest, 0) if largest < 0.5 * best else (best, since_best + 1)
        )
        way = _way(formed, point, evaluation, slopes[:, 0], second[:, 0])
        if way is None:
            break
        point, step = line_search(formed, point, way, evaluation)
        if step == 0.0:
            break
        n_iter += 1
        evaluation = evaluate(formed, point)
    return (certify(problem, point, evaluation), n_iter) if n_iter else (found, 0)


def _way(
    problem: Problem, point: Point, evaluation: Evaluation, slopes: Array, second: Array
) -> Point | None:
    """Return Newton's step, the intercept eliminated; None if the Hessian is singular.

    Nearly, that is: where a pivot is below the root of the precision.
    """
    h = problem.hessian(point.eta, 0.0)[0, 0]
    hessian, total = problem.design.cross(problem.design, h), h.sum()
    coupling, rest = np.zeros_like(slopes), 0.0
    if problem.fit_intercept:
        if not total > 0.0:
            return None
        coupling = problem.design.rmatvec(h[:, None])[:, 0] / total
        rest = evaluation.slopes.sum() / total
        hessian -= np.outer(total * coupling, coupling)
    hessian.flat[:: len(second) + 1] += second
    diagonal = np.diagonal(hessian)
    if not (diagonal > 0.0).all():
        return None
    scale = 1.0 / np.sqrt(diagonal)
    right = scale * (rest * total * coupling - slopes)
    factor, solution, failed = dposv(hessian * scale * scale[:, None], right)
    if failed or np.abs(np.diagonal(factor)).min() < 1e-7:
        return None
    d = (scale * solution)[:, None]
    e = np.array([-rest - coupling @ d[:, 0]]) * problem.fit_intercept
    return Point(d, e, np.ascontiguousarray(problem.design.matvec(d) + e))
