r"""Proximal Newton: a smooth loss plus a penalty, one quadratic model after another.

The minimiser of the second-order model (`model.py`) plus the penalty gives a direction
in the weights and the intercepts, and a line search on `F` decides how far to go (Lee,
Sun and Saunders 2014, Proximal Newton-type methods for minimizing composite functions,
SIAM Journal on Optimization 24(3)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .certificate import intercept_violation, violations
from .column_newton import (
    BALANCING,
    HALVINGS,
    LEAST_DAMPING,
    SUFFICIENT,
    adapted,
    newton_in_columns,
)
from .layout import whole_blocks
from .model import build_model, direction
from .problem import Array, Evaluation, Point, Problem, evaluate

#: Steps without halving the violation, after which rounding is all that is left.
_PATIENCE = 30
#: A model that takes up to so many multiplications holds all that are allowed, and so
#: does one of this share of them.
_CHEAP, _MOST = 1e6, 0.8
_EPS = float(np.finfo(np.float64).eps)
#: To what share of the point's violation its model is minimised.
_INEXACT = 0.1
#: The share of the slopes below which a tolerance is near rounding, and how many steps
#: in the columns are tried for that.
_PRECISE, _LAST_STEPS = 1e-11, 2
#: What share of the violation a whole step leaves where its Hessian serves once more.
_LASTS = 0.4
#: Epochs over the columns, or over a Hessian, that a step is expected to take, and what
#: else the latter takes, in multiplications.
_EPOCHS, _FORMED_EPOCHS, _OVERHEAD, _LITTLE = 30, 12, 3e5, 2e6


def proximal_newton(
    problem: Problem,
    point: Point,
    evaluation: Evaluation,
    allowed: NDArray[np.bool_],
    tolerance: float,
    max_iter: int,
) -> tuple[Point, Evaluation, int]:
    """Improve the `allowed` weights until their largest violation is `tolerance`.

    Returns the point, its evaluation and the number of Newton steps taken. A Hessian
    serves for another step where its last one was whole and left little (Shamanskii
    1967, A modification of Newton's method, Ukrainian Mathematical Journal 19).
    """
    damping, n_iter = LEAST_DAMPING, 0
    if keeps_to_columns(problem):
        precise = is_precise(problem, evaluation, tolerance)
        left = min(max_iter, _LAST_STEPS) if precise else max_iter
        point, evaluation, n_iter = newton_in_columns(
            problem, point, evaluation, tolerance, left
        )
    inexact = _INEXACT if problem.penalty.convex else 0.0
    best, since_best = np.inf, 0
    # Iterates of smooth penalties are those of as many calls of one step each.
    lasts = _LASTS if problem.penalty.convex and not problem.penalty.is_smooth() else 0
    modelled, before = allowed, 0.0
    while n_iter < max_iter:
        scores = allowed * violations(problem, point.w, evaluation.gradient)
        largest = max(
            float(scores.max(initial=0.0)),
            intercept_violation(problem, evaluation.slopes),
        )
        best, since_best = (
            (largest, 0) if largest < 0.5 * best else (best, since_best + 1)
        )
        tried = n_iter > 0 or problem.penalty.convex
        if tried and (largest <= tolerance or since_best > _PATIENCE):
            break
        n_iter += 1
        active = _active(problem, point.w, allowed, scores)
        is_new = largest >= lasts * before or (active & ~modelled).any()
        if is_new:
            h = problem.hessian(point.eta, damping)
            model, modelled = build_model(problem, h, active), np.zeros_like(allowed)
            modelled[model.features, model.outputs] = True
        inner = max(0.1 * tolerance, inexact * largest)
        way = direction(problem, model, point, evaluation, inner)
        point, step = line_search(problem, point, way, evaluation)
        if step == 0.0 and damping >= 1.0 and is_new:
            break
        before = largest if step == 1.0 else 0.0
        damping = adapted(damping, step)
        evaluation = evaluate(problem, point)
    return point, evaluation, n_iter


def is_precise(problem: Problem, evaluation: Evaluation, tolerance: float) -> bool:
    """Tell whether a tolerance is near rounding, where epochs alone do not get."""
    slopes = float(np.abs(evaluation.slopes).sum())
    return tolerance < _PRECISE * slopes * float(problem.norms.max(initial=0.0))


def keeps_to_columns(problem: Problem) -> bool:
    """Tell whether to descend over the columns costs little, and less than a Hessian.

    To form and use that takes several kernels, which is time as well.
    """
    n, k = problem.design.shape
    if problem.n_outputs > 1 or not problem.penalty.separable:
        return False
    if problem.penalty.is_smooth() or not problem.penalty.convex:
        return False
    epochs = _EPOCHS * problem.design.epoch_work()
    if epochs >= _LITTLE:
        return False
    formed = problem.design.cross_work(epochs)
    return bool(epochs < formed + _FORMED_EPOCHS * k * min(n, k) + _OVERHEAD)


def _active(
    problem: Problem, w: Array, allowed: NDArray[np.bool_], scores: Array
) -> NDArray[np.bool_]:
    """Leave satisfied zeros out of a model that takes time to build, if they are many.

    To take some columns is a copy, and a weight that is missing takes another model.
    """
    n_allowed = float(np.count_nonzero(allowed))
    if problem.design.shape[0] * n_allowed**2 <= _CHEAP:
        return allowed
    active = np.logical_and(allowed, (w != 0.0) | (scores > 0.0))
    if np.count_nonzero(active) > _MOST * n_allowed:
        return allowed
    return whole_blocks(problem.penalty, problem.columns, active)


def line_search(
    problem: Problem, point: Point, way: Point, evaluation: Evaluation
) -> tuple[Point, float]:
    """Halve the step until F falls enough; products with X are already there."""
    here = problem.penalty_at(point.w)
    trial, step = point.moved(way), 1.0
    predicted = problem.penalty_at(trial.w) - here
    predicted += float((evaluation.slopes * way.eta).sum())
    objective = evaluation.value + here
    size = abs(objective) + problem.weight @ np.abs(point.eta).max(axis=1)
    noise = 4 * np.finfo(np.float64).eps * size
    for _ in range(HALVINGS):
        reached = problem.objective(trial.w, trial.eta)
        if reached <= objective + SUFFICIENT * step * min(predicted, 0.0) + noise:
            return trial, step
        step *= 0.5
        trial = point.moved(way, step)
    return point, 0.0


def balanced(problem: Problem, point: Point) -> Point:
    """Return the point with the best intercepts for its weights, by Newton's method.

    They make the slopes sum to zero, and these a dual point as they are: a product with
    X is saved for a few sums over the rows. With several outputs it would not pay.
    """
    several = problem.n_outputs > 1
    if several or not problem.fit_intercept or problem.loss.quadratic:
        return point
    imbalance = np.inf
    for _ in range(BALANCING):
        _, r = problem.gradient(point.eta)
        g = r.sum(axis=0)
        before, imbalance = imbalance, float(np.abs(g).max())
        if imbalance <= _EPS * float(np.abs(r).sum()) or imbalance >= 0.5 * before:
            break
        h = problem.hessian(point.eta, 0.0).total()[0]
        if not h[0] > 0.0:
            break
        e = -g / h
        point = point._replace(b=point.b + e, eta=point.eta + e)
    return point
