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

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..designs import adjoining
from .blocks import Frame
from .column_descent import minimize_along_in_columns, minimize_in_columns
from .core import Core
from .problem import Array, Curvature, Evaluation, Point, Problem, predictions
from .quadratic import ColumnQuadratic, column_moments

#: Epochs that a model is expected to take, and multiplications that any Gram matrix may
#: take: the exact steps that it allows are worth a few milliseconds.
_EPOCHS, _CHEAP = 12, 5e6
#: How many times longer than its columns a Gram matrix may take, as it is exact.
_EXACT = 2.5
#: Share of the columns above which a model in columns takes them all.
_MOST = 0.5
#: By what factor the room for a Hessian grows, at least.
_GROWTH = 1.5
#: Weights times weights in use up to which a Newton step costs next to nothing.
_LITTLE = 1e5
#: Share of the strength at which weights are nearly wanted.
_NEARLY = 0.9


class GramModel(NamedTuple):
    """Model with its Hessian formed; weights ordered by output, then feature."""

    features: NDArray[np.intp]  # of each weight
    outputs: NDArray[np.intp]  # of each weight
    hessian: Array  # weights x weights or more: intercepts eliminated, room to grow
    coupling: Array  # weights x n_outputs: C, how weights and intercepts meet
    inverse: Array  # n_outputs x n_outputs: B^+, zeros without intercept
    frame: Frame  # in which it is minimised

    def minimize(
        self, problem: Problem, z: Array, slopes: Array, tolerance: float
    ) -> None:
        """Minimise model plus penalty in place, exactly."""
        columns = problem.columns[self.features]
        self.frame.minimize(slopes, problem.penalty, columns, z, tolerance)

    def minimize_along(
        self,
        problem: Problem,
        z: Array,
        slopes: Array,
        alphas: Array,
        share: float,
        behind: list[tuple[float, Array]],
    ) -> Array:
        """Minimise for some strengths of the penalty in turn, as Newton steps can.

        To `share` of the largest slope before each; one row for each minimiser.
        """
        del behind
        columns = problem.columns[self.features]
        return self.frame.minimize_along(
            slopes, problem.penalty, columns, z, alphas, share
        )

    def goes_along(self, penalty: Any, w: Array) -> bool:
        """Tell whether `minimize_along` gets far.

        Where many weights are in use epochs first find out which come and go.
        """
        return bool(not penalty.is_smooth() and w.size * np.count_nonzero(w) <= _LITTLE)

    def foresight(self) -> tuple[float, int]:
        """Return at what share of the strength weights join, and how many at once.

        As many as this times those in use.
        """
        return 1.0, 1

    def core(self, k: int) -> tuple[Core, Array]:
        """Return the core of a model in columns, `k` in all, that goes on from here."""
        old = len(self.features)
        core = Core.of(np.arange(old), k, self.hessian[:old, :old])
        return core, np.zeros(1)

    def moments(self) -> tuple[Array, Array, Array]:
        """Return the moments that a larger model in columns need not sum: of none."""
        return np.empty(0), np.empty(0), np.empty(0)

    def extended(self, old: Any, m: int, problem: Problem) -> GramModel | None:
        """Add the last `m` columns to the model of a quadratic loss on those of `old`.

        `problem` is that in the columns of both; None where another model is better.
        The Hessian grows in place while there is room, which leaves this one as it is.
        """
        several, penalty = problem.n_outputs > 1, problem.penalty
        if several or (penalty.separable and prefers_columns(problem.design, penalty)):
            return None
        k, new, h = old.shape[1], problem.design.last_columns(m), problem.weight
        hessian, added = self.hessian, slice(k, k + m)
        if len(hessian) < k + m:
            room = max(k + m, int(_GROWTH * len(hessian)))
            hessian = np.empty((room, room))
            hessian[:k, :k] = self.hessian[:k, :k]
        hessian[:k, added] = old.cross(new, h)
        hessian[added, added], sums = new.gram(h)
        coupling = np.vstack([self.coupling, sums[:, None]])
        if problem.fit_intercept:
            hessian[: k + m, added] -= self.inverse * (coupling @ coupling[added].T)
        hessian[added, :k] = hessian[:k, added].T
        features = np.arange(k + m)
        outputs = np.zeros_like(features)
        frame = self.frame.enlarged(penalty, problem.columns, hessian)
        return GramModel(features, outputs, hessian, coupling, self.inverse, frame)


