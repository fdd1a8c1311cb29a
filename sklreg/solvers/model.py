r"""The second-order model of the data term, in some of the weights.

At `eta`, with `r` the gradient and `h` the Hessian in `eta`, a change `d` of the
weights and `e` of the intercepts changes the data term by about

.. math:: r' \delta + \tfrac{1}{2} \delta' h \delta, \qquad \delta = X d + 1 e'

The intercepts are eliminated. With ``B = sum_i h_i`` and ``C = X' h`` the best `e` for
given `d` is ``e = -B^+ (sum_i r_i + C' d)``, which leaves the Hessian
``X' h X - C B^+ C'``. For one output that is the Gram matrix about the `h`-weighted
means.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .column_model import ColumnModel
from .gram_model import GramModel
from .problem import Array, Curvature, Evaluation, Point, Problem, predictions
from .second_order import taken

#: Epochs that a model is expected to take, and multiplications that any Gram matrix may
#: take: the exact steps that it allows are worth a few milliseconds.
_EPOCHS, _CHEAP = 12, 5e6
#: How many times longer than its columns a Gram matrix may take, as it is exact.
_EXACT = 2.5
#: Share of the columns above which a model in columns takes them all.
_MOST = 0.5

Model = GramModel | ColumnModel


def build_model(
    problem: Problem,
    h: Curvature,
    active: NDArray[np.bool_],
    smaller: Model | None = None,
) -> Model:
    """Form the model in the active weights from the Hessian `h` in eta.

    A `smaller` one is that in the first of them, of the same Hessian. A model that
    keeps to columns holds all if most are active, for to take some is a copy.
    """
    members = [np.flatnonzero(each) for each in active.T]
    if problem.n_outputs == 1 and problem.penalty.separable:
        most = len(members[0]) > _MOST * len(active)
        features = np.arange(len(active)) if most else members[0]
        if prefers_columns(problem.design, problem.penalty, features):
            design, centre = taken(problem.design, features), problem.fit_intercept
            return ColumnModel.of(design, features, h.second[0], centre, smaller)
    return GramModel.of(problem, h, members)


def extended(model: Model, old: Any, m: int, problem: Problem) -> Model | None:
    """Add the last `m` columns to the model of a quadratic loss on those of `old`.

    `problem` is that in the columns of both; None where another model is better.
    """
    penalty = problem.penalty
    in_columns = penalty.separable and prefers_columns(problem.design, penalty)
    if problem.n_outputs > 1 or in_columns:
        return None
    return model.extended(old, m, problem)


def prefers_columns(
    design: Any, penalty: Any, columns: NDArray[np.intp] | None = None
) -> bool:
    """Tell whether to descend over columns costs less than over their Gram matrix.

    An epoch over the matrix takes ``k`` multiplications for each weight that moves; one
    over the columns reads and writes every entry, out of order. The matrix must be
    formed first.
    """
    columns = np.arange(design.shape[1]) if columns is None else columns
    n_entries, k = design.column_entries()[columns].sum(), len(columns)
    limit = max(_CHEAP, _EXACT * _EPOCHS * 4 * n_entries)
    left = limit - _EPOCHS * k * _n_moving(design.shape[0], k, penalty)
    return bool(left < 0.0 or design.cross_work(left, columns) > left)


def _n_moving(n: int, k: int, penalty: Any) -> float:
    """Return how many weights may be in use: seldom more than rows, but for l2 parts.

    These bend the penalty away from zero.
    """
    return float(k if penalty.curvature(1.0, 0) > 0.0 else min(n, k))


def direction(
    problem: Problem,
    model: Model,
    point: Point,
    evaluation: Evaluation,
    tolerance: float,
) -> Point:
    """Return the way from `point` to the minimiser of model plus penalty."""
    z, slopes = _seen(model, point, evaluation)
    model.minimize(problem, z, slopes, tolerance)
    return _ways(problem, model, point, evaluation, z[None]).at(0)


def directions(
    problem: Problem,
    model: Model,
    trail: list[tuple[float, Point]],
    evaluation: Evaluation,
    alphas: Array,
    share: float,
) -> Point:
    """Return the ways to the minimisers for some strengths of the penalty, in turn.

    To `share` of the largest slope before each; there may be fewer. The trail is that
    of the last two strengths and points, and the ways lead from the last.
    """
    point = trail[-1][1]
    z, slopes = _seen(model, point, evaluation)
    at = model.features, model.outputs
    behind = [(alpha, each.w[at]) for alpha, each in trail]
    zs = model.minimize_along(problem, z, slopes, alphas, share, behind)
    return _ways(problem, model, point, evaluation, zs)


def _seen(model: Model, point: Point, evaluation: Evaluation) -> tuple[Array, Array]:
    """Return the model's weights and slopes, where the intercepts follow."""
    at = model.features, model.outputs
    rest = model.inverse @ evaluation.slopes.sum(axis=0)
    return point.w[at], evaluation.gradient[at] - model.coupling @ rest


def _ways(
    problem: Problem, model: Model, point: Point, evaluation: Evaluation, zs: Array
) -> Point:
    """Return the ways to some vectors of the model's weights; one product with X."""
    at = model.features, model.outputs
    change = zs - point.w[at]
    d = np.zeros((len(zs), *point.w.shape))
    d[:, *at] = change
    if not problem.loss.separable and change[0].size == point.w.size:
        d -= _common(problem, point.w + d)
        change = d[:, *at]
    e = -(evaluation.slopes.sum(axis=0) + change @ model.coupling) @ model.inverse
    fitted = predictions(problem.design, d)
    return Point(d, e, np.ascontiguousarray(fitted + e[:, None]))


def _common(problem: Problem, ws: Array) -> Array:
    """Return what all classes' weights may do without, (m, n_features, 1).

    That is, of features without a kink: where nothing holds it, it is whatever rounding
    makes of a singular system, and predictions would drown in it.
    """
    penalty, columns = problem.penalty, problem.columns
    free = penalty.unpenalised(columns) | penalty.is_smooth()
    common = np.zeros((*ws.shape[:2], 1))
    if free.any():
        for m, w in enumerate(ws):
            common[m, free, 0] = penalty.softmax_shift(w, columns)[free]
    return common
