r"""Working sets on few rows: the same rounds on arrays that are made once.

What a round does is that of `working_set.py`: the weights that violate optimality most
join the set, the subproblem is solved to a share of the violation that remains, and one
product ``X~' r`` verifies the rest. On few rows all that takes less time than to make
new arrays and to go from one kernel to the next. So the columns of the set,
``X~_S = (X_S - 1 mean_S') / scale_S``, come to lie side by side in one array, and a
round is a few kernels. The Gram matrix of least squares,

.. math:: H_{SS} = \tilde X_S' \operatorname{diag}(q) \tilde X_S,

grows by a row for each feature that comes; other losses keep to the columns.

From zero on the strength of the penalty falls to the problem's in a few rounds, a
solution at each: what violates optimality at a low strength beside nothing, or beside
few features, is mostly not what will be in use. Newton steps of other losses take
longer than what that saves.
"""

from __future__ import annotations

from math import nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..designs import Dense, Standardized
from .active_set import fast_epochs
from .certificate import Certificate, Certified, certify
from .cholesky import Cholesky
from .column_newton import newton_in_columns
from .newton_steps import Room, newton_steps
from .problem import Array, Evaluation, Goal, Point, Problem, evaluate
from .proximal_newton import is_precise, keeps_to_columns
from .quadratic import GramQuadratic
from .tolerance import Null, Report, Tolerance

#: The most rows, and the most features in a set beside twice the rows.
_ROWS, _FEATURES = 256, 256
#: Features that there is room for at first.
_ROOM = 128
#: How many features join the set, if so many violate optimality and no more are in use.
_FIRST = 50
#: The next strength of the penalty, as a share of one that is above the problem's.
_DROP = 0.2
#: Share of the violation to which a subproblem is solved: least squares end exactly.
_INNER, _EXACT = 0.1, 0.03
#: What remains of that share where a round did not halve the violation, and after how
#: many rounds that bring nothing something else has to go on.
_CLOSER, _PATIENCE = 0.3, 3
#: Epochs over the Gram matrix, and Newton steps, of one round.
_EPOCHS, _STEPS = 50, 500
#: Levels of violation that are told apart among those who may join.
_LEVELS = 64


def are_small(problem: Problem) -> bool:
    """Tell whether a problem from the start on is one for this file."""
    penalty = problem.penalty
    return bool(
        problem.n_outputs == 1
        and problem.design.shape[0] <= _ROWS
        and penalty.separable
        and penalty.convex
        and not penalty.is_smooth()
    )


def small_sets(
    problem: Problem,
    null: Null,
    found: Certified,
    limits: Tolerance,
    max_iter: int,
    report: Report,
) -> tuple[Certified, int]:
    """Improve on `found` until `limits` are met, or something else has to go on.

    That is, after `max_iter` steps, or where there is no room for more features, or
    rounds bring nothing. Returns the best point and the number of steps.
    """
    inside = _Set.of(problem, null, found)
    gram = _Gram.empty() if problem.loss.quadratic else None
    share = _EXACT if gram else _INNER
    stage = _stronger(problem, found) if gram else problem
    last = found if stage is problem else _violated(stage, *found[:2])
    best, solved, n_iter, n_idle, steps = found, problem, 0, 0, 1
    while n_iter < max_iter and not limits.met(best.certificate):
        before, left = last.certificate.violation, max_iter - n_iter
        inside, is_room = inside.grown(stage, last)
        if not (is_room and steps and n_idle < _PATIENCE):
            break
        if gram:
            gram = gram.grown(inside, problem.weight)
            steps = gram.solve(stage, inside, last, share * before)
        else:
            steps = _newton(stage, inside, last, share * before, left)
        n_iter += steps
        solved, stage = stage, _at_strength(problem, _DROP * stage.penalty.strength())
        if solved is not problem:
            last = _violated(stage, *inside.point(problem))
            continue
        last = certify(problem, *inside.point(problem))
        report(n_iter, last.certificate, limits)
        share *= 1.0 if last.certificate.violation < 0.5 * before else _CLOSER
        better = limits.excess(last.certificate) < limits.excess(best.certificate)
        best, n_idle = (last, 0) if better else (best, n_idle + 1)
    if solved is not problem:
        last = certify(problem, *last[:2])
        best = min(best, last, key=lambda point: limits.excess(point.certificate))
    return best, n_iter


def _stronger(problem: Problem, found: Certified) -> Problem:
    """Return the problem at the strength to begin with: from zero on a higher one.

    The penalty holds back the slope of the worst offender but for its violation, and
    all of it at about ``slope / (slope - violation)`` times the strength.
    """
    worst = np.argmax(found.scores)
    violation = float(found.scores.flat[worst])
    slope = abs(float(found.evaluation.gradient.flat[worst]))
    if found.point.w.any() or not 0.0 < violation < slope:
        return problem
    critical = problem.penalty.strength() * slope / (slope - violation)
    return _at_strength(problem, _DROP * critical)


