r"""Proximal Newton in the columns, one output, in one kernel.

The steps are those of `proximal_newton.py`, and so is what they end in. Where a model
takes longer to form than to descend on, and where there is so little to do that the way
between kernels is most of it, everything stays in the columns: with `r` and `h` the
first two derivatives of the data term in `eta`, `support.py` minimises

.. math:: r' \delta + \tfrac{1}{2} \delta' h \delta + \alpha P(w + d),
    \qquad \delta = \tilde X d + 1 e

and a line search on `F` decides how far to go. (Friedman, Hastie and Tibshirani 2010,
Regularization paths for generalized linear models via coordinate descent, Journal of
Statistical Software 33(1), section 3, there without line search.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import weighted_gradient, weighted_hessian, weighted_value
from .problem import (
    Array,
    Evaluation,
    Goal,
    Point,
    Problem,
    penalty_value,
    penalty_violations,
)
from .quadratic import ColumnQuadratic, column_moments
from .support import Support, minimize_by_support

_EPS = float(np.finfo(np.float64).eps)
#: To what share of the point's violation a model is minimised, and in how many epochs.
_INEXACT, _EPOCHS = 0.1, 300
#: Share of the predicted decrease that a step must bring.
SUFFICIENT = 0.01
HALVINGS = 30
#: Steps towards the best intercept, at most.
BALANCING = 5
LEAST_DAMPING = 1e-10
#: Multiplications of one call, at most: a few tenths of a second.
_WORK = 5e8
#: Steps after which models are to be formed.
_PATIENCE = 40


class _Task(NamedTuple):
    """A problem of one output, as the kernels see it."""

    columns: Any  # design
    about: Array  # n_features: mean
    scale: Array  # n_features
    loss: Any
    penalty: Any
    numbers: NDArray[np.intp]  # n_features: for the penalty
    norms: Array  # n_features
    y: Array  # n_samples x 1
    weight: Array  # n_samples
    centre: bool

    @classmethod
    def of(cls, problem: Problem) -> _Task:
        """Return the problem on columns that are formed."""
        design = problem.design.formed()
        return cls(
            design.design,
            design.mean,
            design.scale,
            problem.loss,
            problem.penalty,
            problem.columns,
            problem.norms,
            problem.y,
            problem.weight,
            problem.fit_intercept,
        )


class _State(NamedTuple):
    """A point and the data term there; kernels write to it."""

    w: Array  # n_features
    b: Array  # 1
    eta: Array  # n_samples x 1
    gradient: Array  # n_features
    r: Array  # n_samples
    r_column: Array  # n_samples x 1: the same numbers
    data_term: Array  # 1
    damping: Array  # 1

    @classmethod
    def of(cls, point: Point, evaluation: Evaluation) -> _State:
        """Return a copy of the point."""
        r = evaluation.slopes.copy()
        return cls(
            point.w[:, 0].copy(),
            point.b.copy(),
            point.eta.copy(),
            evaluation.gradient[:, 0].copy(),
            r[:, 0],
            r,
            np.array([evaluation.value]),
            np.array([LEAST_DAMPING]),
        )


class _Way(NamedTuple):
    """The model at a point, and the direction to its minimiser."""

    h: Array  # n_samples
    second: Array  # 1 x n_samples: the same numbers
    pull: Array  # 1 x n_samples: zeros
    mean: Array  # n_features, and so on
    curvatures: Array
    coupling: Array
    first: Array
    fitted: Array  # n_samples
    along: Array  # 1
    z: Array  # n_features: the minimiser
    d_eta: Array  # n_samples
    new: Array  # n_features
    new_eta: Array  # n_samples x 1
    support: Support


def newton_in_columns(
    problem: Problem,
    point: Point,
    evaluation: Evaluation,
    tolerance: float,
    max_iter: int,
) -> tuple[Point, Evaluation, int]:
    """Improve all weights until their largest violation is `tolerance`, or steps fail.

    Returns the point, its evaluation and the number of Newton steps taken.
    """
    alphas, state = np.array([problem.penalty.strength()]), _State.of(point, evaluation)
    n_iter, left = 0, min(max_iter, _PATIENCE)
    while left > 0:
        goal = Goal(tolerance, 0.0, min(left, _steps_at_once(problem)))
        _, (steps,), finished = _solved(problem, state, alphas, goal)
        n_iter += int(steps)
        left = 0 if finished else left - steps
    w, gradient = state.w[:, None], state.gradient[:, None]
    found = Evaluation(float(state.data_term[0]), state.r_column, gradient)
    return Point(w, state.b, state.eta), found, n_iter


def newton_path_in_columns(
    problem: Problem,
    point: Point,
    evaluation: Evaluation,
    alphas: Array,
    share: float,
    max_iter: int,
) -> tuple[Point, NDArray[np.intp]]:
    """Solve for some strengths of the penalty in turn, with the best intercepts.

    Until the largest violation is `share` of the largest slope before. There are as
    many points as a few steps each find, `max_iter` at most; with their number.
    """
    state = _State.of(point, evaluation)
    goal = Goal(0.0, share, min(max_iter, _PATIENCE, _steps_at_once(problem)))
    points, n_steps, _ = _solved(problem, state, alphas, goal)
    return points, n_steps


def _steps_at_once(problem: Problem) -> int:
    return max(1, int(_WORK / (_EPOCHS * max(1, problem.design.n_entries))))


def _solved(
    problem: Problem, state: _State, alphas: Array, goal: Goal
) -> tuple[Point, NDArray[np.intp], bool]:
    """Return the points that were found, the steps each took, and if that was all."""
    m, (n, p) = len(alphas), problem.design.shape
    points = Point(np.empty((m, p, 1)), np.empty((m, 1)), np.empty((m, n, 1)))
    n_steps, task, way = np.zeros(m, np.intp), _Task.of(problem), _room(n, p)
    n_found = _newton_steps(task, state, way, alphas, goal, points, n_steps)
    found = Point(*(each[:n_found] for each in points))
    return found, n_steps, n_found == m


def _room(n: int, k: int) -> _Way:
    """Return what a step writes to."""
    second = np.zeros((1, n))
    return _Way(
        second[0],
        second,
        np.zeros((1, n)),
        np.empty(k),
        np.empty(k),
        np.empty(k),
        np.empty(k),
        np.empty(n),
        np.zeros(1),
        np.empty(k),
        np.empty(n),
        np.empty(k),
        np.empty((n, 1)),
        Support.of(n, k),
    )


@kernel
def _newton_steps(
    task: _Task,
    state: _State,
    way: _Way,
    alphas: Array,
    goal: Goal,
    points: Point,
    n_taken: NDArray[np.intp],
) -> int:
    """Take steps for one strength of the penalty after the other.

    Writes a point and the number of steps for each; returns for how many that is done.
    """
    for m in range(alphas.shape[0]):
        at, tolerance = task.penalty.at_strength(alphas[m]), goal.tolerance
        for i in range(state.w.shape[0]):
            tolerance = max(tolerance, goal.share * abs(state.gradient[i]))
        finished = False
        while not finished:
            here, imbalance, largest = _violation(task, at, state, way)
            if largest <= tolerance:
                break
            if n_taken[m] == goal.n_steps:
                return m
            n_taken[m] += 1
            enough = max(0.1 * tolerance, _INEXACT * largest)
            e = _direction(task, at, state, way, imbalance, enough)
            length = _line_search(task, at, state, way, here)
            finished = length == 0.0 and state.damping[0] >= 1.0
            state.damping[0] = adapted(state.damping[0], length)
            if length > 0.0:
                state.b[0] += length * e
                _go(task, state, way)
        for i in range(state.w.shape[0]):
            points.w[m, i, 0] = state.w[i]
        points.b[m, 0] = state.b[0]
        for i in range(state.r.shape[0]):
            points.eta[m, i, 0] = state.eta[i, 0]
    return alphas.shape[0]


@kernel
def _violation(
    task: _Task, penalty: Any, state: _State, way: _Way
) -> tuple[float, float, float]:
    """Return the penalty, the sum of the slopes, and the largest violation."""
    here, largest = penalty_violations(
        penalty, task.numbers, task.norms, state.w, state.gradient, way.new
    )
    imbalance = 0.0
    if task.centre:
        for i in range(state.r.shape[0]):
            imbalance += state.r[i]
        for i in range(state.w.shape[0]):
            largest = max(largest, abs(imbalance) * task.norms[i])
    return here, imbalance, largest


@kernel
def _write_curvature(task: _Task, state: _State, way: _Way, damping: float) -> None:
    """Write the curvature of each row where the point is."""
    weighted_hessian(
        task.loss, task.y, state.eta, task.weight, damping, way.second, way.pull
    )


@kernel
def _direction(
    task: _Task,
    penalty: Any,
    state: _State,
    way: _Way,
    imbalance: float,
    tolerance: float,
) -> float:
    """Minimise the model plus the penalty; return the change of the intercept."""
    columns, scale = task.columns, task.scale
    _write_curvature(task, state, way, state.damping[0])
    total = column_moments(
        columns,
        way.h,
        task.about,
        scale,
        task.centre,
        0,
        way.mean,
        way.curvatures,
        way.coupling,
    )
    share = 1.0 / total if task.centre and total > 0.0 else 0.0
    for i in range(way.z.shape[0]):
        way.z[i] = state.w[i]
        way.first[i] = state.gradient[i] - way.coupling[i] * imbalance * share
    for i in range(way.fitted.shape[0]):
        way.fitted[i], way.d_eta[i] = 0.0, 0.0
    way.along[0] = 0.0
    quadratic = ColumnQuadratic(
        columns,
        way.h,
        way.mean,
        scale,
        way.curvatures,
        way.first,
        way.fitted,
        way.along,
        total,
    )
    minimize_by_support(
        quadratic, penalty, task.numbers, way.z, _EPOCHS, tolerance, way.support
    )
    e, shift = -imbalance * share, 0.0
    for i in range(way.z.shape[0]):
        d = way.z[i] - state.w[i]
        if d != 0.0:
            columns.add_column(i, d / scale[i], way.d_eta)
            shift += d / scale[i] * task.about[i]
            e -= way.coupling[i] * d * share
    for i in range(way.d_eta.shape[0]):
        way.d_eta[i] += e - shift
    return e


@kernel
def _line_search(
    task: _Task, penalty: Any, state: _State, way: _Way, here: float
) -> float:
    """Halve the step until F falls enough; return its length, or 0."""
    predicted = penalty_value(penalty, task.numbers, way.z) - here
    objective = state.data_term[0] + here
    size = abs(objective)
    for i in range(way.d_eta.shape[0]):
        predicted += state.r[i] * way.d_eta[i]
        size += task.weight[i] * abs(state.eta[i, 0])
    length = 1.0
    for _ in range(HALVINGS):
        for i in range(way.z.shape[0]):
            way.new[i] = state.w[i] + length * (way.z[i] - state.w[i])
        for i in range(way.d_eta.shape[0]):
            way.new_eta[i, 0] = state.eta[i, 0] + length * way.d_eta[i]
        reached = weighted_value(task.loss, task.y, way.new_eta, task.weight)
        reached += penalty_value(penalty, task.numbers, way.new)
        enough = objective + SUFFICIENT * length * min(predicted, 0.0)
        if reached <= enough + 4.0 * _EPS * size:
            return length
        length *= 0.5
    return 0.0


@kernel
def _go(task: _Task, state: _State, way: _Way) -> None:
    """Go where the line search has ended, to the best intercept for these weights."""
    shift, imbalance = _balance(task, state, way)
    state.b[0] += shift
    for i in range(way.z.shape[0]):
        state.w[i] = way.new[i]
    _write_gradient(task, state, imbalance)


@kernel
def _balance(task: _Task, state: _State, way: _Way) -> tuple[float, float]:
    """Shift the intercept, if there is one, to its best by Newton's method.

    It makes the slopes sum to zero, and these a dual point as they are. Returns the
    shift and the sum that remains.
    """
    shift = 0.0
    imbalance, size = _evaluate(task, state, way, shift)
    for _ in range(BALANCING):
        if not task.centre or abs(imbalance) <= _EPS * size:
            break
        curvature = _curvature(task, state, way)
        if not curvature > 0.0:
            break
        trial, before = shift - imbalance / curvature, imbalance
        imbalance, size = _evaluate(task, state, way, trial)
        if not abs(imbalance) <= abs(before):  # also what is not a number
            imbalance, size = _evaluate(task, state, way, shift)
            break
        shift = trial
        if abs(imbalance) >= 0.5 * abs(before):  # rounding is left
            break
    return shift, imbalance


@kernel
def _evaluate(
    task: _Task, state: _State, way: _Way, shift: float
) -> tuple[float, float]:
    """Evaluate the data term at the end of the line search, shifted.

    Returns the sum of the slopes and that of their sizes.
    """
    for i in range(state.r.shape[0]):
        state.eta[i, 0] = way.new_eta[i, 0] + shift
    state.data_term[0] = weighted_gradient(
        task.loss, task.y, state.eta, task.weight, state.r_column
    )
    total, size = 0.0, 0.0
    for i in range(state.r.shape[0]):
        total += state.r[i]
        size += abs(state.r[i])
    return total, size


@kernel
def _curvature(task: _Task, state: _State, way: _Way) -> float:
    """Return the curvature of the data term in the intercept."""
    _write_curvature(task, state, way, 0.0)
    total = 0.0
    for i in range(way.h.shape[0]):
        total += way.h[i]
    return total


@kernel
def _write_gradient(task: _Task, state: _State, imbalance: float) -> None:
    """Write the derivatives with respect to the weights; the slopes' sum is known."""
    for i in range(state.w.shape[0]):
        product = task.columns.column_dot(i, state.r)
        state.gradient[i] = (product - task.about[i] * imbalance) / task.scale[i]


@kernel
def adapted(damping: float, step: float) -> float:
    """Trust the curvature after a full step, lean on the majorizer otherwise."""
    if step == 1.0:
        return max(0.1 * damping, LEAST_DAMPING)
    return min(1.0, max(10.0 * damping, 0.01))
