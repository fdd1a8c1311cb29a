r"""One solution of least squares with a ridge penalty, from one system.

With columns and targets centred and the positive weights `q`, the minimiser of

.. math:: \tfrac{1}{2} \sum_i q_i (y_i - x_i' w)^2 + \tfrac{\alpha}{2} \|w\|^2

solves ``(X' diag(q) X + alpha) w = X' diag(q) y`` in the columns, and is ``w = X' a``
where ``(X X' + alpha diag(1 / q)) a = y`` in the rows: one factorisation for all
outputs. A product with X and one with X' certify the weights.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from .certificate import ROUNDING, Certified, certify, joined
from .moments import centre_of
from .problem import (
    Evaluation,
    Point,
    Problem,
    Solution,
    Weights,
    evaluate,
    start_point,
)
from .reduction import NEWTON_SIZE
from .tolerance import Report, Tolerance


def is_ridge_regression(problem: Problem) -> bool:
    """Tell whether the loss is quadratic and the penalty a ridge."""
    return bool(problem.loss.quadratic and problem.penalty.ridge_strength() >= 0.0)


def is_ridge_in_rows(problem: Problem) -> bool:
    """Tell whether the system is smaller than one in the columns, and definite."""
    n, p = problem.design.shape
    definite = is_ridge_regression(problem) and problem.penalty.ridge_strength() > 0.0
    return bool(definite and n < p and n <= NEWTON_SIZE)


def solve_in_rows(problem: Problem, tol: float, report: Report) -> Solution | None:
    """Solve the system; None if rounding leaves it too far from the minimum."""
    point = minimum_in_rows(problem)
    if point is None:
        return None
    evaluation, found = evaluate(problem, point), []
    for c in range(problem.n_outputs):
        part = problem.outputs(slice(c, c + 1))
        certified = _certified(part, point, evaluation, c)
        square = float(problem.weight @ (part.y[:, 0] - centre_of(part)) ** 2)
        floor = ROUNDING * float(problem.weight @ part.y[:, 0] ** 2)
        limits = Tolerance(tol, 0.5 * (tol * square + floor) + 1e-300, np.nan)
        report(1, certified.certificate, limits)
        if not limits.met(certified.certificate):
            return None
        found.append(certified.certificate)
    return Solution(
        Weights.of(point.w),
        point.b,
        *joined(found),
        1,
        "",
    )


def minimum_in_columns(problem: Problem, found: Certified) -> Point | None:
    """Return the minimiser and what it predicts; None if the system is singular.

    Solved for the way there, which loses fewer digits.
    """
    alpha, (w, b, _) = problem.penalty.ridge_strength(), found.point
    system = problem.design.cross(problem.design, problem.weight)
    system.flat[:: len(w) + 1] += alpha
    slopes = found.evaluation.gradient + alpha * w
    _, step, failed = dposv(system.T, -slopes, overwrite_a=True)
    return None if failed else start_point(problem, w + step, b)


def minimum_in_rows(problem: Problem) -> Point | None:
    """Return the minimiser and what it predicts; None if the system is singular."""
    rows, b = np.flatnonzero(problem.weight > 0.0), centre_of(problem)
    system = problem.design.outer()
    if len(rows) < len(system):
        system = system[np.ix_(rows, rows)]
    with np.errstate(over="ignore"):  # weights may be next to nothing
        diagonal = problem.penalty.ridge_strength() / problem.weight[rows]
    if not np.isfinite(diagonal).all():
        return None
    system.flat[:: len(rows) + 1] += diagonal
    _, solution, failed = dposv(system.T, (problem.y - b)[rows], overwrite_a=True)
    if failed:
        return None
    a = np.zeros_like(problem.y)
    a[rows] = solution
    return start_point(problem, np.ascontiguousarray(problem.design.rmatvec(a)), b)


def _certified(
    problem: Problem, point: Point, evaluation: Evaluation, c: int
) -> Certified:
    """Certify output `c`, the only one of `problem`."""
    w, eta, slopes, gradient = (
        np.ascontiguousarray(each[:, [c]])
        for each in (point.w, point.eta, evaluation.slopes, evaluation.gradient)
    )
    value = 0.5 * float(problem.weight @ (eta - problem.y)[:, 0] ** 2)
    one = Point(w, point.b[[c]], eta)
    return certify(problem, one, Evaluation(value, slopes, gradient))
