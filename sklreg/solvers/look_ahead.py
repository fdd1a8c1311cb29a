"""Look ahead on a path: solve for several strengths, verify them together.

In a working set a solution costs little beside the product with X that verifies it. So
the set is solved for some strengths in turn, each from the one before. The last two
points get a product, both at once. Those between need none where their gradients, near
what is known on either side, tell that all other weights stay zero (`screening.py`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .certificate import Certificate, Certified, certify, certify_all, is_balanced
from .column_newton import newton_path_in_columns
from .model import directions
from .problem import (
    Array,
    Evaluation,
    Point,
    Problem,
    Weights,
    data_terms,
    evaluate,
    gradients,
)
from .proximal_newton import balanced, keeps_to_columns
from .screening import can_screen, unproven
from .working_set import WorkingSet

#: How many points, the last ones, are evaluated in all weights.
_ENDS = 2
#: Share of all weights that may be evaluated beside the working set at other points.
_MANY = 0.5


class Landmark(NamedTuple):
    """A point on the path where the whole gradient is known."""

    alpha: float
    point: Point
    evaluation: Evaluation


def steps_to(alpha: float, earlier: float, later: float) -> float:
    """Return how many steps, as that from `earlier` to `later`, lead on to `alpha`."""
    return (alpha - later) / (later - earlier) if later != earlier else 0.0


class Candidate(NamedTuple):
    """A point that may be a solution, and what is known of it."""

    weights: Weights
    b: Array  # n_outputs
    eta: Array  # n_samples x n_outputs
    n_iter: int
    evaluation: Evaluation | None = None
    certificate: Certificate | None = None

    @classmethod
    def of(
        cls,
        point: Point,
        evaluation: Evaluation,
        certificate: Certificate | None = None,
        n_iter: int = 0,
    ) -> Candidate:
        """Return a point that is evaluated in all weights."""
        w, b, eta = point
        return cls(Weights.of(w), b, eta, n_iter, evaluation, certificate)

    def point(self) -> Point:
        """Return the point in all weights."""
        return Point(self.weights.dense(), self.b, self.eta)

    def certified(self, problem: Problem) -> Certified:
        """Return the point with its evaluation in all weights and its certificate."""
        point = self.point()
        return certify(problem, point, self.evaluation or evaluate(problem, point))


def look_ahead(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    behind: list[Landmark],
    share: float,
    max_iter: int,
) -> list[Candidate]:
    """Solve in the working set for some strengths of the penalty in turn.

    From the last landmark behind, to `share` of the largest slope before each. There
    may be fewer candidates than strengths, and none.
    """
    part, last = inside.part(problem), behind[-1]
    here, there = inside.seen(last.point, last.evaluation)
    trail = [
        (each.alpha, inside.seen(each.point, each.evaluation)[0]) for each in behind
    ]
    model = inside.model
    if model is not None and model.goes_along(problem.penalty, here.w):
        ways = directions(part, model, trail, there, alphas, share)
        found = here.moved(ways)
        steps: Any = np.ones(len(found.b), np.intp)
    elif model is None and keeps_to_columns(part):
        found, steps = newton_path_in_columns(
            part, here, there, alphas, share, max_iter
        )
    else:
        found, steps = _one_by_one(inside, problem, alphas, trail, share, max_iter)
    m = len(found.b)
    if m == 0:
        return []
    return _known(inside, problem, alphas[:m], found, steps[:m], behind)


def _known(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    found: Point,
    steps: NDArray[np.intp],
    behind: list[Landmark],
) -> list[Candidate]:
    """Evaluate the last points in all weights, those between in what may be wanted."""
    m, n = len(steps), 0
    values, slopes = data_terms(problem, found.eta)
    simple = can_screen(problem) and is_balanced(problem, slopes)
    if simple and inside.design is not problem.design:
        n = max(m - _ENDS, 0)
    ends = Evaluation(values[n:], slopes[n:], gradients(problem.design, slopes[n:]))
    seen = [ends.at(k) for k in range(m - n)]
    evaluations: list[Evaluation | None] = [None] * n
    certificates: list[Certificate | None] = [None] * m
    if simple:
        near = [each.evaluation for each in behind] + seen
        between = Evaluation(values[:n], slopes[:n], np.empty(0))
        certificates[:n] = _between(inside, problem, alphas[:n], found, between, near)
        last = inside.whole(problem, Point(*(each[n:] for each in found)))
        certificates[n:] = certify_all(problem, alphas[n:], last, ends)
    parts = (
        inside.weights(found.w),
        found.b,
        found.eta,
        steps.tolist(),
        [*evaluations, *seen],
        certificates,
    )
    return [Candidate(*each) for each in zip(*parts, strict=True)]


def _between(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    found: Point,
    seen: Evaluation,
    near: list[Evaluation],
) -> list[Certificate] | list[None]:
    """Certify points by the gradients in the set, and where they might be wanted.

    Nothing is told of any if that is most of the weights. What is `seen` lacks
    gradients.
    """
    n = len(alphas)
    if n == 0:
        return []
    outside = unproven(problem, alphas, seen.slopes[:, :, 0], near)
    outside[inside.features] = False
    if np.count_nonzero(outside) > _MANY * len(outside):
        return [None] * n
    beside = inside.beside(np.flatnonzero(outside), problem)
    w = np.zeros((n, beside.design.shape[1], 1))
    w[:, : len(inside.features)] = found.w[:n]
    points = Point(w, found.b[:n], found.eta[:n])
    seen = seen._replace(gradient=gradients(beside.design, seen.slopes))
    return certify_all(beside, alphas, points, seen)


def _one_by_one(
    inside: WorkingSet,
    problem: Problem,
    alphas: Array,
    trail: list[tuple[float, Point]],
    share: float,
    max_iter: int,
) -> tuple[Point, NDArray[np.intp]]:
    """Do the same where there is no kernel for several strengths."""
    part, steps = inside.part(problem), []
    for alpha in alphas:
        part = part._replace(penalty=problem.penalty.at_strength(alpha))
        here = _led_to(part, trail, alpha)
        there = evaluate(part, here)
        tolerance = share * float(np.abs(there.gradient).max(initial=0.0))
        here, _, n_iter = inside.solve_part(part, here, there, tolerance, max_iter)
        trail.append((alpha, balanced(part, here)))
        steps.append(n_iter)
    found = (point for _, point in trail[-len(alphas) :])
    return Point(*map(np.array, zip(*found, strict=True))), np.array(steps)


def _led_to(part: Problem, trail: list[tuple[float, Point]], alpha: float) -> Point:
    """Return where the last two points lead to, or the last if that is better.

    Between kinks solutions are linear in the strength, or nearly so.
    """
    (earlier, before), (later, last) = trail[-2:]
    ahead = steps_to(alpha, earlier, later)
    if ahead == 0.0:
        return last
    w = last.w + ahead * (last.w - before.w)
    w = np.where((before.w * last.w > 0.0) & (w * last.w > 0.0), w, last.w)
    w = part.penalty.nearest(w, part.columns)
    e = ahead * (last.b - before.b)
    eta = last.eta + part.design.matvec(w - last.w) + e
    lower = part.objective(w, eta) < part.objective(last.w, last.eta)
    return Point(w, last.b + e, eta) if lower else last
