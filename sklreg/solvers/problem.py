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


def start_point(problem: Problem, w: Array, b: Array) -> Point:
    """Return the point of given weights and intercepts."""
    eta = problem.design.matvec(w) + b
    return Point(w.copy(), b.copy(), np.ascontiguousarray(eta))


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
    steps: Array,
    w: Array,
    gradient: Array,
    out: Array,
) -> None:
    """Write the distance of minus the gradient to the subdifferential, per weight.

    `steps`, one for each feature, is for penalties that know their prox only.
    """
    for j in range(w.shape[0]):
        for c in range(w.shape[1]):
            out[j, c] = penalty.violation(w[j, c], gradient[j, c], steps[j], columns[j])
