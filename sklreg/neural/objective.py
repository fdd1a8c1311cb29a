r"""The objective of a network, its gradient, and how far a point is from optimal.

.. math::
    F(\theta) = \frac{\sum_i s_i f(y_i, \eta_i)}{\sum_i s_i}
    + \sum_l \sum_{jc} \alpha P(W_{l, jc})

Biases are not penalised. The penalty of a weight is asked for as that of coordinate
`j`, the weight's row: the input feature in the first layer, the unit it starts from in
the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..losses import weighted_gradient, weighted_value
from .layers import (
    Flat,
    Network,
    Workspace,
    backward,
    forward,
    units_of,
    weights_of,
    workspace,
)

Array = NDArray[np.float64]

#: Rows that go through the layers together: enough for BLAS, few enough for the cache.
_BLOCK = 512


class Data(NamedTuple):
    """Rows, targets and weights of the samples a loss is summed over."""

    rows: Any
    y: Array  # n_samples x n_outputs
    weight: Array  # n_samples, mean 1

    @property
    def n_samples(self) -> int:
        """Return the number of rows."""
        return len(self.weight)


class Objective(NamedTuple):
    """Data, network, loss and penalty; the methods take and return flat arrays."""

    data: Data
    network: Network
    loss: Any  # record
    penalty: Any  # record

    def mean_loss(self, theta: Flat) -> float:
        """Return the weighted mean loss, without penalty."""
        total, y, weight = 0.0, self.data.y, self.data.weight
        for chosen, eta in self.predictions(theta):
            total += weighted_value(self.loss, y[chosen], eta, weight[chosen])
        return float(total / self.data.n_samples)

    def loss_and_gradient(self, theta: Flat) -> tuple[float, Flat]:
        """Return the weighted mean loss and its gradient, without penalty."""
        rows, y, weight = self.data
        network, total = self.network, 0.0
        gradient, part = np.zeros_like(theta), np.empty_like(theta)
        work = self._workspace(theta)
        for chosen in self._blocks():
            total += batch_gradient(
                rows, y, weight, chosen, network, self.loss, theta, work, part, 1.0
            )
            gradient += part
        gradient /= self.data.n_samples
        return float(total / self.data.n_samples), gradient

    def predictions(
        self, theta: Flat
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        """Yield blocks of rows and their ``eta``, which the next block overwrites."""
        work = self._workspace(theta)
        for chosen in self._blocks():
            yield chosen, forward(self.data.rows, chosen, self.network, theta, work)

    def penalty_value(self, theta: Flat) -> float:
        """Return ``alpha P`` of all weights."""
        return float(_penalty_value(self.penalty, self.network, theta))

    def violations(self, theta: Flat, gradient: Flat, steps: Array) -> Flat:
        """Return the distance of ``-gradient`` to the subdifferential, per parameter.

        Parameters
        ----------
        theta, gradient : array of shape (n_parameters,)
            The point, and the gradient of the mean loss there.
        steps : array of shape (n_layers,)
            A typical reciprocal curvature of each layer.
        """
        out = np.abs(gradient)
        _violations(self.penalty, self.network, theta, gradient, steps, out)
        return out

    def _blocks(self) -> list[NDArray[np.intp]]:
        order = np.arange(self.data.n_samples)
        return [order[at : at + _BLOCK] for at in range(0, len(order), _BLOCK)]

    def _workspace(self, theta: Flat) -> Workspace:
        rows = min(_BLOCK, self.data.n_samples)
        return workspace(self.network, self.data.rows, rows, theta.dtype)


@kernel
def batch_gradient(
    rows: Any,
    y: Array,
    weight: Array,
    chosen: NDArray[np.intp],
    network: Network,
    loss: Any,
    theta: Flat,
    work: Workspace,
    gradient: Flat,
    factor: float,
) -> float:
    """Write the gradient of ``factor * sum_i weight_i f_i``; return the sum."""
    n = chosen.shape[0]
    eta = forward(rows, chosen, network, theta, work)
    for i in range(n):
        work.weights[i] = factor * weight[chosen[i]]
        for c in range(y.shape[1]):
            work.targets[i, c] = y[chosen[i], c]
    delta = units_of(network, work.deltas, network.codes.shape[0] - 1, n)
    total = weighted_gradient(loss, work.targets[:n], eta, work.weights[:n], delta)
    backward(rows, chosen, network, theta, work, gradient)
    return total


@kernel
def _penalty_value(penalty: Any, network: Network, theta: Flat) -> float:
    total = 0.0
    for layer in range(network.codes.shape[0]):
        w = weights_of(network, theta, layer)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                total += penalty.value(float(w[j, c]), j)
    return total


@kernel
def _violations(
    penalty: Any,
    network: Network,
    theta: Flat,
    gradient: Flat,
    steps: Array,
    out: Flat,
) -> None:
    """Overwrite the weights' part of `out`; a bias violates by its gradient."""
    for layer in range(network.codes.shape[0]):
        w, g = weights_of(network, theta, layer), weights_of(network, gradient, layer)
        violation = weights_of(network, out, layer)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                violation[j, c] = penalty.violation(
                    float(w[j, c]), float(g[j, c]), steps[layer], j
                )
