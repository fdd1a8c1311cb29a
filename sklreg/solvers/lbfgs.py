"""Smooth and large: L-BFGS, whose line searches need no products with X.

Along a direction `d` the predictions are ``eta + t X d``, so that only the loss of each
row is taken anew. The search can then afford to be precise, which saves directions, and
each of these takes two products: ``X d`` and ``X' r``.

Nocedal (1980), Updating quasi-Newton matrices with limited storage, Mathematics of
Computation 35(151).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..designs import column_sums
from .certificate import Certificate, Certified, certify, intercept_violation
from .metric import metric
from .problem import Array, Evaluation, Point, Problem, smooth_parts
from .tolerance import Null, Report, Tolerance

#: Pairs that are remembered: as many as make so many numbers, within limits.
_NUMBERS, _FEWEST, _MOST = 1 << 22, 10, 30
#: After how many steps a duality gap is taken at the latest, and by how much sooner
#: than it is expected to be small enough.
_CHECK_EVERY, _SOONER = 20, 1.2
_FIRST_CHECK = 5
#: By how much a search must flatten the slope, and in how many trials.
_FLAT, _TRIALS = 0.3, 30
#: The shares of an interval, and the multiples of a step, that a trial keeps to.
_INSIDE, _BEYOND = (0.1, 0.9), (1.5, 10.0)
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)


class _Place(NamedTuple):
    """A point, and F there with its parts' derivatives."""

    point: Point
    value: float  # of the data term
    slopes: Array  # n_samples x n_outputs: its derivatives with respect to eta
    penalty: float
    pull: Array  # n_features x n_outputs: derivatives of the penalty

    @property
    def objective(self) -> float:
        """Return F."""
        return self.value + self.penalty