def _at_strength(problem: Problem, alpha: float) -> Problem:
    """Return the problem at a strength of its penalty, no lower than its own."""
    if not problem.penalty.strength() < alpha < np.inf:
        return problem
    return problem._replace(penalty=problem.penalty.at_strength(alpha))


def _violated(stage: Problem, point: Point, evaluation: Evaluation) -> Certified:
    """Return the violations at a strength that is not the problem's, uncertified."""
    scores, _, violation = stage.violations(point.w, evaluation.gradient)
    return Certified(point, evaluation, Certificate(nan, nan, violation), scores)


class _Set(NamedTuple):
    """The working set and its solution; kernels write to it."""

    size: NDArray[np.intp]  # 1
    features: NDArray[np.intp]  # room: the set, in order of entry
    numbers: NDArray[np.intp]  # room: of these features, for the penalty
    is_member: NDArray[np.bool_]  # n_features
    columns: Array  # n_samples x room
    z: Array  # room: weights
    w: Array  # n_features: the same weights, and zeros
    b: Array  # 1
    eta: Array  # n_samples x 1
    row: Array  # n_samples
    levels: NDArray[np.intp]  # _LEVELS

    @classmethod
    def of(cls, problem: Problem, null: Null, found: Certified) -> _Set:
        """Return the set of no features, at a point.

        The intercept of least squares is that of the null model: columns are centred.
        """
        (n, p), point = problem.design.shape, found.point
        b = null.point.b if problem.loss.quadratic else point.b
        return cls(
            np.zeros(1, np.intp),
            np.empty(0, np.intp),
            np.empty(0, np.intp),
            np.zeros(p, np.bool_),
            np.empty((n, 0), order="F"),
            np.empty(0),
            point.w[:, 0].copy(),
            b.copy(),
            point.eta.copy(),
            np.empty(n),
            np.empty(_LEVELS, np.intp),
        )

    def grown(self, problem: Problem, last: Certified) -> tuple[_Set, bool]:
        """Add features; also return whether there may be so many."""
        design, scores = problem.design, last.scores[:, 0]
        violation, size = last.certificate.violation, int(self.size[0])
        least, n_new = _least_level(self, scores, violation)
        most, needed = 2 * len(self.eta) + _FEATURES, size + n_new
        if needed > most:
            return self, False
        inside, old = self, len(self.features)
        if needed > old:
            k = min(max(needed, 2 * old, _ROOM), most)
            inside = self._replace(
                features=_longer(self.features, k),
                numbers=_longer(self.numbers, k),
                columns=np.asfortranarray(_longer(self.columns.T, k).T),
                z=_longer(self.z, k),
            )
        _join(
            inside,
            design.design,
            design.mean,
            design.scale,
            problem.columns,
            scores,
            violation,
            least,
        )
        return inside, True

    def point(self, problem: Problem) -> tuple[Point, Evaluation]:
        """Return the solution in all weights, and the data term there."""
        k = int(self.size[0])
        self.w[self.features[:k]] = self.z[:k]
        point = Point(self.w[:, None].copy(), self.b.copy(), self.eta.copy())
        return point, evaluate(problem, point)

    def part(self, problem: Problem) -> Problem:
        """Return the problem in the features of the set."""
        k = int(self.size[0])
        features, nothing = self.features[:k], np.zeros(k)
        return problem._replace(
            design=Standardized(Dense.of(self.columns[:, :k]), nothing, nothing + 1.0),
            columns=self.numbers[:k],
            norms=problem.norms[features],
        )


