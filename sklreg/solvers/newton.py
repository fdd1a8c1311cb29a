r"""Smooth: Newton's method, one factorisation a step.

Small problems are solved to rounding. Of many rows for each column some will do for the
Hessian: with `m` of them it is off by a share of about ``sqrt(p / m)``, by which each
step then brings the point nearer, at ``m / n`` of what is by far the most work. The
gradient and the certificate are those of all rows. (Byrd, Chin, Neveitt and Nocedal
2011, On the use of stochastic Hessian information in optimization methods for machine
learning, SIAM Journal on Optimization 21(3).)

What the rows lack of a column's mean square is curved as all rows are on average: some
columns are zero but in a few rows.

What is left to do where it fails, or does not get there, is done by what comes after.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dposv

from .certificate import Certified, certify, intercept_violation
from .problem import Array, Evaluation, Point, Problem, evaluate, smooth_parts
from .proximal_newton import balanced, line_search
from .reduction import NEWTON_SIZE
from .tolerance import Report, Tolerance

#: Problems up to this size (n_samples x weights) are solved to rounding.
CHEAP = 50_000
#: Share of the slopes' sum that is rounding, and steps without halving the violation.
_ROUNDING, _PATIENCE = 1e-15, 3
#: Sampled rows for each column, and how many times as many there are, at least, where
#: a Hessian takes so many times the work of a product with X.
_ROWS, _MORE_ROWS, _WORK = 64, 3, 2.0
#: Where a step gains less than this of what the one before did, all rows are taken.
_SLOW = 0.15
#: A step brings the objective nearer by this, or better: a certificate may be due.
_GAIN = 0.02


def is_small_and_smooth(problem: Problem) -> bool:
    """Tell whether Newton's method is the way: one output, a unique solution."""
    smooth = problem.penalty.is_smooth() and problem.penalty.has_dual()
    (n, p), single = problem.design.shape, problem.n_outputs == 1
    return bool(single and smooth and not problem.loss.quadratic and n * p <= CHEAP)


def newton(problem: Problem, found: Certified, max_iter: int) -> tuple[Certified, int]:
    """Improve on `found` until only rounding is left, or `max_iter` steps are spent."""
    formed = problem._replace(design=problem.design.formed())
    point, evaluation = found.point, found.evaluation
    norm = float(problem.norms.max(initial=0.0))
    best, since_best, n_iter = np.inf, 0, 0
    while n_iter < max_iter and since_best < _PATIENCE:
        first, second = smooth_parts(problem.penalty, problem.columns, point.w)
        slopes = evaluation.gradient + first
        largest = max(
            float(np.abs(slopes).max()),
            intercept_violation(problem, evaluation.slopes),
        )
        if largest <= _ROUNDING * norm * float(np.abs(evaluation.slopes).sum()):
            break
        best, since_best = (
            (largest, 0) if largest < 0.5 * best else (best, since_best + 1)
        )
        model = _Model.of(formed, point)
        way = model.way(formed, evaluation, slopes[:, 0], second[:, 0])
        if way is None:
            break
        point, step = line_search(formed, point, way, evaluation)
        if step == 0.0:
            break
        n_iter += 1
        evaluation = evaluate(formed, point)
    return (certify(problem, point, evaluation), n_iter) if n_iter else (found, 0)


