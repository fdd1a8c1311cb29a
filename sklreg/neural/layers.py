r"""The layers: forward beside backward, over one flat array of parameters.

.. math:: a_0 = X, \qquad a_l = act_l(a_{l-1} W_l + 1 b_l'), \qquad \eta = a_L

All weights and biases live in one array `theta`, layer after layer, each layer its
weights (fan_in x fan_out, C order) and then its biases. One kernel thus serves networks
of every depth, and the gradient and the optimiser's state have the same layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .activations import CODES, activate, deactivate

Flat = NDArray[Any]


class Network(NamedTuple):
    """Where each layer lives in the flat array, and its activation's code."""

    sizes: NDArray[np.intp]  # n_layers + 1: features, hidden units, outputs
    starts: NDArray[np.intp]  # n_layers + 1: first parameter of each layer, and the end
    units: NDArray[np.intp]  # n_layers + 1: units in the layers before
    codes: NDArray[np.intp]  # n_layers

    @property
    def n_layers(self) -> int:
        """Return the number of weight matrices."""
        return len(self.codes)

    @property
    def n_parameters(self) -> int:
        """Return the length of the flat array."""
        return int(self.starts[-1])


class Workspace(NamedTuple):
    """Buffers for one mini-batch, allocated once."""

    gathered: Flat  # rows of X
    activations: Flat  # a_1 .. a_L, one after the other
    deltas: Flat  # derivatives with respect to them
    targets: NDArray[np.float64]  # n_rows x n_outputs
    weights: NDArray[np.float64]  # n_rows


def build_network(sizes: Sequence[int], activation: str) -> Network:
    """Lay out a network; the output layer has no activation, the loss has the link."""
    shape = np.asarray(sizes, dtype=np.intp)
    starts = np.zeros(len(shape), dtype=np.intp)
    np.cumsum((shape[:-1] + 1) * shape[1:], out=starts[1:])
    units = np.zeros(len(shape), dtype=np.intp)
    np.cumsum(shape[1:], out=units[1:])
    codes = np.full(len(shape) - 1, CODES[activation], dtype=np.intp)
    codes[-1] = CODES["identity"]
    return Network(shape, starts, units, codes)


def workspace(network: Network, rows: Any, n_rows: int, dtype: Any) -> Workspace:
    """Allocate the buffers for mini-batches of up to `n_rows` rows."""
    units = n_rows * int(network.units[-1])
    return Workspace(
        np.empty(rows.room(n_rows), dtype=dtype),
        np.empty(units, dtype=dtype),
        np.empty(units, dtype=dtype),
        np.empty((n_rows, network.sizes[-1])),
        np.empty(n_rows),
    )


def pack(coefs: Sequence[Flat], intercepts: Sequence[Flat], dtype: Any) -> Flat:
    """Return `theta` of weight matrices and biases."""
    parts = [
        np.ravel(p) for layer in zip(coefs, intercepts, strict=True) for p in layer
    ]
    return np.concatenate(parts).astype(dtype, copy=False)


def unpack(network: Network, theta: Flat) -> tuple[list[Flat], list[Flat]]:
    """Return copies of the weight matrices and biases in `theta`."""
    coefs, intercepts = [], []
    for layer in range(network.n_layers):
        fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
        part = theta[network.starts[layer] : network.starts[layer + 1]].copy()
        coefs.append(part[: fan_in * fan_out].reshape(fan_in, fan_out))
        intercepts.append(part[fan_in * fan_out :])
    return coefs, intercepts


@kernel
def weights_of(network: Network, theta: Flat, layer: int) -> NDArray[Any]:
    """Return layer `l`'s weights, a view of shape (fan_in, fan_out)."""
    fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
    start = network.starts[layer]
    return theta[start : start + fan_in * fan_out].reshape((fan_in, fan_out))


@kernel
def biases_of(network: Network, theta: Flat, layer: int) -> NDArray[Any]:
    """Return layer `l`'s biases, a view of shape (fan_out,)."""
    stop = network.starts[layer + 1]
    return theta[stop - network.sizes[layer + 1] : stop]


@kernel
def units_of(network: Network, flat: Flat, layer: int, n_rows: int) -> NDArray[Any]:
    """Return the part of a workspace's buffer for layer `l`, (n_rows, fan_out)."""
    start, stop = n_rows * network.units[layer], n_rows * network.units[layer + 1]
    return flat[start:stop].reshape((n_rows, network.sizes[layer + 1]))


@kernel
def forward(
    rows: Any, chosen: NDArray[np.intp], network: Network, theta: Flat, work: Workspace
) -> NDArray[Any]:
    """Return ``eta`` of some rows, shape (n_rows, n_outputs); a view of `work`."""
    n, last = chosen.shape[0], network.codes.shape[0] - 1
    for layer in range(last + 1):
        out = units_of(network, work.activations, layer, n)
        weights = weights_of(network, theta, layer)
        if layer == 0:
            rows.rows_dot(chosen, weights, work.gathered, out)
        else:
            np.dot(units_of(network, work.activations, layer - 1, n), weights, out)
        activate(network.codes[layer], biases_of(network, theta, layer), out)
    return units_of(network, work.activations, last, n)


@kernel
def backward(
    rows: Any,
    chosen: NDArray[np.intp],
    network: Network,
    theta: Flat,
    work: Workspace,
    gradient: Flat,
) -> None:
    r"""Write the gradient of ``sum_i f_i`` after `forward` of the same rows.

    With :math:`\delta_l` the derivative with respect to :math:`z_l`, given for the last
    layer in `work.deltas`,

    .. math::
        \nabla W_l = a_{l-1}' \delta_l, \qquad \nabla b_l = 1' \delta_l, \qquad
        \delta_{l-1} = (\delta_l W_l') \circ act_{l-1}'
    """
    n = chosen.shape[0]
    for layer in range(network.codes.shape[0] - 1, -1, -1):
        delta = units_of(network, work.deltas, layer, n)
        biases = biases_of(network, gradient, layer)
        biases[:] = 0.0
        for i in range(n):
            for c in range(delta.shape[1]):
                biases[c] += delta[i, c]
        weights = weights_of(network, gradient, layer)
        if layer == 0:
            rows.rows_transpose_dot(chosen, delta, work.gathered, weights)
        else:
            below = units_of(network, work.activations, layer - 1, n)
            np.dot(below.T, delta, weights)
            delta_below = units_of(network, work.deltas, layer - 1, n)
            np.dot(delta, weights_of(network, theta, layer).T, delta_below)
            deactivate(network.codes[layer - 1], below, delta_below)
