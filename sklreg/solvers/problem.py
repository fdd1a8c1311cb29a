r"""The problem every solver minimises, a point in it, and what a solver returns.

.. math::
    F(w, b) = \sum_i q_i f(y_i, \eta_i) + \alpha P(w),
    \qquad \eta = X w + 1 b' + o

with `q` the sample weights scaled to sum 1 and perhaps an offset `o`, the part of `eta`
that is known.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import weighted_gradient, weighted_hessian, weighted_value
from .layout import Layout

Array = NDArray[np.float64]


class Problem(NamedTuple):
    """Data, loss and penalty; `columns` are the features' numbers for the penalty."""

    design: Any  # n_samples x n_features
    y: Array  # n_samples x n_outputs
    weight: Array  # n_samples, sums to one
    loss: Any  # record
    penalty: Any  # record
    fit_intercept: bool
    columns: NDArray[np.intp]  # n_features
    norms: Array  # n_features: root of the weighted mean square of each column
    offset: Array | None = (
        None  # n_samples x n_outputs; quadratic losses shift y instead
    )

    def take(self, features: NDArray[np.intp]) -> Problem:
        """Return the problem in some of the features."""
        return self._replace(
            design=self.design.take(features),
            columns=self.columns[features],
            norms=self.norms[features],
        )

    @property
    def n_outputs(self) -> int:
        """Return the number of columns of y."""
        return self.y.shape[1]

    def null_eta(self, b: Array) -> Array:
        """Return eta where all weights are zero."""
        eta = np.tile(b, (len(self.weight), 1))
        return eta if self.offset is None else eta + self.offset

    def outputs(self, c: slice) -> Problem:
        """Return the problem of some outputs, of a loss that is a sum over them."""
        offset = self.offset
        return self._replace(
            y=np.ascontiguousarray(self.y[:, c]),
            offset=None if offset is None else np.ascontiguousarray(offset[:, c]),
        )

    def gradient(self, eta: Array) -> tuple[float, Array]:
        """Return the data term and its gradient with respect to `eta`."""
        out = np.empty_like(eta)
        value = weighted_gradient(self.loss, self.y, eta, self.weight, out)
        return float(value), out

    def hessian(self, eta: Array, damping: float) -> Curvature:
        """Return the Hessian of the data term in `eta`."""
        shape = self.n_outputs, len(self.weight)
        second, pull = np.zeros(shape), np.zeros(shape)
        if self.loss.quadratic:
            second[:] = self.weight
        else:
            y, weight = self.y, self.weight
            weighted_hessian(self.loss, y, eta, weight, damping, second, pull)
        return Curvature(second, pull)

    def rows(self, rows: slice) -> Problem:
        """Return the data term of some rows; the design stays whole."""
        offset = None if self.offset is None else self.offset[rows]
        return self._replace(y=self.y[rows], weight=self.weight[rows], offset=offset)

    def objective(self, w: Array, eta: Array) -> float:
        """Return F."""
        value = weighted_value(self.loss, self.y, eta, self.weight)
        return float(value) + self.penalty_at(w)

    def layout(self) -> Layout:
        """Return how the weights lie in a vector."""
        return Layout.of(self.penalty, self.columns, self.n_outputs)

    def penalty_at(self, w: Array) -> float:
        """Return alpha P(w)."""
        layout = self.layout()
        return float(penalty_value(self.penalty, layout.columns, layout.flat(w)))

    def violations(self, w: Array, gradient: Array) -> tuple[Array, float, float]:
        """Return the distance of minus the gradient to the subdifferential.

        Per weight; with alpha P(w) and the largest distance.
        """
        layout = self.layout()
        norms = layout.spread(self.norms)
        z, slopes = layout.flat(w), layout.flat(gradient)
        out = np.empty_like(z)
        penalty, largest = penalty_violations(
            self.penalty, layout.columns, norms, z, slopes, out
        )
        return layout.matrix(out), penalty, largest


class Curvature(NamedTuple):
    """Hessians in `eta`: of row `i` ``-pull[:, i] pull[:, i]'`` but for the diagonal.

    Without pull the outputs do not depend on each other.
    """

    second: Array  # n_outputs x n_samples: the diagonal
    pull: Array  # n_outputs x n_samples

    def rows(self, rows: slice) -> Curvature:
        """Return the Hessians of some rows."""
        return Curvature(self.second[:, rows], self.pull[:, rows])

    def total(self) -> Array:
        """Return the sum over rows, (n_outputs, n_outputs)."""
        total = -(self.pull @ self.pull.T)
        np.fill_diagonal(total, self.second.sum(axis=1))
        return total


class Point(NamedTuple):
    """Weights, intercepts and what they predict.

    Several points lie along a first axis of all three.
    """

    w: Array  # n_features x n_outputs
    b: Array  # n_outputs
    eta: Array  # n_samples x n_outputs

    def at(self, m: int) -> Point:
        """Return number `m` of several points."""
        return Point(self.w[m], self.b[m], self.eta[m])

    def moved(self, way: Point, step: float = 1.0) -> Point:
        """Return the point a step along `way`; the points, if there are several ways.

        What a point predicts is linear in it.
        """
        return Point(*(here + step * d for here, d in zip(self, way, strict=True)))


@functools.lru_cache(maxsize=1)
def _all_features(n_features: int) -> NDArray[np.intp]:
    features = np.arange(n_features)
    features.flags.writeable = False
    return features