def sample(problem: Problem) -> NDArray[np.intp] | None:
    """Return rows that will do for the Hessian; None if that is not the way."""
    (n, p), penalty = problem.design.shape, problem.penalty
    least = _ROWS * p
    many = n >= _MORE_ROWS * least and p <= NEWTON_SIZE
    smooth = penalty.is_smooth() and penalty.has_dual() and not problem.loss.quadratic
    if not (many and smooth and problem.n_outputs == 1):
        return None
    work = _WORK * problem.design.n_entries
    if problem.design.cross_work(work) < work:
        return None
    weighty = np.flatnonzero(problem.weight)
    return weighty[:: max(len(weighty) // least, 1)]


def sampled_newton(
    problem: Problem,
    found: Certified,
    rows: NDArray[np.intp],
    limits: Tolerance,
    max_iter: int,
    report: Report,
) -> tuple[Certified, int]:
    """Improve on `found` until `limits` are met, by Hessians of some `rows`.

    Where steps gain little they go on with those of all rows.
    """
    point, evaluation, before = found.point, found.evaluation, math.inf
    unseen, sampled = _unseen(problem, rows), True
    for n_iter in range(max_iter):
        first, second = smooth_parts(problem.penalty, problem.columns, point.w)
        slopes = (evaluation.gradient + first)[:, 0]
        if sampled:
            model = _Model.sampled(problem, point, rows, unseen)
        else:
            model = _Model.of(problem, point)
        way = model.way(problem, evaluation, slopes, second[:, 0])
        if way is None:
            return certify(problem, point, evaluation), n_iter
        gain = -0.5 * float(slopes @ way.w[:, 0] + evaluation.slopes.sum() * way.b[0])
        sampled, before = sampled and gain <= _SLOW * before, gain
        point, step = line_search(problem, point, way, evaluation)
        if step == 0.0:
            return certify(problem, point, evaluation), n_iter
        due = math.isnan(limits.gap) or _GAIN * gain <= limits.gap
        point = balanced(problem, point) if due else point
        evaluation = evaluate(problem, point)
        if due:
            found = certify(problem, point, evaluation)
            report(n_iter + 1, found.certificate, limits)
            if limits.met(found.certificate):
                return found, n_iter + 1
    return certify(problem, point, evaluation), max_iter


def _unseen(problem: Problem, rows: NDArray[np.intp]) -> Array:
    """Return what the columns' mean squares over some rows lack of those over all."""
    q = problem.weight / problem.weight[rows].sum()
    seen = np.zeros_like(problem.norms)
    for part, some in problem.design.parts(rows):
        seen += q[some] @ part.to_array() ** 2
    return np.maximum(problem.norms**2 - seen, 0.0)


class _Model(NamedTuple):
    """The Hessian of the data term in weights and intercept."""

    hessian: Array  # n_features x n_features
    coupling: Array  # n_features: X' h
    total: float  # the sum of h

    @classmethod
    def of(cls, problem: Problem, point: Point) -> _Model:
        """Sum over all rows."""
        h = problem.hessian(point.eta, 0.0).second[0]
        hessian, coupling = problem.design.gram(h)
        return cls(hessian, coupling, float(h.sum()))

    @classmethod
    def sampled(
        cls, problem: Problem, point: Point, rows: NDArray[np.intp], unseen: Array
    ) -> _Model:
        """Sum over some rows, for all of them; `unseen` are squares these lack."""
        h = problem.hessian(point.eta, 0.0).second[0]
        total, p = float(h.sum()), problem.design.shape[1]
        share = h * (total / max(float(h[rows].sum()), 1e-300))
        hessian, coupling = np.zeros((p, p)), np.zeros(p)
        for part, some in problem.design.parts(rows):
            square, sums = part.gram(share[some])
            hessian += square
            coupling += sums
        hessian.flat[:: p + 1] += total * unseen
        return cls(hessian, coupling, total)

    def way(
        self, problem: Problem, evaluation: Evaluation, slopes: Array, second: Array
    ) -> Point | None:
        """Return Newton's step, the intercept eliminated; None if it is singular.

        Nearly, that is: where a pivot is below the root of the precision. `slopes` and
        `second` are derivatives of the objective and of the penalty.
        """
        hessian, total = self.hessian.copy(), self.total
        coupling, rest = np.zeros_like(slopes), 0.0
        if problem.fit_intercept:
            if not total > 0.0:
                return None
            coupling = self.coupling / total
            rest = evaluation.slopes.sum() / total
            hessian -= np.outer(self.coupling, coupling)
        hessian.flat[:: len(second) + 1] += second
        diagonal = np.diagonal(hessian)
        if not (diagonal > 0.0).all():
            return None
        scale = 1.0 / np.sqrt(diagonal)
        right = scale * (rest * self.coupling - slopes)
        factor, solution, failed = dposv(hessian * scale * scale[:, None], right)
        if failed or np.abs(np.diagonal(factor)).min() < 1e-7:
            return None
        d = (scale * solution)[:, None]
        e = np.array([-rest - coupling @ d[:, 0]]) * problem.fit_intercept
        return Point(d, e, np.ascontiguousarray(problem.design.matvec(d) + e))