class _Gram(NamedTuple):
    """The Gram matrix of the set, and what it takes to solve with it."""

    hessian: Array  # room x room
    slopes: Array  # room
    factor: Cholesky
    room: Room
    found: Array  # 1 x room
    size: NDArray[np.intp]  # 1: how far it has grown

    @classmethod
    def empty(cls) -> _Gram:
        """Return the matrix of no features."""
        return cls(
            np.empty((0, 0)),
            np.empty(0),
            Cholesky.empty(0),
            Room.of(0),
            np.empty((1, 0)),
            np.zeros(1, np.intp),
        )

    def grown(self, inside: _Set, q: Array) -> _Gram:
        """Return the matrix of the set's features, of rows of weights `q`."""
        k, old, larger = len(inside.features), len(self.slopes), self
        if k > old:
            hessian = np.empty((k, k))
            hessian[:old, :old] = self.hessian
            larger = self._replace(
                hessian=hessian,
                slopes=np.empty(k),
                factor=self.factor.enlarged(k),
                room=Room.of(k),
                found=np.empty((1, k)),
            )
        done, size = int(self.size[0]), int(inside.size[0])
        columns, rows = inside.columns[:, :size], larger.hessian[done:size, :size]
        np.matmul((q[:, None] * columns[:, done:]).T, columns, out=rows)
        larger.hessian[:done, done:size] = rows[:, :done].T
        larger.size[0] = size
        return larger

    def solve(
        self, problem: Problem, inside: _Set, last: Certified, tolerance: float
    ) -> int:
        """Minimise over the set; return 1, or 0 if that ends before `tolerance`."""
        k = int(inside.size[0])
        self.slopes[:k] = last.evaluation.gradient[inside.features[:k], 0]
        quadratic = GramQuadratic(self.hessian, self.slopes[:k])
        z, numbers, penalty = inside.z[:k], inside.numbers[:k], problem.penalty
        enough = 0.3 * tolerance
        fast_epochs(quadratic, penalty, numbers, z, _EPOCHS, enough, self.room)
        goal = Goal(tolerance, 0.0, _STEPS)
        _, violation = newton_steps(
            quadratic,
            self.factor,
            penalty,
            np.array([penalty.strength()]),
            numbers,
            z,
            self.room,
            goal,
            self.found,
        )
        inside.eta[:, 0] = inside.b + inside.columns[:, :k] @ z
        return int(violation <= tolerance)


def _newton(
    problem: Problem, inside: _Set, last: Certified, tolerance: float, max_iter: int
) -> int:
    """Take Newton steps over the set; return how many, none where models are due."""
    part, k = inside.part(problem), int(inside.size[0])
    gradient = last.evaluation.gradient[inside.features[:k]]
    there = last.evaluation._replace(gradient=gradient)
    if is_precise(part, there, tolerance) or not keeps_to_columns(part):
        return 0
    here = Point(inside.z[:k, None], inside.b, inside.eta)
    found, _, n_steps = newton_in_columns(part, here, there, tolerance, max_iter)
    inside.z[:k], inside.b[:], inside.eta[:] = found.w[:, 0], found.b, found.eta
    return n_steps


def _longer(array: NDArray[Any], k: int) -> NDArray[Any]:
    """Return a copy with room for `k` entries, or rows."""
    out = np.empty((k, *array.shape[1:]), array.dtype)
    out[: len(array)] = array
    return out


@kernel
def _least_level(inside: _Set, scores: Array, violation: float) -> tuple[int, int]:
    """Return the level of violation from which on features join, and how many do.

    Those in use do in any case; about as many as are in use.
    """
    levels, in_use, n_new = inside.levels, 0, 0
    for level in range(_LEVELS):
        levels[level] = 0
    for j in range(scores.shape[0]):
        in_use += inside.w[j] != 0.0
        levels[_level(inside, scores[j], violation, j)] += 1
    wanted, least = max(_FIRST, in_use), _LEVELS
    while least > 1 and n_new < wanted:
        least -= 1
        n_new += levels[least]
    return least, n_new


@kernel
def _join(
    inside: _Set,
    design: Any,
    mean: Array,
    scale: Array,
    numbers: NDArray[np.intp],
    scores: Array,
    violation: float,
    least: int,
) -> None:
    """Add the features whose violation is of a level of at least `least`."""
    for j in range(scores.shape[0]):
        if _level(inside, scores[j], violation, j) >= least:
            inside.numbers[inside.size[0]] = numbers[j]
            _add(inside, design, mean[j], scale[j], j)


@kernel
def _level(inside: _Set, score: float, largest: float, j: int) -> int:
    """Return the level of a violation, of which `largest` is the largest.

    That is the highest if feature `j` is in use, and 0 if it has no reason to join.
    """
    if inside.is_member[j]:
        return 0
    if inside.w[j] != 0.0:
        return _LEVELS - 1
    level = int((_LEVELS - 2) * (score / largest)) + int(score > 0.0)
    return min(level, _LEVELS - 1)


@kernel
def _add(inside: _Set, design: Any, mean: float, scale: float, j: int) -> None:
    """Add feature `j` and its column."""
    k, row = inside.size[0], inside.row
    for i in range(row.shape[0]):
        row[i] = 0.0
    design.add_column(j, 1.0, row)
    for i in range(row.shape[0]):
        inside.columns[i, k] = (row[i] - mean) / scale
    inside.features[k], inside.z[k], inside.is_member[j] = j, inside.w[j], True
    inside.size[0] = k + 1
