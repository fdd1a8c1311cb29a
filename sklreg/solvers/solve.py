"""The one entry: choose a solver by the problem's properties, certify what it found."""

from __future__ import annotations

from typing import Any

import numpy as np

from .certificate import Certificate, certify, joined
from .in_moments import certify_in_moments, solve_in_moments
from .least_squares import LeastSquares
from .path import Step, along_path
from .problem import Array, Problem, Solution, Weights, evaluate, start_point
from .reduction import Reduction, by_moments, moments_pay, reduce
from .ridge_path import along_ridge_path, eigenvectors_pay
from .ridge_system import is_ridge_in_rows, solve_in_rows
from .tolerance import Null, Report, silent
from .working_set import WorkingSet

Start = tuple[Array, Array]
#: Tolerance of a solution that is only a start.
_ROUGH = 1e-3
#: Share of a certificate that rounding may be.
_BLUR = 0.1
#: How weights that are never penalised are fitted where all others are zero, and what
#: is added to the strength for the rounding of that.
_FREE_TOL, _FREE_STEPS, _FREE_ROUNDING = 1e-13, 1000, 1e-10


def solve(
    problem: Problem,
    *,
    tol: float,
    max_iter: int,
    start: Start | None = None,
    report: Report = silent,
    least_squares: LeastSquares | None = None,
    in_moments: bool = True,
    enough: float = 0.0,
) -> Solution:
    """Minimise the problem's objective, a path of one point: see `solve_path`.

    Least squares on few columns is solved in its moments, `least_squares` if these are
    known; or not `in_moments`, if it wants few of the columns.
    """
    penalties, shape = [problem.penalty], problem.design.shape
    if not in_moments:
        start = _usable(problem, start)
        return _paths(problem, penalties, tol, max_iter, start, report)[0]
    pays = moments_pay(problem.loss, shape, problem.n_outputs, penalties)
    if pays and least_squares is None:
        least_squares = LeastSquares.of(problem)
    if least_squares is not None and _is_one_quadratic(problem):
        w = None if start is None else _at_used(problem, start[0])
        solution = solve_in_moments(
            least_squares, tol=tol, max_iter=max_iter, start=w, report=report
        )
        rounding, null = least_squares.rounding(solution.coef), least_squares.null()
        if _is_exact(rounding, null, tol):
            return solution
        return _verified(problem, solution, tol, max_iter, report)
    if is_ridge_in_rows(problem):
        found = solve_in_rows(problem, tol, report)
        if found is not None:
            return found
    return solve_path(
        problem,
        penalties,
        tol=tol,
        max_iter=max_iter,
        start=start,
        report=report,
        reduction=least_squares and by_moments(least_squares),
        enough=enough,
    )[0]


def _is_one_quadratic(problem: Problem) -> bool:
    """Tell whether the model of each output is the problem, and one start will do."""
    tied = problem.n_outputs > 1 and not problem.penalty.separable
    return not tied and problem.penalty.convex


def solve_path(
    problem: Problem,
    penalties: list[Any],
    *,
    tol: float,
    max_iter: int,
    start: Start | None = None,
    report: Report = silent,
    reduction: Reduction | None = None,
    enough: float = 0.0,
) -> list[Solution]:
    """Minimise for one penalty after the other, each from the solution before.

    Parameters
    ----------
    problem : Problem
        Design, targets, weights and loss.
    penalties : list of records
        Penalties, the strongest first.
    tol : float
        Relative tolerance of the certificate, see `Tolerance`.
    max_iter : int
        Limit on Newton steps, or on those of L-BFGS or conjugate gradients, for each
        penalty.
    start : tuple of arrays, optional
        Weights (n_features, n_outputs) and intercepts (n_outputs,) to start from.
        Otherwise the null model, or for penalties that are not convex the solution of
        their convex relative, if they have one.
    report : callable, optional
        Told of progress, see `Report`.
    reduction : Reduction, optional
        A smaller problem if one is known; otherwise it is looked for.
    enough : float, default=0.0
        A violation at which L-BFGS may end, whatever the certificate.
    """
    reduction = reduction or reduce(problem, penalties)
    if start is None and (relative := penalties[0].convex_relative()) is not None:
        (near,) = solve_path(
            problem, [relative], tol=_ROUGH, max_iter=max_iter, reduction=reduction
        )
        start = near.coef, near.intercept
    start = _usable(problem, start)
    if reduction is None:
        return _paths(problem, penalties, tol, max_iter, start, report, enough=enough)
    if start is not None:
        start = reduction.down(*start)
    small = reduction.problem
    found = _paths(small, penalties, tol, max_iter, start, report, reduction.offset)
    solutions = []
    for penalty, solution in zip(penalties, found, strict=True):
        w, b = reduction.up(solution.coef, solution.intercept)
        solution = solution._replace(weights=Weights.of(w), intercept=b)  # noqa: PLW2901
        if not _is_exact(reduction.rounding(w), reduction.null, tol):
            stated = problem._replace(penalty=penalty)
            solution = _verified(stated, solution, tol, max_iter, report)  # noqa: PLW2901
        solutions.append(solution)
    return solutions


