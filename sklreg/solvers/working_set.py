"""Working sets: solve in few weights, verify all, repeat.

The weights that violate optimality most join those in use; the subproblem is solved
to a tenth of the violation that remains, and one product ``X' r`` verifies the rest.
(Johnson and Guestrin 2015, Blitz; Massias, Gramfort and Salmon 2018, Celer; both ICML.)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .certificate import (
    Certificate,
    Report,
    Tolerance,
    certify,
    silent,
    violations,
)
from .problem import Array, Point, Problem
from .proximal_newton import proximal_newton

#: Up to this many weights the working set is everything.
_SMALL = 400
_FIRST = 50
#: Share of the largest violation to which a subproblem is solved.
_INNER = 0.1
#: Rounds without bettering the certificate by a percent: only rounding is left.
_PATIENCE, _PROGRESS = 10, 0.99
#: Problems up to this size (n_samples x weights) are solved to rounding.
_CHEAP = 200_000
_LAST_STEPS = 4
_ROUNDING = 1e-15


def working_sets(
    problem: Problem,
    point: Point,
    limits: Tolerance,
    max_iter: int,
    report: Report = silent,
) -> tuple[Point, Certificate, int]:
    """Improve `point` until `limits` are met or `max_iter` Newton steps are spent."""
    n_iter, inner = 0, np.inf
    best_point, best = point, certify(problem, point)
    certificate = best
    size, stalled = _FIRST, 0
    while not limits.met(best) and n_iter < max_iter and stalled < _PATIENCE:
        scores = violations(problem, point.w, certificate.gradient)
        allowed = _choose(problem, point.w, scores, size)
        size = 2 * size
        inner = _INNER * min(inner, certificate.violation)
        point, steps = _solve_in(problem, point, allowed, inner, max_iter - n_iter)
        n_iter += steps
        certificate = certify(problem, point)
        report(n_iter, certificate, limits)
        better = limits.excess(certificate) < _PROGRESS * limits.excess(best)
        stalled = 0 if better else stalled + 1
        if limits.excess(certificate) < limits.excess(best):
            best_point, best = point, certificate
    unique = problem.penalty.has_dual() or not problem.penalty.convex
    cheap = problem.design.shape[0] * point.w.size <= _CHEAP
    left = min(max_iter - n_iter, _LAST_STEPS)
    if problem.loss.quadratic or not (unique and cheap and left):
        return best_point, best, max(n_iter, 1)
    point, steps = _finish(problem, best_point, best, left)
    return point, certify(problem, point), n_iter + steps


def _finish(
    problem: Problem, point: Point, best: Certificate, steps: int
) -> tuple[Point, int]:
    """Go on to rounding where it costs next to nothing: Newton converges fast."""
    tolerance = _ROUNDING * float(
        np.abs(best.slopes).sum() * problem.norms.max(initial=0.0)
    )
    allowed = np.ones(point.w.shape, dtype=np.bool_)
    return proximal_newton(problem, point, allowed, tolerance, steps)


def _choose(problem: Problem, w: Array, scores: Array, size: int) -> NDArray[np.bool_]:
    """Tell which weights to solve for: those in use and the worst offenders."""
    if w.size <= _SMALL or problem.penalty.is_smooth():
        return np.ones(w.shape, dtype=np.bool_)
    used = w != 0.0
    wanted = min(w.size, max(size, 2 * int(used.sum())))
    ranked = np.where(used, np.inf, scores)
    worst = np.argpartition(ranked, w.size - wanted, axis=None)[w.size - wanted :]
    allowed = np.zeros(w.shape, dtype=np.bool_)
    allowed.flat[worst] = True
    return allowed & (ranked > 0.0)


def _solve_in(
    problem: Problem,
    point: Point,
    allowed: NDArray[np.bool_],
    tolerance: float,
    max_iter: int,
) -> tuple[Point, int]:
    """Solve over the allowed weights, the others held where they are, at zero."""
    features = np.flatnonzero(allowed.any(axis=1))
    if len(features) == len(point.w):
        return proximal_newton(problem, point, allowed, tolerance, max_iter)
    part = problem.take(features)
    inside = Point(point.w[features], point.b, point.eta)
    inside, steps = proximal_newton(
        part, inside, allowed[features], tolerance, max_iter
    )
    w = np.zeros_like(point.w)
    w[features] = inside.w
    return Point(w, inside.b, inside.eta), steps
