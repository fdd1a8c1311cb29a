"""Solutions for one penalty after the other: warm starts, and what to expect next."""

from __future__ import annotations

from typing import Any, NamedTuple

from .certificate import Certificate, Null, Report, certify
from .lbfgs import lbfgs
from .problem import Array, Evaluation, Point, Problem, evaluate, start_point
from .reduction import NEWTON_SIZE, NEWTON_SIZE_OF_SEVERAL
from .working_set import WorkingSet, working_sets


class Step(NamedTuple):
    """A point on the path."""

    penalty: Any
    point: Point
    certificate: Certificate
    n_iter: int
    shortfall: str


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
) -> tuple[list[Step], WorkingSet]:
    """Solve for each of `penalties`; the working set goes on to the next problem."""
    null = Null.of(problem)
    point, evaluation = _first(problem, null, start)
    earlier = evaluation.gradient
    steps = []
    for number, penalty in enumerate(penalties):
        problem = problem._replace(penalty=penalty)
        limits = null.tolerance(problem, tol, offset)
        nearest = penalty.nearest(point.w)
        if (nearest != point.w).any():
            point = start_point(problem, nearest, point.b)
            evaluation = evaluate(problem, point)
        if number >= 2:
            expected = _extrapolated(penalties[: number + 1], earlier, evaluation)
            inside = inside.expecting(problem, point, expected)
        earlier = evaluation.gradient
        if _smooth_and_large(problem):
            point, n_iter = lbfgs(problem, point, limits, null, max_iter, report)
            evaluation = evaluate(problem, point)
        else:
            point, evaluation, n_iter, inside = working_sets(
                problem, point, evaluation, limits, max_iter, report, inside
            )
        certificate, _ = certify(problem, point, evaluation)
        shortfall = limits.shortfall(certificate)
        steps.append(Step(penalty, point, certificate, n_iter, shortfall))
    return steps, inside


def _first(
    problem: Problem, null: Null, start: tuple[Array, Array] | None
) -> tuple[Point, Evaluation]:
    """Return the point to begin with: `start`, unless the null model is better."""
    if start is not None and start[0].any():
        point = start_point(problem, *start)
        evaluation = evaluate(problem, point)
        if evaluation.value <= null.evaluation.value:
            return point, evaluation
    return null.point, null.evaluation


def _extrapolated(
    penalties: list[Any], earlier: Array, evaluation: Evaluation
) -> Array:
    """Return the gradient to expect: between kinks it is linear in the strength.

    The solution is, where the loss is quadratic, and nearly so otherwise (Rosset and
    Zhu 2007, Piecewise linear regularized solution paths, Annals of Statistics 35(3)).
    """
    before, last, now = (penalty.strength() for penalty in penalties[-3:])
    ahead = (now - last) / (last - before) if last != before else 0.0
    return evaluation.gradient + ahead * (evaluation.gradient - earlier)


def _smooth_and_large(problem: Problem) -> bool:
    p, k = problem.design.shape[1], problem.n_outputs
    size = NEWTON_SIZE if k == 1 else NEWTON_SIZE_OF_SEVERAL
    return bool(problem.penalty.is_smooth() and p * k > size)
