"""Solutions for one penalty after the other: warm starts, and what to expect next."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .certificate import Certificate, Certified, violations
from .large_ridge import large_ridge
from .lbfgs import lbfgs
from .look_ahead import Candidate, Landmark, look_ahead, steps_to
from .newton import is_small_and_smooth, newton, sample, sampled_newton
from .problem import (
    Array,
    Evaluation,
    Point,
    Problem,
    Weights,
    evaluate,
    start_point,
)
from .reduction import NEWTON_SIZE, NEWTON_SIZE_OF_SEVERAL
from .ridge_system import is_ridge_regression
from .small_sets import are_small, small_sets
from .tolerance import Null, Report, Tolerance
from .working_set import WorkingSet, takes_every_weight, to_rounding, working_sets

#: How many points are solved for at most before one product with X verifies them, and
#: how much more precisely than asked.
_AHEAD, _INNER = 16, 0.3
#: Share of the largest slope that a violation may have by rounding alone.
_ROUNDING = 1e-10


class Step(NamedTuple):
    """A point on the path."""

    penalty: Any
    weights: Weights
    b: Array  # n_outputs
    certificate: Certificate
    n_iter: int
    shortfall: str

    @classmethod
    def of(cls, penalty: Any, solution: Candidate, limits: Tolerance) -> Step:
        """Return the step to a solution that is certified."""
        certificate: Any = solution.certificate
        return cls(
            penalty,
            solution.weights,
            solution.b,
            certificate,
            max(solution.n_iter, 1),
            limits.shortfall(certificate),
        )


def along_path(
    problem: Problem,
    penalties: list[Any],
    *,
    tol: float,
    max_iter: int,
    start: tuple[Array, Array] | None,
    report: Report,
    offset: float,
    inside: WorkingSet,
    enough: float,
) -> tuple[list[Step], WorkingSet]:
    """Solve for each of `penalties`; the working set goes on to the next problem."""
    null, (ahead, most) = Null.of(problem), _ahead(problem)
    problems = [problem._replace(penalty=penalty) for penalty in penalties]
    seeks = len(problems) > 1 and _looks_ahead(problems[0])
    first = Landmark(np.inf, *_first(problem, penalties[0], null, start))
    behind, steps = [first, first], list[Step]()
    while len(steps) < len(problems):
        batch, last = problems[len(steps) : len(steps) + ahead], behind[-1]
        candidates: list[Candidate] = []
        if seeks:
            candidates, inside = _candidates(batch, behind, inside, tol, max_iter)
        candidates = candidates or [Candidate.of(last.point, last.evaluation)]
        for each, candidate in zip(batch, candidates, strict=False):
            limits = _limits(each, null, tol, offset, enough)
            solution, foreseen, inside = _verified(
                each, candidate, null, limits, max_iter, report, inside
            )
            steps.append(Step.of(each.penalty, solution, limits))
            behind = _passed(behind, each.penalty.strength(), solution)
            if not foreseen:
                break
        ahead = min(2 * ahead, most) if foreseen else max(ahead // 2, 2)
    return steps, inside


def _candidates(
    batch: list[Problem],
    behind: list[Landmark],
    inside: WorkingSet,
    tol: float,
    max_iter: int,
) -> tuple[list[Candidate], WorkingSet]:
    """Solve for a batch in the working set, which takes in what will be wanted.

    Returns the candidates that were found, none where the start is a solution, and the
    set.
    """
    goal, last = batch[-1], behind[-1]
    expected = _extrapolated(behind, goal.penalty.strength())
    inside = inside.expecting(goal, last.point, expected)
    stays = np.isinf(last.alpha) and not _is_violated(goal, last, expected)
    if stays or inside.design is None or not goal.penalty.convex:
        return [], inside
    alphas = np.array([each.penalty.strength() for each in batch])
    return look_ahead(inside, goal, alphas, behind, _INNER * tol, max_iter), inside


def _verified(
    problem: Problem,
    candidate: Candidate,
    null: Null,
    limits: Tolerance,
    max_iter: int,
    report: Report,
    inside: WorkingSet,
) -> tuple[Candidate, bool, WorkingSet]:
    """Return the candidate, certified, if it meets the `limits`; else solve from there.

    Also whether it was foreseen, and the working set.
    """
    if candidate.certificate is not None and limits.met(candidate.certificate):
        return candidate, True, inside
    found, n_iter = candidate.certified(problem), candidate.n_iter
    if limits.met(found.certificate) and problem.penalty.convex:
        return Candidate.of(*found[:3], n_iter), True, inside
    left = max(max_iter - n_iter, 1)
    found, more, inside = _solve(problem, null, limits, found, left, report, inside)
    return Candidate.of(*found[:3], n_iter + more), False, inside


def _passed(
    behind: list[Landmark], alpha: float, solution: Candidate
) -> list[Landmark]:
    """Return the last two landmarks; the solution is one if its gradient is known."""
    if solution.evaluation is None:
        return behind
    return [behind[-1], Landmark(alpha, solution.point(), solution.evaluation)]


def _limits(
    problem: Problem, null: Null, tol: float, offset: float, enough: float
) -> Tolerance:
    """Return when to stop: L-BFGS also at a violation that is small `enough`."""
    limits = null.tolerance(problem, tol, offset)
    return limits._replace(enough=enough) if _smooth_and_large(problem) else limits


def _solve(
    problem: Problem,
    null: Null,
    limits: Tolerance,
    found: Certified,
    max_iter: int,
    report: Report,
    inside: WorkingSet,
) -> tuple[Certified, int, WorkingSet]:
    """Choose the solver: no Hessian where the penalty is smooth and it is large."""
    if _smooth_and_large(problem) and is_ridge_regression(problem):
        return *large_ridge(problem, found, limits, max_iter, report), inside
    if _smooth_and_large(problem):
        found, n_iter = lbfgs(problem, found.point, limits, null, max_iter, report)
        return found, n_iter, inside
    n_iter = 0
    if is_small_and_smooth(problem):
        found, n_iter = newton(problem, found, max_iter)
        report(n_iter, found.certificate, limits)
    elif (rows := sample(problem)) is not None:
        found, n_iter = sampled_newton(problem, found, rows, limits, max_iter, report)
    if n_iter and (limits.met(found.certificate) or n_iter == max_iter):
        return found, n_iter, inside
    if inside.design is None and are_small(problem):
        found, n_iter = small_sets(problem, null, found, limits, max_iter, report)
    left = max_iter - n_iter
    found, more, inside = working_sets(problem, found, limits, left, report, inside)
    return found, n_iter + more, inside


def _first(
    problem: Problem, penalty: Any, null: Null, start: tuple[Array, Array] | None
) -> tuple[Point, Evaluation]:
    """Return the point to begin with: `start`, unless the null model is better."""
    columns = problem.columns
    nothing = penalty.nearest(null.point.w, columns)
    w = nothing if start is None else penalty.nearest(start[0], columns)
    if not w.any():
        return null.point, null.evaluation
    point = start_point(problem, w, null.point.b if start is None else start[1])
    evaluation = evaluate(problem, point)
    worse = evaluation.value > null.evaluation.value and not nothing.any()
    return (null.point, null.evaluation) if worse else (point, evaluation)


def _extrapolated(behind: list[Landmark], alpha: float) -> Array:
    """Return the gradient to expect: between kinks it is linear in the strength.

    The solution is, where the loss is quadratic, and nearly so otherwise (Rosset and
    Zhu 2007, Piecewise linear regularized solution paths, Annals of Statistics 35(3)).
    """
    before, last = behind
    ahead = steps_to(alpha, before.alpha, last.alpha)
    gradient = last.evaluation.gradient
    return gradient + ahead * (gradient - before.evaluation.gradient)


def _looks_ahead(problem: Problem) -> bool:
    """Tell whether solutions are sought for several strengths at once.

    To save products with X, which is no matter in small problems: those that are solved
    to rounding are so one by one, unless a kernel goes from strength to strength.
    """
    if problem.n_outputs > 1 and to_rounding(problem):
        return False
    return not (_smooth_and_large(problem) or is_small_and_smooth(problem))


def _ahead(problem: Problem) -> tuple[int, int]:
    """Return for how many strengths solutions are sought at once, first and at most.

    As many as there are features where every weight is in the set, so that none can be
    missing, and rows are no more: then they take no more room than second moments.
    """
    n, p = problem.design.shape
    most = max(p, _AHEAD)
    return (most, most) if takes_every_weight(problem) and n <= p else (1, _AHEAD)


def _is_violated(problem: Problem, at: Landmark, gradient: Array) -> bool:
    """Tell whether optimality is violated by more than rounding."""
    scores = violations(problem, at.point.w, gradient)
    return bool(scores.max(initial=0.0) > _ROUNDING * np.abs(gradient).max())


def _smooth_and_large(problem: Problem) -> bool:
    p, k = problem.design.shape[1], problem.n_outputs
    size = NEWTON_SIZE if k == 1 else NEWTON_SIZE_OF_SEVERAL
    return bool(problem.penalty.is_smooth() and p * k > size)
