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

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .certificate import intercept_violation, violations
from .problem import Array, Point, Problem, penalty_value
from .quadratic import GramQuadratic, minimize_quadratic

_SUFFICIENT = 0.01  # share of the predicted decrease that a step must bring
_HALVINGS = 30
_LEAST_DAMPING = 1e-10
#: Steps without halving the violation, after which rounding is all that is left.
_PATIENCE, _PATIENCE_OF_EXACT = 30, 3
#: Up to this many weights a model holds all that are allowed.
_SMALL = 500


class Model(NamedTuple):
    """Second-order model in the active weights, ordered by output, then feature."""

    features: NDArray[np.intp]  # of each active weight
    outputs: NDArray[np.intp]  # of each active weight
    hessian: Array  # active x active, intercepts eliminated
    coupling: Array  # active x n_outputs: C, how weights and intercepts meet
    inverse: Array  # n_outputs x n_outputs: B^+, zeros without intercept


def proximal_newton(
    problem: Problem,
    point: Point,
    allowed: NDArray[np.bool_],
    tolerance: float,
    max_iter: int,
) -> tuple[Point, int]:
    """Improve the `allowed` weights until their largest violation is `tolerance`.

    Returns the point and the number of Newton steps taken (at least 1).
    """
    damping = 0.0 if problem.loss.quadratic else _LEAST_DAMPING
    model = None
    value, r, gradient, scores = _evaluate(problem, point, allowed)
    patience = _PATIENCE_OF_EXACT if problem.loss.quadratic else _PATIENCE
    n_iter, best, since_best = 0, np.inf, 0
    while n_iter < max_iter:
        n_iter += 1
        if model is None or not problem.loss.quadratic:
            active = _active(problem, point.w, allowed, scores)
            model = build_model(problem, point.eta, active, damping)
        direction, slope = _model_step(problem, model, point, gradient, r, tolerance)
        point, step = _line_search(problem, point, direction, value, slope)
        if step == 0.0 and damping >= 1.0:
            break
        damping = _adapted(damping, step)
        value, r, gradient, scores = _evaluate(problem, point, allowed)
        largest = max(float(scores.max(initial=0.0)), intercept_violation(problem, r))
        best, since_best = (
            (largest, 0) if largest < 0.5 * best else (best, since_best + 1)
        )
        if largest <= tolerance or since_best > patience:
            break
    return point, n_iter


def _evaluate(
    problem: Problem, point: Point, allowed: NDArray[np.bool_]
) -> tuple[float, Array, Array, Array]:
    """Return the data term, its gradients in eta and w, and the allowed violations."""
    value, r = problem.gradient(point.eta)
    gradient = problem.design.rmatvec(r)
    return value, r, gradient, allowed * violations(problem, point.w, gradient)


def _active(
    problem: Problem, w: Array, allowed: NDArray[np.bool_], scores: Array
) -> NDArray[np.bool_]:
    """Leave satisfied zeros out of a large model that is built for one step only."""
    if problem.loss.quadratic or np.count_nonzero(allowed) <= _SMALL:
        return allowed
    return allowed & ((w != 0.0) | (scores > 0.0))


def build_model(
    problem: Problem, eta: Array, active: NDArray[np.bool_], damping: float
) -> Model:
    """Form the Hessian of the data term in the active weights, output by output."""
    k = problem.n_outputs
    h = problem.hessian(eta, damping)
    members = [np.flatnonzero(active[:, c]) for c in range(k)]
    ends = np.cumsum([0, *map(len, members)])
    places = [slice(*ends[c : c + 2]) for c in range(k)]
    designs = [_taken(problem.design, features) for features in members]
    hessian, coupling = np.empty((ends[-1], ends[-1])), np.empty((ends[-1], k))
    for c in range(k):
        for m in range(c, k):
            block = designs[c].cross(designs[m], h[c, m])
            hessian[places[c], places[m]] = block
            hessian[places[m], places[c]] = block.T
        coupling[places[c]] = designs[c].rmatvec(np.ascontiguousarray(h[c].T))
    inverse = np.zeros((k, k))
    if problem.fit_intercept:
        inverse = np.linalg.pinv(h.sum(axis=2), rcond=1e-14, hermitian=True)
        hessian -= coupling @ inverse @ coupling.T
    outputs = np.repeat(np.arange(k), np.diff(ends))
    return Model(np.concatenate(members), outputs, hessian, coupling, inverse)


def _taken(design: Any, features: NDArray[np.intp]) -> Any:
    return design if len(features) == design.shape[1] else design.take(features)


def _model_step(
    problem: Problem,
    model: Model,
    point: Point,
    gradient: Array,
    r: Array,
    tolerance: float,
) -> tuple[Point, float]:
    """Return the step to the model's minimiser and the slope of the data term."""
    at = model.features, model.outputs
    rest = model.inverse @ r.sum(axis=0)
    slopes = gradient[at] - model.coupling @ rest
    quadratic = GramQuadratic(model.hessian, slopes)
    z = point.w[at]
    columns = problem.columns[model.features]
    minimize_quadratic(quadratic, problem.penalty, columns, z, 0.1 * tolerance)
    d = np.zeros_like(point.w)
    d[at] = z - point.w[at]
    e = -rest - model.inverse @ (model.coupling.T @ d[at])
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