class Weights(NamedTuple):
    """Weights of some features in use; those of all others are zero."""

    features: NDArray[np.intp]
    values: Array  # features in use x n_outputs
    n_features: int

    @classmethod
    def of(cls, w: Array) -> Weights:
        """Return what is not zero of weights (n_features, n_outputs), copied."""
        in_use = w[:, 0] if w.shape[1] == 1 else w.any(axis=1)
        used = np.flatnonzero(in_use)
        if len(used) == len(w):  # as many strengths of ridge: one array for all
            return cls(_all_features(len(w)), w.copy(), len(w))
        return cls(used, w[used], len(w))

    def dense(self) -> Array:
        """Return all weights, (n_features, n_outputs)."""
        w = np.zeros((self.n_features, self.values.shape[1]))
        w[self.features] = self.values
        return w


class Solution(NamedTuple):
    """What a solver found, and the certificate of it."""

    weights: Weights
    intercept: Array  # n_outputs
    objective: float
    dual_gap: float  # nan where there is no dual
    violation: float
    n_iter: int
    shortfall: str  # empty, or which number missed which tolerance

    @property
    def coef(self) -> Array:
        """Return all weights, (n_features, n_outputs)."""
        return self.weights.dense()


class Evaluation(NamedTuple):
    """The data term at a point, and its derivatives."""

    value: Any  # float; an array at several points
    slopes: Array  # n_samples x n_outputs: with respect to eta
    gradient: Array  # n_features x n_outputs: with respect to w

    def at(self, m: int) -> Evaluation:
        """Return the evaluation of number `m` of several points."""
        return Evaluation(float(self.value[m]), self.slopes[m], self.gradient[m])


class Goal(NamedTuple):
    """When steps in a kernel end."""

    tolerance: float  # for the largest violation
    share: float  # or this of the largest slope at the beginning
    n_steps: int  # for each strength of the penalty, at most


def start_point(problem: Problem, w: Array, b: Array) -> Point:
    """Return the point of given weights and intercepts."""
    eta = problem.null_eta(b)
    if w.any():
        eta += problem.design.matvec(w)
    return Point(w.copy(), b.copy(), np.ascontiguousarray(eta))


def evaluate(problem: Problem, point: Point) -> Evaluation:
    """Evaluate the data term at `point`; one product ``X' r``."""
    value, r = problem.gradient(point.eta)
    return Evaluation(value, r, np.ascontiguousarray(problem.design.rmatvec(r)))


def evaluate_all(problem: Problem, points: Point) -> Evaluation:
    """Evaluate the data term at several points; one product ``X' [r_1 .. r_m]``.

    They lie along a first axis of all arrays, and so do their evaluations.
    """
    values, slopes = data_terms(problem, points.eta)
    return Evaluation(values, slopes, gradients(problem.design, slopes))


def data_terms(problem: Problem, etas: Array) -> tuple[Array, Array]:
    """Return the data term and its derivatives for several `eta`."""
    values, slopes = np.empty(len(etas)), np.empty_like(etas)
    _write_terms(problem.loss, problem.y, problem.weight, etas, values, slopes)
    return values, slopes


@kernel
def _write_terms(
    loss: Any, y: Array, weight: Array, etas: Array, values: Array, slopes: Array
) -> None:
    """Write the data term and its derivatives for each `eta`."""
    for m in range(values.shape[0]):
        values[m] = weighted_gradient(loss, y, etas[m], weight, slopes[m])


def predictions(design: Any, ws: Array) -> Array:
    """Return ``X w`` for several `w` at once."""
    (m, p, k), n = ws.shape, design.shape[0]
    side_by_side = np.ascontiguousarray(ws.transpose(1, 0, 2)).reshape(p, m * k)
    return np.asarray(design.matvec(side_by_side).reshape(n, m, k).transpose(1, 0, 2))


def gradients(design: Any, slopes: Array) -> Array:
    """Return ``X' r`` for several `r` at once."""
    m, n, k = slopes.shape
    side_by_side = np.ascontiguousarray(slopes.transpose(1, 0, 2)).reshape(n, m * k)
    products = design.rmatvec(side_by_side).T.reshape(m, k, -1)
    return np.ascontiguousarray(products.transpose(0, 2, 1))


@kernel
def penalty_value(penalty: Any, columns: NDArray[np.intp], z: Array) -> float:
    """Return alpha P(w) for the weights `z`, block by block."""
    total, i = 0.0, 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        total += penalty.block_value(z, columns, i, stop)
        i = stop
    return total


@kernel
def penalty_violations(
    penalty: Any,
    columns: NDArray[np.intp],
    norms: Array,
    z: Array,
    slopes: Array,
    out: Array,
) -> tuple[float, float]:
    """Write the distance of minus the slopes to the subdifferential, per weight.

    Returns alpha P(w) and the largest distance.
    """
    total, largest, i = 0.0, 0.0, 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        total += penalty.block_value(z, columns, i, stop)
        penalty.block_violation(z, slopes, norms, columns, i, stop, out)
        for a in range(i, stop):
            largest = max(largest, out[a])
        i = stop
    return total, largest


@kernel
def penalty_derivatives(
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    first: Array,
    second: Array,
    pull: Array,
) -> None:
    """Write the gradient `first` and the Hessian ``diag(second) - pull pull'``.

    The Hessian is that within blocks; at a kink `second` is infinite.
    """
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        penalty.block_derivatives(z, columns, i, stop, first, second, pull)
        i = stop


def smooth_parts(
    penalty: Any, columns: NDArray[np.intp], w: Array
) -> tuple[Array, Array]:
    """Return the penalty's first and second derivatives at each weight.

    The second is infinite at a kink, where the first means nothing.
    """
    layout = Layout.of(penalty, columns, w.shape[1])
    z = layout.flat(w)
    first, second, pull = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    penalty_derivatives(penalty, layout.columns, z, first, second, pull)
    return layout.matrix(first), layout.matrix(second - pull * pull)
