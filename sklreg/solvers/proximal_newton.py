r"""Proximal Newton: a smooth loss plus a penalty, one quadratic model after another.

At `eta` the data term is replaced by its second-order model; its minimiser over the
weights `w + d` and the intercepts `b + e` is found exactly, and a line search on `F`
decides how far to go (Lee, Sun and Saunders 2014, Proximal Newton-type methods for
minimizing composite functions, SIAM Journal on Optimization 24(3)).

The intercepts are eliminated from the model. With `h` the Hessian of the data term in
`eta`, ``B = sum_i h_i`` and ``C = X' h``, the best `e` for given `d` is
``e = -B^+ (sum_i r_i + C' d)``, which leaves the Hessian ``X' h X - C B^+ C'``. For one
output that is the Gram matrix about the `h`-weighted means.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .certificate import violations
from .problem import Array, Point, Problem, penalty_value
from .quadratic import GramQuadratic, minimize_quadratic

_SUFFICIENT = 0.01  # share of the predicted decrease that a step must bring
_HALVINGS = 30
_LEAST_DAMPING = 1e-10


class Model(NamedTuple):
    """Second-order model of the data term, intercepts eliminated."""

    hessian: Array  # (p k) x (p k), features first, outputs fastest
    coupling: Array  # (p k) x k: C, how weights and intercepts meet
    inverse: Array  # k x k: B^+, zeros without intercept


def proximal_newton(
    problem: Problem, point: Point, tolerance: float, max_iter: int
) -> tuple[Point, int]:
    """Improve `point` until the largest violation is at most `tolerance`.

    Returns the point and the number of Newton steps taken (at least 1).
    """
    damping = 0.0 if problem.loss.quadratic else _LEAST_DAMPING
    model = None
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        value, r = problem.gradient(point.eta)
        gradient = problem.design.rmatvec(r)
        if model is None or not problem.loss.quadratic:
            model = build_model(problem, point.eta, damping)
        direction, slope = _model_step(problem, model, point, gradient, r, tolerance)
        point, step = _line_search(problem, point, direction, value, slope)
        damping = _adapted(damping, step)
        if step == 0.0 and damping >= 1.0:
            break
        if step > 0.0 and _is_solved(problem, point, tolerance):
            break
    return point, n_iter


def build_model(problem: Problem, eta: Array, damping: float) -> Model:
    """Form the Hessian of the data term, class by class."""
    p, k = problem.design.shape[1], problem.n_outputs
    h = problem.hessian(eta, damping)
    hessian = np.zeros((p, k, p, k))
    coupling, totals = np.zeros((p, k, k)), h.sum(axis=2)
    zero = np.zeros(p)
    for c in range(k):
        for m in range(c, k):
            hessian[:, c, :, m] = problem.design.gram(h[c, m], zero)
            hessian[:, m, :, c] = hessian[:, c, :, m].T
        coupling[:, c] = problem.design.rmatvec(np.ascontiguousarray(h[c].T))
    hessian, coupling = hessian.reshape(p * k, p * k), coupling.reshape(p * k, k)
    inverse = np.zeros((k, k))
    if problem.fit_intercept:
        inverse = np.linalg.pinv(totals, rcond=1e-14, hermitian=True)
        hessian -= coupling @ inverse @ coupling.T
    return Model(hessian, coupling, inverse)


def _model_step(
    problem: Problem,
    model: Model,
    point: Point,
    gradient: Array,
    r: Array,
    tolerance: float,
) -> tuple[Point, float]:
    """Return the step to the model's minimiser and the decrease it predicts."""
    k = problem.n_outputs
    rest = model.inverse @ r.sum(axis=0)
    quadratic = GramQuadratic(model.hessian, gradient.ravel() - model.coupling @ rest)
    z = point.w.ravel().copy()
    columns = np.repeat(problem.columns, k)
    minimize_quadratic(quadratic, problem.penalty, columns, z, 0.1 * tolerance)
    d = z.reshape(point.w.shape) - point.w
    e = -rest - model.inverse @ (model.coupling.T @ d.ravel())
    along = problem.design.matvec(d) + e
    slope = float((r * along).sum())
    return Point(d, e, np.ascontiguousarray(along)), slope


def _line_search(
    problem: Problem, point: Point, direction: Point, value: float, slope: float
) -> tuple[Point, float]:
    """Halve the step until F falls enough; products with X are already there."""

    def at(step: float) -> Point:
        moved = (a + step * d for a, d in zip(point, direction, strict=True))
        return Point(*moved)

    if problem.loss.quadratic:  # the model is exact
        return at(1.0), 1.0
    here = penalty_value(problem.penalty, problem.columns, point.w)
    trial = at(1.0)
    predicted = penalty_value(problem.penalty, problem.columns, trial.w) - here + slope
    objective = value + here
    size = abs(objective) + problem.weight @ np.abs(point.eta).max(axis=1)
    noise = 4 * np.finfo(np.float64).eps * size
    step = 1.0
    for _ in range(_HALVINGS):
        reached = problem.objective(trial.w, trial.eta)
        if reached <= objective + _SUFFICIENT * step * min(predicted, 0.0) + noise:
            return trial, step
        step *= 0.5
        trial = at(step)
    return point, 0.0


def _adapted(damping: float, step: float) -> float:
    """Trust the curvature after a full step, lean on the majorizer otherwise."""
    if damping == 0.0 or step == 1.0:
        return max(0.1 * damping, _LEAST_DAMPING) if damping else 0.0
    return min(1.0, max(10.0 * damping, 0.01))


def _is_solved(problem: Problem, point: Point, tolerance: float) -> bool:
    _, r = problem.gradient(point.eta)
    gradient = problem.design.rmatvec(r)
    found = violations(problem, point.w, gradient).max(initial=0.0)
    if problem.fit_intercept:
        found = max(found, np.abs(r.sum(axis=0)).max())
    return bool(found <= tolerance)