def _usable(problem: Problem, start: Start | None) -> Start | None:
    """Return what of a start the problem has a place for."""
    if start is None:
        return None
    return _at_used(problem, start[0]), start[1] * problem.fit_intercept


def _at_used(problem: Problem, w: Array) -> Array:
    """Return the weights of columns that are not zero; the others mean nothing."""
    return np.where(problem.norms[:, None] > 0.0, w, 0.0)


def _is_exact(
    rounding: tuple[float, float], null: tuple[float, float], tol: float
) -> bool:
    """Tell whether rounding of gradient and objective is little beside `tol`."""
    (value, slope), (by_slope, by_value) = null, rounding
    return by_slope <= _BLUR * tol * slope and by_value <= _BLUR * tol * value


def _verified(
    problem: Problem, solution: Solution, tol: float, max_iter: int, report: Report
) -> Solution:
    """Go on with the whole problem from the solution of a smaller one."""
    left, start = (
        max(max_iter - solution.n_iter, 1),
        (solution.coef, solution.intercept),
    )
    (verified,) = _paths(problem, [problem.penalty], tol, left, start, report)
    return verified._replace(n_iter=solution.n_iter + verified.n_iter)


def _paths(
    problem: Problem,
    penalties: list[Any],
    tol: float,
    max_iter: int,
    start: Start | None,
    report: Report,
    offset: Array | None = None,
    enough: float = 0.0,
) -> list[Solution]:
    """Solve output by output where loss and penalty are sums over them."""
    outputs = [slice(None)]
    if problem.loss.separable and all(penalty.separable for penalty in penalties):
        outputs = [slice(c, c + 1) for c in range(problem.n_outputs)]
    inside, parts = None, []
    for c in outputs:
        part = problem.outputs(c)
        left_out = 0.0 if offset is None else float(offset[c].sum())
        follow = along_ridge_path if eigenvectors_pay(part, penalties) else along_path
        steps, inside = follow(
            part,
            penalties,
            tol=tol,
            max_iter=max_iter,
            start=start and (start[0][:, c], start[1][c]),
            report=report,
            offset=left_out,
            inside=inside or WorkingSet.empty(part),
            enough=enough,
        )
        parts.append([_solution(part, step, left_out) for step in steps])
    return [_joined(list(each)) for each in zip(*parts, strict=True)]


def _solution(problem: Problem, step: Step, offset: float) -> Solution:
    weights, certificate = step.weights, step.certificate
    if not problem.loss.separable:  # pick one of the equal softmax solutions
        w = weights.dense()
        w -= step.penalty.softmax_shift(w, problem.columns)[:, None]
        weights = Weights.of(w)
    return Solution(
        weights,
        step.b,
        certificate.objective + offset,
        certificate.dual_gap,
        certificate.violation,
        step.n_iter,
        step.shortfall,
    )


def _joined(parts: list[Solution]) -> Solution:
    """Join the solutions of outputs."""
    if len(parts) == 1:
        return parts[0]
    return Solution(
        Weights.of(np.hstack([part.coef for part in parts])),
        np.hstack([part.intercept for part in parts]),
        *joined(parts),
        max(part.n_iter for part in parts),
        next((part.shortfall for part in parts if part.shortfall), ""),
    )


def certificate_of(
    problem: Problem, w: Array, b: Array, least_squares: LeastSquares | None = None
) -> Certificate:
    """Return the certificate of given weights and intercepts.

    From the moments, if these are known and their rounding is little beside it.
    """
    if least_squares is not None and _is_one_quadratic(problem):
        found = certify_in_moments(least_squares, w, b)
        by_slope, by_value = least_squares.rounding(w)
        blurred = (
            by_slope > _BLUR * found.violation or by_value > _BLUR * found.dual_gap
        )
        if not blurred:
            return found
    point = start_point(problem, w, b)
    return certify(problem, point, evaluate(problem, point)).certificate


def critical_alpha(problem: Problem) -> float:
    """Return the smallest alpha at which all penalised weights are zero."""
    evaluation, margin = Null.of(problem).evaluation, 0.0
    free = np.flatnonzero(problem.penalty.unpenalised(problem.columns))
    if len(free):
        fitted = solve(problem.take(free), tol=_FREE_TOL, max_iter=_FREE_STEPS)
        w = np.zeros((problem.design.shape[1], problem.n_outputs))
        w[free] = fitted.coef
        evaluation = evaluate(problem, start_point(problem, w, fitted.intercept))
        margin = _FREE_ROUNDING
    steps = 1.0 / np.maximum(problem.norms**2, np.finfo(np.float64).tiny)
    critical = problem.penalty.critical_alpha(evaluation.gradient, steps)
    return float(critical) * (1.0 + margin)


def curvature(problem: Problem) -> float:
    """Return the trace of the data term's Hessian at the null model, of one output.

    The largest over outputs. A ridge penalty of this strength at least halves whatever
    least squares would find, in every direction.
    """
    h = problem.hessian(Null.of(problem).point.eta, 0.0)
    largest = float(h.second.sum(axis=1).max())
    return largest * float((problem.norms**2).sum())