class ColumnModel(NamedTuple):
    """Model of one output that keeps to the columns of its Hessian ``X~' h X~``."""

    features: NDArray[np.intp]
    outputs: NDArray[np.intp]
    columns: Any  # design
    rows: Array  # h
    mean: Array
    scale: Array
    curvatures: Array
    total: float
    coupling: Array
    inverse: Array
    formed: Core
    spent: Array  # 1: multiplications that epochs have taken

    def minimize(
        self, problem: Problem, z: Array, slopes: Array, tolerance: float
    ) -> None:
        """Minimise model plus penalty in place, to about `tolerance`."""
        n_epochs = minimize_in_columns(
            self._quadratic(slopes),
            problem.penalty,
            problem.columns[self.features],
            z,
            tolerance,
            self.formed,
        )
        self.spent[0] += n_epochs * self.columns.epoch_work()

    def minimize_along(
        self,
        problem: Problem,
        z: Array,
        slopes: Array,
        alphas: Array,
        share: float,
        behind: list[tuple[float, Array]],
    ) -> Array:
        """Minimise for some strengths of the penalty in turn; one row for each.

        To `share` of the largest slope before each, from where the solutions of the
        last two strengths lead to, which are `behind`.
        """
        found, n_epochs = minimize_along_in_columns(
            self._quadratic(slopes),
            problem.penalty,
            problem.columns[self.features],
            z,
            alphas,
            share,
            behind,
            self.formed,
        )
        self.spent[0] += n_epochs * self.columns.epoch_work()
        return found

    def goes_along(self, penalty: Any, w: Array) -> bool:
        """Tell whether `minimize_along` gets far: always."""
        return True

    def foresight(self) -> tuple[float, int]:
        """Return the same as of a Gram matrix; here weights cost little.

        So do those that will nearly be wanted, for no gradient is quite as expected.
        """
        return _NEARLY, 2

    def core(self, k: int) -> tuple[Core, Array]:
        """Return the core of a larger model, and what epochs have taken so far."""
        return self.formed, self.spent

    def moments(self) -> tuple[Array, Array, Array]:
        """Return means, curvatures and coupling, as a larger model begins with."""
        return self.mean, self.curvatures, self.coupling[:, 0]

    def extended(self, old: Any, m: int, problem: Problem) -> None:
        """Add nothing in place: columns are not copied."""

    def _quadratic(self, slopes: Array) -> ColumnQuadratic:
        """Return the quadratic at the point of these slopes."""
        return ColumnQuadratic(
            self.columns,
            self.rows,
            self.mean,
            self.scale,
            self.curvatures,
            slopes,
            np.zeros(len(self.rows)),
            np.zeros(1),
            self.total,
        )


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
            design, centre = _taken(problem.design, features), problem.fit_intercept
            return _column_model(design, features, h.second[0], centre, smaller)
    return _gram_model(problem, h, members)


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


def _gram_model(
    problem: Problem, h: Curvature, members: list[NDArray[np.intp]]
) -> GramModel:
    hessian, coupling = second_order(problem.design, members, h)
    inverse = inverse_of(h.total(), problem.fit_intercept)
    if problem.fit_intercept:
        hessian -= coupling @ inverse @ coupling.T
    outputs = np.repeat(np.arange(len(members)), [len(each) for each in members])
    features = np.concatenate(members)
    frame = Frame.of(problem.penalty, problem.columns[features], hessian)
    return GramModel(features, outputs, hessian, coupling, inverse, frame)


def second_order(
    design: Any, members: list[NDArray[np.intp]], h: Curvature
) -> tuple[Array, Array]:
    """Return ``X_c' h_cm X_m`` of all outputs, one after the other, and ``X_c' h_cm``.

    Of some columns for each output, which are copied for some rows at a time.
    """
    sizes = [len(features) for features in members]
    n_copied = sum(k for k in sizes if k < design.shape[1])
    blocks = (
        _second_order([_taken(part, features) for features in members], h.rows(rows))
        for part, rows in design.row_blocks(n_copied)
    )
    hessian, coupling = next(blocks)
    for square, sums in blocks:
        hessian += square
        coupling += sums
    return hessian, coupling


def _second_order(designs: list[Any], h: Curvature) -> tuple[Array, Array]:
    """Return the same of whole designs.

    With ``A = [diag(pull_1) X_1, diag(pull_2) X_2, ...]`` that is ``-A' A`` between
    outputs.
    """
    parts = [each.gram(second) for each, second in zip(designs, h.second, strict=True)]
    if len(parts) == 1:
        return parts[0][0], parts[0][1][:, None]
    if not h.pull.any():
        squares, sums = zip(*parts, strict=True)
        coupling = scipy.linalg.block_diag(*(each[:, None] for each in sums))
        return scipy.linalg.block_diag(*squares), coupling
    hessian, coupling = (-each for each in designs[0].pulled(designs[1:], h.pull))
    places = adjoining(each.shape[1] for each in designs)
    for c, (place, (square, own)) in enumerate(zip(places, parts, strict=True)):
        hessian[place, place], coupling[place, c] = square, own
    return hessian, coupling


def _column_model(
    design: Any,
    features: NDArray[np.intp],
    h: Array,
    centre: bool,
    smaller: Model | None,
) -> ColumnModel:
    design, k = design.formed(), len(features)
    mean, curvatures, coupling = np.empty(k), np.empty(k), np.empty(k)
    first = 0
    if smaller is not None:
        known = smaller.moments()
        first = len(known[0])
        mean[:first], curvatures[:first], coupling[:first] = known
    total = column_moments(
        design.design,
        h,
        design.mean,
        design.scale,
        centre,
        first,
        mean,
        curvatures,
        coupling,
    )
    inverse = inverse_of(np.array([[h.sum()]]), centre)
    core, spent = Core.empty(k), np.zeros(1)
    if smaller is not None:
        core, spent = smaller.core(k)
        root = coupling * np.sqrt(inverse[0, 0])
        core = core.grown(design, h, root, spent[0])
    return ColumnModel(
        features,
        np.zeros_like(features),
        design.design,
        h,
        mean,
        design.scale,
        curvatures,
        total,
        coupling[:, None],
        inverse,
        core,
        spent,
    )


def inverse_of(total: Array, fit_intercept: bool) -> Array:
    """Return ``B^+``, and zeros without intercept."""
    if not fit_intercept:
        return np.zeros_like(total)
    if len(total) == 1:
        return 1.0 / total if total[0, 0] > 0.0 else np.zeros((1, 1))
    inverse = np.linalg.pinv(total, rcond=1e-14, hermitian=True)
    return np.asarray(inverse, dtype=np.float64)


def _taken(design: Any, features: NDArray[np.intp]) -> Any:
    return design if len(features) == design.shape[1] else design.take(features)


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