class _Memory(NamedTuple):
    """The last steps and the changes of the gradient along them."""

    steps: Array  # n_pairs x n_weights
    changes: Array  # n_pairs x n_weights
    slots: list[int]  # where they are, the newest first

    @classmethod
    def of(cls, size: int) -> _Memory:
        """Return an empty one for so many weights."""
        n_pairs = min(max(_NUMBERS // size, _FEWEST), _MOST)
        return cls(np.empty((n_pairs, size)), np.empty((n_pairs, size)), [])

    def add(self, step: Array, change: Array) -> None:
        """Remember a pair, in place of the oldest if need be."""
        if not step @ change > 0.0:  # not convex there
            return
        full = len(self.slots) == len(self.steps)
        slot = self.slots.pop() if full else len(self.slots)
        self.steps[slot], self.changes[slot] = step, change
        self.slots.insert(0, slot)

    def direction(self, gradient: Array) -> Array:
        """Return minus what is known of the inverse Hessian, times the gradient."""
        out = -gradient
        slots = np.array(self.slots, dtype=np.intp)
        if len(slots):
            shares = np.empty(len(slots))
            _inverse_times(self.steps, self.changes, slots, shares, out)
        return out


def lbfgs(
    problem: Problem,
    point: Point,
    limits: Tolerance,
    null: Null,
    max_iter: int,
    report: Report,
) -> tuple[Certified, int]:
    """Improve `point` until `limits` are met or `max_iter` iterations are spent."""
    scale = 1.0 / np.sqrt(metric(problem, null.point.b))
    memory, here = _Memory.of(scale.size), _place(problem, point)
    evaluation, gradient = _gradient(problem, here, scale)
    n_iter, promising, found = 0, limits.violation, None
    while n_iter < max_iter:
        way = memory.direction(gradient)
        slope = float(gradient @ way)
        there, step = _line_search(problem, here, way, slope, scale)
        if step == 0.0:
            if not memory.slots:
                break
            memory.slots.clear()  # rounding may have spoilt the direction
            continue
        n_iter += 1
        before, here = gradient, there
        evaluation, gradient = _gradient(problem, here, scale)
        memory.add(step * way, gradient - before)
        steepest = float(np.abs(evaluation.gradient + here.pull).max())
        ends = intercept_violation(problem, evaluation.slopes)
        if max(steepest, ends) < limits.enough:
            break
        due = n_iter == _FIRST_CHECK or n_iter % _CHECK_EVERY == 0
        if due or steepest <= promising:
            found = certify(problem, here.point, evaluation)
            report(n_iter, found.certificate, limits)
            if limits.met(found.certificate):
                break
            promising = _promising(steepest, limits, found.certificate)
    if found is None or found.point is not here.point:
        found = certify(problem, here.point, evaluation)
    return found, max(n_iter, 1)


def _promising(steepest: float, limits: Tolerance, certificate: Certificate) -> float:
    """Return the largest entry of the gradient at which `limits` may be met.

    Near the solution the duality gap falls like the square of the gradient.
    """
    if math.isnan(limits.gap):
        return limits.violation
    return _SOONER * steepest / math.sqrt(limits.excess(certificate))


def _place(problem: Problem, point: Point) -> _Place:
    """Evaluate F at a point whose eta is known."""
    value, slopes = problem.gradient(point.eta)
    pull, _ = smooth_parts(problem.penalty, problem.columns, point.w)
    return _Place(point, value, slopes, problem.penalty_at(point.w), pull)


def _gradient(problem: Problem, here: _Place, scale: Array) -> tuple[Evaluation, Array]:
    """Return the data term's evaluation, and the scaled gradient of F as a vector."""
    gradient = np.ascontiguousarray(problem.design.rmatvec(here.slopes))
    evaluation = Evaluation(here.value, here.slopes, gradient)
    ends = column_sums(here.slopes) * problem.fit_intercept
    return evaluation, (
        np.vstack([evaluation.gradient + here.pull, ends]) * scale
    ).ravel()


def _line_search(
    problem: Problem, here: _Place, way: Array, slope: float, scale: Array
) -> tuple[_Place, float]:
    """Look for where F has nearly no slope along `way`, by secants; a step of 0: no."""
    stacked = way.reshape(scale.shape) * scale
    w, b = stacked[:-1], stacked[-1]
    d = Point(w, b, problem.design.matvec(w) + b)
    low, high, step = (0.0, slope), (math.inf, math.nan), 1.0
    size = abs(here.objective) + float(np.abs(here.slopes * here.point.eta).sum())
    limit = here.objective + _ROUNDING * size
    for _ in range(_TRIALS):
        there = _place(problem, here.point.moved(d, step))
        along = float(np.vdot(there.slopes, d.eta) + np.vdot(there.pull, w))
        lower = there.objective <= limit
        if lower and abs(along) <= -_FLAT * slope:
            return there, step
        if lower and along < 0.0:
            low = step, along
        else:
            high = step, along if 0.0 <= along < math.inf else math.inf
        step = _between(slope, low, high)
    return here, 0.0


def _between(
    slope: float, low: tuple[float, float], high: tuple[float, float]
) -> float:
    """Return where the secant of the slope is zero, kept away from the ends.

    Of the slopes at both ends; at the start, `slope`, and the end while there is one.
    """
    (a, falls), (b, rises) = low, high
    if math.isinf(b):
        least, most = _BEYOND
        return (
            a * min(max(slope / (slope - falls), least), most)
            if slope < falls
            else most * a
        )
    least, most = _INSIDE
    return a + (b - a) * min(max(-falls / (rises - falls), least), most)


@kernel
def _inverse_times(
    steps: Array,
    changes: Array,
    slots: NDArray[np.intp],
    shares: Array,
    out: Array,
) -> None:
    """Multiply `out` by the inverse Hessian: two loops over the pairs."""
    for a in range(slots.shape[0]):
        i = slots[a]
        dot, curvature = 0.0, 0.0
        for j in range(out.shape[0]):
            dot += steps[i, j] * out[j]
            curvature += steps[i, j] * changes[i, j]
        shares[a] = dot / curvature
        for j in range(out.shape[0]):
            out[j] -= shares[a] * changes[i, j]
    i = slots[0]
    curvature, square = 0.0, 0.0
    for j in range(out.shape[0]):
        curvature += steps[i, j] * changes[i, j]
        square += changes[i, j] * changes[i, j]
    for j in range(out.shape[0]):
        out[j] *= curvature / square
    for a in range(slots.shape[0] - 1, -1, -1):
        i = slots[a]
        dot, curvature = 0.0, 0.0
        for j in range(out.shape[0]):
            dot += changes[i, j] * out[j]
            curvature += steps[i, j] * changes[i, j]
        for j in range(out.shape[0]):
            out[j] += (shares[a] - dot / curvature) * steps[i, j]
