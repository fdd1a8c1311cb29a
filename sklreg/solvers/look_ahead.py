"""Look ahead on a path: solve for several strengths, verify all with one product.

In a working set a solution costs little beside the product with X that verifies it, and
a product with several vectors costs little more than with one. So the set is solved for
some strengths in turn, each from the one before, and they are evaluated together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .column_newton import newton_path_in_columns
from .model import GramModel, directions
from .problem import Array, Evaluation, Point, Problem, evaluate, evaluate_all
from .proximal_newton import keeps_to_columns
from .working_set import WorkingSet

#: Weights times weights in use up to which a Newton step costs next to nothing.
_LITTLE = 1e5


class Candidate(NamedTuple):
    """A point that may be a solution."""

    point: Point
    evaluation: Evaluation
    n_iter: int


def look_ahead(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    point: Point,
    evaluation: Evaluation,
    share: float,
    max_iter: int,
) -> list[Candidate]:
    """Solve in the working set for some strengths of the penalty in turn.

    To `share` of the largest slope before each. There may be fewer candidates than
    strengths, and none.
    """
    part = inside.part(problem)
    here, there = inside.seen(point, evaluation)
    if isinstance(inside.model, GramModel) and _newton_pays(problem.penalty, here.w):
        ways = directions(part, inside.model, here, there, alphas, share)
        found = Point(*(a + d for a, d in zip(here, ways, strict=True)))
        steps: Any = np.ones(len(found.b), np.intp)
    elif inside.model is None and keeps_to_columns(part):
        found, steps = newton_path_in_columns(part, here, there, alphas, share)
    else:
        return _one_by_one(inside, problem, alphas, point, there, share, max_iter)
    if len(found.b) == 0:
        return []
    points = inside.whole(problem, found)
    evaluations = evaluate_all(problem, points)
    return [
        Candidate(points.at(m), evaluations.at(m), int(steps[m]))
        for m in range(len(found.b))
    ]


def _newton_pays(penalty: Any, w: Array) -> bool:
    """Tell whether Newton steps alone are the fastest from strength to strength.

    Where many weights are in use epochs first find out which come and go.
    """
    return bool(not penalty.is_smooth() and w.size * np.count_nonzero(w) <= _LITTLE)


def _one_by_one(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    point: Point,
    there: Evaluation,
    share: float,
    max_iter: int,
) -> list[Candidate]:
    """Do the same where there is no kernel for several strengths."""
    found = []
    for alpha in alphas:
        stated = problem._replace(penalty=problem.penalty.at_strength(alpha))
        tolerance = share * float(np.abs(there.gradient).max(initial=0.0))
        point, seen, n_iter = inside.solve_part(
            stated, point, there, tolerance, max_iter
        )
        there = seen or evaluate(inside.part(stated), point)
        found.append(Candidate(point, there, n_iter))
    if inside.design is problem.design:
        return found
    points = Point(*map(np.array, zip(*(each.point for each in found), strict=True)))
    evaluations = evaluate_all(problem, points)
    return [each._replace(evaluation=evaluations.at(m)) for m, each in enumerate(found)]
