"""The one entry: choose a solver by the problem's properties, certify what it found."""

from __future__ import annotations

import numpy as np

from .certificate import (
    Certificate,
    Report,
    Tolerance,
    certify,
    silent,
    tolerance,
)
from .lbfgs import lbfgs
from .problem import Array, Point, Problem, Solution, evaluate, start_point
from .row_space import from_row_space, in_row_space
from .working_set import working_sets

#: Up to this many weights a smooth problem's Hessian is formed: of one output, and of
#: several, where it has a block for each pair of outputs.
_NEWTON_SIZE, _NEWTON_SIZE_OF_SEVERAL = 2000, 300


def solve(
    problem: Problem,
    *,
    tol: float,
    max_iter: int,
    start: tuple[Array, Array] | None = None,
    report: Report = silent,
) -> Solution:
    """Minimise the problem's objective.

    Parameters
    ----------
    problem : Problem
        Design, targets, weights, loss and penalty.
    tol : float
        Relative tolerance of the certificate, see `Tolerance`.
    max_iter : int
        Limit on Newton steps, or on iterations of L-BFGS.
    start : tuple of arrays, optional
        Weights (n_features, n_outputs) and intercepts (n_outputs,) to start from.
    report : callable, optional
        Told of progress, see `Report`.
    """
    separable = problem.loss.separable and problem.penalty.separable
    if problem.n_outputs > 1 and separable:
        return _output_by_output(problem, tol, max_iter, start, report)
    limits = tolerance(problem, tol)
    if start is None:
        point = limits.null
        w = problem.penalty.nearest(point.w)
        if w.any():
            point = start_point(problem, w, point.b)
    else:
        w = np.where(problem.norms[:, None] > 0.0, start[0], 0.0)
        w = problem.penalty.nearest(w)
        point = start_point(problem, w, start[1] * problem.fit_intercept)
    point, certificate, n_iter = _minimize(problem, point, limits, max_iter, report)
    if not problem.loss.separable:
        point = _canonical(problem, point)
    return _solution(point, certificate, n_iter, limits.shortfall(certificate))


def _minimize(
    problem: Problem, point: Point, limits: Tolerance, max_iter: int, report: Report
) -> tuple[Point, Certificate, int]:
    """Choose the solver: linear algebra where the penalty is smooth."""
    (n, p), k = problem.design.shape, problem.n_outputs
    if not problem.penalty.is_smooth():
        return working_sets(problem, point, limits, max_iter, report)
    size = _NEWTON_SIZE if k == 1 else _NEWTON_SIZE_OF_SEVERAL
    n_iter = 0
    if problem.penalty.is_ridge() and n < p and n * k <= size:
        small, inside, back = in_row_space(problem, point)
        inside, _, n_iter = working_sets(small, inside, limits, max_iter, report)
        point = from_row_space(problem, inside, back)
        certificate, _ = certify(problem, point, evaluate(problem, point))
        if limits.met(certificate) or n_iter >= max_iter:
            return point, certificate, n_iter
    solver = working_sets if p * k <= size else lbfgs
    point, certificate, more = solver(problem, point, limits, max_iter - n_iter, report)
    return point, certificate, n_iter + more


def _solution(
    point: Point, certificate: Certificate, n_iter: int, shortfall: str
) -> Solution:
    return Solution(
        point.w,
        point.b,
        certificate.objective,
        certificate.dual_gap,
        certificate.violation,
        n_iter,
        shortfall,
    )


def _output_by_output(
    problem: Problem,
    tol: float,
    max_iter: int,
    start: tuple[Array, Array] | None,
    report: Report,
) -> Solution:
    """Solve outputs one by one: loss and penalty are sums over them."""
    parts = [
        solve(
            problem._replace(y=np.ascontiguousarray(problem.y[:, [c]])),
            tol=tol,
            max_iter=max_iter,
            start=start and (start[0][:, [c]], start[1][[c]]),
            report=report,
        )
        for c in range(problem.n_outputs)
    ]
    return Solution(
        np.hstack([part.coef for part in parts]),
        np.hstack([part.intercept for part in parts]),
        sum(part.objective for part in parts),
        sum(part.dual_gap for part in parts),
        max(part.violation for part in parts),
        max(part.n_iter for part in parts),
        next((part.shortfall for part in parts if part.shortfall), ""),
    )


def _canonical(problem: Problem, point: Point) -> Point:
    """Pick the representative among equal softmax solutions."""
    shift = problem.penalty.softmax_shift(point.w)
    return point._replace(w=point.w - shift[:, None])


def certificate_of(problem: Problem, w: Array, b: Array) -> Certificate:
    """Return the certificate of given weights and intercepts."""
    point = start_point(problem, w, b)
    return certify(problem, point, evaluate(problem, point))[0]
