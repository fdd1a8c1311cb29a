"""Working sets: solve in few weights, verify all, repeat.

The weights that violate optimality most join those in use; the subproblem is solved
to a tenth of the violation that remains, and one product ``X' r`` verifies the rest.
(Johnson and Guestrin 2015, Blitz; Massias, Gramfort and Salmon 2018, Celer; both ICML.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..designs import Reserve, adjoining
from .certificate import Certified, certify, violations
from .layout import whole_blocks
from .model import Model, build_model, direction, extended
from .problem import Array, Evaluation, Point, Problem, Weights, evaluate
from .proximal_newton import balanced, proximal_newton
from .reduction import is_tall
from .tolerance import Report, Tolerance

#: Up to this many weights the working set is everything.
_SMALL = 400
#: How many weights join at first: a share of them, but within these limits.
_FIRST_SHARE, _FEWEST, _FIRST = 0.125, 8, 100
#: Share of the largest violation to which a subproblem is solved.
_INNER = 0.1
#: Rounds without bettering the certificate by a percent: only rounding is left.
_PATIENCE, _PROGRESS = 10, 0.99
#: Problems up to this size (n_samples x weights) are solved to rounding.
_CHEAP = 50_000
_LAST_STEPS = 4
_ROUNDING = 1e-15


def working_sets(
    problem: Problem,
    found: Certified,
    limits: Tolerance,
    max_iter: int,
    report: Report,
    inside: WorkingSet,
) -> tuple[Certified, int, WorkingSet]:
    """Improve on `found` until `limits` are met or `max_iter` Newton steps are spent.

    `inside` is where the search begins, and what it has grown to is returned.
    """
    n_iter, share, stalled = 0, _INNER, 0
    best, reached = found, limits.excess(found.certificate)
    while reached > 1.0 and n_iter < max_iter and stalled < _PATIENCE:
        inside = inside.grown(problem, found.point.w, found.scores)
        before = found.certificate.violation
        point, evaluation, steps = inside.solve(
            problem, *found[:2], share * before, max_iter - n_iter
        )
        n_iter += steps
        found = certify(problem, point, evaluation)
        report(n_iter, found.certificate, limits)
        share *= 1.0 if found.certificate.violation < 0.5 * before else 0.3
        excess = limits.excess(found.certificate)
        stalled = 0 if excess < _PROGRESS * reached else stalled + 1
        if excess < reached:
            best, reached = found, excess
    left = min(max_iter - n_iter, _LAST_STEPS)
    if left and to_rounding(problem):  # Newton converges fast, it is not far away
        slopes = float(np.abs(best.evaluation.slopes).sum())
        tolerance = _ROUNDING * slopes * float(problem.norms.max(initial=0.0))
        point, evaluation, steps = WorkingSet.everything(problem).solve(
            problem, *best[:2], tolerance, left
        )
        n_iter += steps
        best = certify(problem, point, evaluation)
    return best, n_iter, inside


def takes_every_weight(problem: Problem) -> bool:
    """Tell whether the weights are so few that the working set is all of them.

    Of tall least squares all are better solved in moments: few are wanted here.
    """
    (n, p), k = problem.design.shape, problem.n_outputs
    return p * k <= _SMALL and not is_tall(problem.loss, n, p)


def to_rounding(problem: Problem) -> bool:
    """Tell whether the last digits cost next to nothing and mean something."""
    unique = problem.penalty.has_dual() or not problem.penalty.convex
    size = problem.design.shape[0] * problem.design.shape[1] * problem.n_outputs
    return bool(not problem.loss.quadratic and unique and size <= _CHEAP)


class WorkingSet(NamedTuple):
    """Some of the features, in order of entry, and the model of a quadratic loss."""

    features: NDArray[np.intp]
    design: Any
    allowed: NDArray[np.bool_]  # n_features x n_outputs of the whole problem
    model: Model | None
    reserve: Reserve  # of the design's columns

    @classmethod
    def empty(cls, problem: Problem) -> WorkingSet:
        """Return the set to start from."""
        nothing = np.empty(0, dtype=np.intp)
        shape = problem.design.shape[1], problem.n_outputs
        return cls(nothing, None, np.zeros(shape, dtype=np.bool_), None, Reserve())

    @classmethod
    def everything(cls, problem: Problem) -> WorkingSet:
        """Return the set of all weights."""
        none = cls.empty(problem)
        return none._with(problem, np.ones_like(none.allowed))

    def grown(
        self, problem: Problem, w: Array, scores: Array, times: int = 1
    ) -> WorkingSet:
        """Add the weights in use and the worst offenders, up to `times` as many."""
        if takes_every_weight(problem) or problem.penalty.is_smooth():
            return self if self.allowed.all() else WorkingSet.everything(problem)
        allowed = np.logical_or(self.allowed, w != 0.0)
        candidates = np.flatnonzero((scores > 0.0) & ~allowed)
        first = min(max(int(_FIRST_SHARE * w.size), _FEWEST), _FIRST)
        room = times * max(first, int(np.count_nonzero(w)))
        if len(candidates) > room:
            ranked = np.argpartition(scores.flat[candidates], -room)
            candidates = candidates[ranked[-room:]]
        allowed.flat[candidates] = True
        allowed = whole_blocks(problem.penalty, problem.columns, allowed)
        return self._with(problem, allowed)

    def expecting(self, problem: Problem, point: Point, gradient: Array) -> WorkingSet:
        """Add the weights that will be wanted if the gradient is as expected.

        Or of some lower strength, for no gradient is quite as expected.
        """
        share, times = (1.0, 1) if self.model is None else self.model.foresight()
        alpha = share * problem.penalty.strength()
        lower = problem._replace(penalty=problem.penalty.at_strength(alpha))
        scores = violations(lower, point.w, gradient)
        return self.grown(problem, point.w, scores, times)

    def _with(self, problem: Problem, allowed: NDArray[np.bool_]) -> WorkingSet:
        """Return the set of the allowed weights; it holds those of this one."""
        wanted = np.any(allowed, axis=1)
        wanted[self.features] = False
        new = np.flatnonzero(wanted)
        if len(new) == 0:
            return self._replace(allowed=allowed)
        larger = self._replace(
            features=np.append(self.features, new),
            design=self._collected(problem, new),
            allowed=allowed,
            model=None,
        )
        part = larger.part(problem)
        model = self.model and extended(self.model, self.design, len(new), part)
        return (
            larger._replace(model=model)
            if model
            else larger._modelled(problem, self.model)
        )

    def _collected(self, problem: Problem, new: NDArray[np.intp]) -> Any:
        """Return the design with columns that join; that of the problem if all do."""
        design, weight = problem.design, problem.weight
        if len(new) == design.shape[1]:
            return design
        before = design.take(new[:0]) if self.design is None else self.design
        return design.collected(new, weight, before, self.reserve)

    def _modelled(self, problem: Problem, smaller: Model | None) -> WorkingSet:
        """Build the model where it is the same at every point, from a smaller one."""
        if not problem.loss.quadratic:
            return self
        part = self.part(problem)
        h = part.hessian(np.empty((0, 0)), 0.0)
        active = self.allowed[self.features]
        return self._replace(model=build_model(part, h, active, smaller))

    def beside(self, features: NDArray[np.intp], problem: Problem) -> Problem:
        """Return the problem in these features and some others."""
        part, other = self.part(problem), problem.take(features)
        return part._replace(
            design=part.design.joined(other.design),
            columns=np.append(part.columns, other.columns),
            norms=np.append(part.norms, other.norms),
        )

    def part(self, problem: Problem) -> Problem:
        """Return the problem in these features."""
        return problem._replace(
            design=self.design,
            columns=problem.columns[self.features],
            norms=problem.norms[self.features],
        )

    def solve(
        self,
        problem: Problem,
        point: Point,
        evaluation: Evaluation,
        tolerance: float,
        max_iter: int,
    ) -> tuple[Point, Evaluation, int]:
        """Solve over the allowed weights, the others held where they are, at zero."""
        part = self.part(problem)
        here, there = self.seen(point, evaluation)
        moved, seen, steps = self.solve_part(part, here, there, tolerance, max_iter)
        point = self.whole(problem, moved)
        if self.design is problem.design and seen is not None:
            return point, seen, steps
        point = balanced(problem, point)
        return point, evaluate(problem, point), steps

    def seen(self, point: Point, evaluation: Evaluation) -> tuple[Point, Evaluation]:
        """Return what concerns these features."""
        f = self.features
        return point._replace(w=point.w[f]), evaluation._replace(
            gradient=evaluation.gradient[f]
        )

    def whole(self, problem: Problem, points: Point) -> Point:
        """Return points in these features among all, the others zero."""
        if self.design is problem.design:
            return points
        w = np.zeros((*points.w.shape[:-2], *self.allowed.shape))
        w[..., self.features, :] = points.w
        return points._replace(w=w)

    def weights(self, ws: Array) -> list[Weights]:
        """Return several weights of these features among all, the others zero."""
        used = ws[:, :, 0] != 0.0 if ws.shape[2] == 1 else ws.any(axis=2)
        places = np.nonzero(used)
        features, values = self.features[places[1]], ws[places]
        return [
            Weights(features[part], values[part], len(self.allowed))
            for part in adjoining(np.count_nonzero(used, axis=1))
        ]

    def solve_part(
        self,
        part: Problem,
        here: Point,
        there: Evaluation,
        tolerance: float,
        max_iter: int,
    ) -> tuple[Point, Evaluation | None, int]:
        """Solve in these features alone.

        Returns the point, its evaluation if that is known, and the steps taken.
        """
        if self.model is not None:
            way = direction(part, self.model, here, there, tolerance)
            return here.moved(way), None, 1
        allowed = self.allowed[self.features]
        return proximal_newton(part, here, there, allowed, tolerance, max_iter)
