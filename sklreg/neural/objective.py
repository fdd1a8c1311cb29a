r"""The objective of a network, its gradient, and how far a point is from optimal.

.. math::
    F(\theta) = \frac{\sum_i s_i (f(y_i, \eta_i) + \alpha_a \sum_l |a_{l, i}|)}
    {\sum_i s_i} + \sum_l P_{\alpha_l}(W_l) + \frac{\alpha_b}{2} \sum_l \|b_l\|^2

The penalty on activations, which most networks have not, counts as loss where a
gradient is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._random_numbers import child_key
from ..losses import weighted_gradient, weighted_value
from .layers import (
    Flat,
    Network,
    Workspace,
    activity_value,
    backward,
    biases_of,
    forward,
    units_of,
    weights_of,
    workspace,
)

Array = NDArray[np.float64]

#: Rows that go through the layers together: enough for BLAS, few enough for the cache.
_BLOCK = 512
#: Without dropout no random numbers are drawn.
_NO_KEY = np.uint64(0)


class Data(NamedTuple):
    """Rows, targets and weights of the samples a loss is summed over."""

    rows: Any
    y: Array  # n_samples x n_outputs
    weight: Array  # n_samples, mean 1
    marks: NDArray[np.uint64]  # n_samples: the same for equal rows, for dropout

    @property
    def n_samples(self) -> int:
        """Return the number of rows."""
        return len(self.weight)


class Passed(NamedTuple):
    """What a forward pass of some rows leaves, layer by layer."""

    chosen: NDArray[np.intp]  # the rows
    units: list[NDArray[Any]]  # hidden units, eta: n_rows x fan_out each
    slopes: list[NDArray[Any]]  # of activations, where they are rounded


class Objective(NamedTuple):
    """Data, network, loss and penalty; the methods take and return flat arrays."""

    data: Data
    network: Network
    loss: Any  # record
    penalty: Any  # record of `layer_penalties`

    @property
    def plain(self) -> Objective:
        """Return the objective of the network that predicts."""
        return self._replace(network=self.network.plain)

    def rounded(self, rounding: Array) -> Objective:
        """Return the objective with the kinks of activations rounded.

        Parameters
        ----------
        rounding : array of shape (n_layers,)
            How far from a kink; 0 leaves a layer as it is.
        """
        return self._replace(network=self.network._replace(rounding=rounding))

    def unit_sizes(self, theta: Flat) -> Array:
        """Return the root mean square of each layer's units over the first rows.

        1 for a layer of zeros.
        """
        units = next(self.forward_passes(theta)).units
        squares = np.array([np.mean(a.astype(np.float64) ** 2) for a in units])
        return np.where(squares > 0.0, np.sqrt(squares), 1.0)

    def mean_loss(self, theta: Flat) -> float:
        """Return the weighted mean loss, without penalty."""
        total, y, weight = 0.0, self.data.y, self.data.weight
        for chosen, eta in self.predictions(theta):
            total += weighted_value(self.loss, y[chosen], eta, weight[chosen])
        return float(total / self.data.n_samples)

    def loss_and_gradient(self, theta: Flat) -> tuple[float, Flat]:
        """Return the weighted mean loss and its gradient, without those penalties."""
        rows, y, weight, marks = self.data
        network, total = self.network, 0.0
        gradient, part = np.zeros_like(theta), np.empty_like(theta)
        work = self._workspace(theta)
        for chosen in self._blocks():
            total += batch_gradient(
                rows,
                y,
                weight,
                marks,
                chosen,
                network,
                self.loss,
                theta,
                work,
                part,
                1.0,
                _NO_KEY,
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

    def forward_passes(self, theta: Flat) -> Iterator[Passed]:
        """Yield what blocks of rows leave, which the next block overwrites."""
        work, ends = self._workspace(theta), self.network.units
        for chosen in self._blocks():
            forward(self.data.rows, chosen, self.network, theta, work)
            n = len(chosen)
            units, slopes = (
                [part.reshape(n, -1) for part in np.split(flat, n * ends[1:])[:-1]]
                for flat in (work.activations, work.slopes)
            )
            yield Passed(chosen, units, slopes)

    def penalty_value(self, theta: Flat) -> float:
        """Return the penalties on weights and biases."""
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


@allocating
def batch_gradient(
    rows: Any,
    y: Array,
    weight: Array,
    marks: NDArray[np.uint64],
    chosen: NDArray[np.intp],
    network: Network,
    loss: Any,
    theta: Flat,
    work: Workspace,
    gradient: Flat,
    factor: float,
    key: np.uint64,
) -> float:
    """Write the gradient of ``factor * sum_i weight_i f_i``; return the sum.

    The `key` is that of dropout in this step.
    """
    n = chosen.shape[0]
    for i in range(n):
        work.weights[i] = factor * weight[chosen[i]]
        work.keys[i] = child_key(key, marks[chosen[i]])
        for c in range(y.shape[1]):
            work.targets[i, c] = y[chosen[i], c]
    eta = forward(rows, chosen, network, theta, work)
    delta = units_of(network, work.deltas, network.codes.shape[0] - 1, n)
    total = weighted_gradient(loss, work.targets[:n], eta, work.weights[:n], delta)
    if network.activity > 0.0:
        total += activity_value(network, work, n)
    backward(rows, chosen, network, theta, work, gradient)
    return total


@allocating
def _penalty_value(penalty: Any, network: Network, theta: Flat) -> float:
    total = 0.0
    for layer in range(network.codes.shape[0]):
        total += penalty.weights_value(layer, weights_of(network, theta, layer))
        biases = biases_of(network, theta, layer)
        for c in range(biases.shape[0]):
            total += 0.5 * penalty.bias_alpha * biases[c] * biases[c]
    return total


@allocating
def _violations(
    penalty: Any,
    network: Network,
    theta: Flat,
    gradient: Flat,
    steps: Array,
    out: Flat,
) -> None:
    """Overwrite the part of weights and biases; the latter violate by their slopes."""
    for layer in range(network.codes.shape[0]):
        w, g = weights_of(network, theta, layer), weights_of(network, gradient, layer)
        violation = weights_of(network, out, layer)
        penalty.weights_violation(layer, w, g, steps[layer], violation)
        b, h = biases_of(network, theta, layer), biases_of(network, gradient, layer)
        slopes = biases_of(network, out, layer)
        for c in range(b.shape[0]):
            slopes[c] = abs(h[c] + penalty.bias_alpha * b[c])
