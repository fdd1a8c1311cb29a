r"""The problem every solver minimises, a point in it, and what a solver returns.

.. math::
    F(w, b) = \sum_i q_i f(y_i, \eta_i) + \alpha P(w), \qquad \eta = X w + 1 b'

with `q` the sample weights scaled to sum 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import weighted_gradient, weighted_hessian, weighted_value

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

    def gradient(self, eta: Array) -> tuple[float, Array]:
        """Return the data term and its gradient with respect to `eta`."""
        out = np.empty_like(eta)
        value = weighted_gradient(self.loss, self.y, eta, self.weight, out)
        return float(value), out

    def hessian(self, eta: Array, damping: float) -> Array:
        """Return the Hessian in `eta`, n_outputs x n_outputs x n_samples."""
        if self.loss.quadratic:
            return np.multiply.outer(np.eye(self.n_outputs), self.weight)
        out = np.zeros((self.n_outputs, self.n_outputs, len(eta)))
        weighted_hessian(self.loss, self.y, eta, self.weight, damping, out)
        return out

    def rows(self, rows: slice) -> Problem:
        """Return the data term of some rows; the design stays whole."""
        return self._replace(y=self.y[rows], weight=self.weight[rows])

    def objective(self, w: Array, eta: Array) -> float:
        """Return F."""
        value = weighted_value(self.loss, self.y, eta, self.weight)
        return float(value + penalty_value(self.penalty, self.columns, w))


class Point(NamedTuple):
    """Weights, intercepts and what they predict."""

    w: Array  # n_features x n_outputs
    b: Array  # n_outputs
    eta: Array  # n_samples x n_outputs


class Solution(NamedTuple):
    """What a solver found, and the certificate of it."""

    coef: Array  # n_features x n_outputs
    intercept: Array  # n_outputs
    objective: float
    dual_gap: float  # nan where there is no dual
    violation: float
    n_iter: int
    shortfall: str  # empty, or which number missed which tolerance


class Evaluation(NamedTuple):
    """The data term at a point, and its derivatives."""

    value: float
    slopes: Array  # n_samples x n_outputs: with respect to eta
    gradient: Array  # n_features x n_outputs: with respect to w


def start_point(problem: Problem, w: Array, b: Array) -> Point:
    """Return the point of given weights and intercepts."""
    if not w.any():
        return Point(w.copy(), b.copy(), np.tile(b, (problem.design.shape[0], 1)))
    eta = problem.design.matvec(w) + b
    return Point(w.copy(), b.copy(), np.ascontiguousarray(eta))


def evaluate(problem: Problem, point: Point) -> Evaluation:
    """Evaluate the data term at `point`; one product ``X' r``."""
    value, r = problem.gradient(point.eta)
    return Evaluation(value, r, problem.design.rmatvec(r))


def evaluate_all(problem: Problem, points: list[Point]) -> list[Evaluation]:
    """Evaluate the data term at several points; one product ``X' [r_1 .. r_m]``."""
    k = problem.n_outputs
    values, slopes = zip(
        *(problem.gradient(point.eta) for point in points), strict=True
    )
    gradients = problem.design.rmatvec(np.hstack(slopes))
    return [
        Evaluation(
            values[m],
            slopes[m],
            np.ascontiguousarray(gradients[:, m * k : (m + 1) * k]),
        )
        for m in range(len(points))
    ]


@kernel
def penalty_value(penalty: Any, columns: NDArray[np.intp], w: Array) -> float:
    """Return alpha P(w) for `w` of shape (n_features, n_outputs)."""
    total = 0.0
    for j in range(w.shape[0]):
        for c in range(w.shape[1]):
            total += penalty.value(w[j, c], columns[j])
    return total


@kernel
def penalty_violations(
    penalty: Any,
    columns: NDArray[np.intp],
    norms: Array,
    w: Array,
    gradient: Array,
    out: Array,
) -> tuple[float, float]:
    """Write the distance of minus the gradient to the subdifferential, per weight.

    Penalties that know their prox only take a step of one over the squared norm of the
    column. Returns alpha P(w) and the largest distance.
    """
    total, largest = 0.0, 0.0
    for j in range(w.shape[0]):
        step = 1.0 / max(norms[j] * norms[j], 1e-300)
        for c in range(w.shape[1]):
            total += penalty.value(w[j, c], columns[j])
            out[j, c] = penalty.violation(w[j, c], gradient[j, c], step, columns[j])
            largest = max(largest, out[j, c])
    return total, largest


def smooth_parts(
    penalty: Any, columns: NDArray[np.intp], w: Array
) -> tuple[Array, Array]:
    """Return the penalty's first and second derivatives at each weight.

    The second is infinite at a kink, where the first means nothing.
    """
    derivative, curvature = np.empty(w.shape), np.empty(w.shape)
    rows = np.repeat(columns, w.size // max(len(columns), 1))
    _smooth_parts(penalty, rows, w.ravel(), derivative.ravel(), curvature.ravel())
    return derivative, curvature


@kernel
def _smooth_parts(
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    derivative: Array,
    curvature: Array,
) -> None:
    for i in range(z.shape[0]):
        derivative[i] = penalty.derivative(z[i], columns[i])
        curvature[i] = penalty.curvature(z[i], columns[i])
