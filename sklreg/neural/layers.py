r"""The layers: forward beside backward, over one flat array of parameters.

.. math:: a_0 = X, \qquad a_l = act_l(a_{l-1} W_l + 1 b_l'), \qquad \eta = a_L

All weights and biases live in one array `theta`, layer after layer, each layer its
weights (fan_in x fan_out, C order), then its biases, then in training with batch
normalisation its scales. One kernel thus serves networks of every depth, and the
gradient and the optimiser's state have the same layout.

What is peculiar to training, dropout and batch normalisation, is in the network too:
`Network.plain` is the one that predicts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .activations import (
    CODES,
    LEAKY_RELU,
    activate,
    activate_rounded,
    deactivate,
    round_bend,
)
from .batch_norm import normalise, normalise_back
from .dropout import drop_units

Flat = NDArray[Any]
Array = NDArray[np.float64]


class Network(NamedTuple):
    """Where each layer lives in the flat array, and what it does."""

    sizes: NDArray[np.intp]  # n_layers + 1: features, hidden units, outputs
    starts: NDArray[np.intp]  # n_layers + 1: first parameter of each layer, and the end
    units: NDArray[np.intp]  # n_layers + 1: units in the layers before
    codes: NDArray[np.intp]  # n_layers
    keep: Array  # n_layers: share of the layer's inputs that dropout keeps
    normalised: NDArray[np.bool_]  # n_layers
    activity: float  # strength of the penalty on hidden activations
    rounding: Array  # n_layers: how far from a kink activations are rounded

    @property
    def n_layers(self) -> int:
        """Return the number of weight matrices."""
        return len(self.codes)

    @property
    def n_parameters(self) -> int:
        """Return the length of the flat array."""
        return int(self.starts[-1])

    @property
    def plain(self) -> Network:
        """Return the network without what is done in training only."""
        return build_network(self.sizes, self.codes[:-1], activity=self.activity)

    @property
    def is_deterministic(self) -> bool:
        """Tell whether it is the same in training and afterwards, row by row."""
        return bool((self.keep == 1.0).all() and not self.normalised.any())


class Workspace(NamedTuple):
    """Buffers for one mini-batch, allocated once."""

    gathered: Flat  # rows of X
    activations: Flat  # a_1 .. a_L, one after the other
    deltas: Flat  # derivatives with respect to them
    slopes: Flat  # of the activations whose values do not tell them
    masks: Flat  # of dropout, where there is any
    standard: Flat  # normalised z, where there is any
    roots: Flat  # and what they were multiplied by, a number a unit
    targets: Array  # n_rows x n_outputs
    weights: Array  # n_rows
    keys: NDArray[np.uint64]  # n_rows: of dropout's random numbers in this step


def build_network(
    sizes: Sequence[int] | NDArray[np.intp],
    hidden_codes: Sequence[int] | NDArray[np.intp],
    keep: Any = 1.0,
    normalised: bool = False,
    activity: float = 0.0,
) -> Network:
    """Lay out a network; the output layer has no activation, the loss has the link.

    Parameters
    ----------
    sizes : sequence of n_layers + 1 ints
        Features, hidden units, outputs.
    hidden_codes : sequence of n_layers - 1 ints
        Activations.
    keep : float or array of shape (n_layers,), default=1.0
        Share of each layer's inputs that dropout keeps.
    normalised : bool, default=False
        Whether hidden layers are normalised.
    activity : float, default=0.0
        Strength of the penalty on hidden activations.
    """
    shape = np.asarray(sizes, dtype=np.intp)
    n_layers = len(shape) - 1
    hidden = np.arange(n_layers) < n_layers - 1
    starts = np.zeros(n_layers + 1, dtype=np.intp)
    rows = shape[:-1] + 1 + (hidden & normalised)
    np.cumsum(rows * shape[1:], out=starts[1:])
    units = np.zeros(n_layers + 1, dtype=np.intp)
    np.cumsum(shape[1:], out=units[1:])
    codes = np.array([*hidden_codes, CODES["identity"]], dtype=np.intp)
    shares = np.array(np.broadcast_to(keep, n_layers), dtype=np.float64)
    return Network(
        shape,
        starts,
        units,
        codes,
        shares,
        hidden & normalised,
        float(activity),
        np.zeros(n_layers),
    )


def workspace(network: Network, rows: Any, n_rows: int, dtype: Any) -> Workspace:
    """Allocate the buffers for mini-batches of up to `n_rows` rows."""
    n_units = int(network.units[-1])
    units, normalised = n_rows * n_units, bool(network.normalised.any())
    return Workspace(
        np.empty(rows.room(n_rows), dtype=dtype),
        np.empty(units, dtype=dtype),
        np.empty(units, dtype=dtype),
        np.empty(units, dtype=dtype),
        np.empty(units * bool((network.keep < 1.0).any()), dtype=dtype),
        np.empty(units * normalised, dtype=dtype),
        np.empty(n_units * normalised, dtype=dtype),
        np.empty((n_rows, network.sizes[-1])),
        np.empty(n_rows),
        np.empty(n_rows, dtype=np.uint64),
    )


def pack(coefs: Sequence[Flat], intercepts: Sequence[Flat], dtype: Any) -> Flat:
    """Return a plain network's `theta` of weight matrices and biases."""
    parts = [
        np.ravel(p) for layer in zip(coefs, intercepts, strict=True) for p in layer
    ]
    return np.concatenate(parts).astype(dtype, copy=False)


def unpack(network: Network, theta: Flat) -> tuple[list[Flat], list[Flat]]:
    """Return copies of a plain network's weight matrices and biases in `theta`."""
    layers = layers_in(network, theta)
    return [w.copy() for w, _, _ in layers], [b.copy() for _, b, _ in layers]


class Layer(NamedTuple):
    """The parameters of a layer, views of the flat array."""

    weights: Flat  # fan_in x fan_out
    biases: Flat  # fan_out
    scales: Flat  # fan_out if normalised, else empty


def layers_in(network: Network, theta: Flat) -> list[Layer]:
    """Return the parameters of each layer; writing to them changes `theta`."""
    layers = []
    for layer in range(network.n_layers):
        fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
        part = theta[network.starts[layer] : network.starts[layer + 1]]
        weights, rest = part[: fan_in * fan_out], part[fan_in * fan_out :]
        shaped = weights.reshape(fan_in, fan_out)
        layers.append(Layer(shaped, rest[:fan_out], rest[fan_out:]))
    return layers


@allocating
def weights_of(network: Network, theta: Flat, layer: int) -> NDArray[Any]:
    """Return layer `l`'s weights, a view of shape (fan_in, fan_out)."""
    fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
    start = network.starts[layer]
    return theta[start : start + fan_in * fan_out].reshape((fan_in, fan_out))


@allocating
def biases_of(network: Network, theta: Flat, layer: int) -> NDArray[Any]:
    """Return layer `l`'s biases, a view of shape (fan_out,)."""
    fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
    start = network.starts[layer] + fan_in * fan_out
    return theta[start : start + fan_out]


@allocating
def scales_of(network: Network, theta: Flat, layer: int) -> NDArray[Any]:
    """Return a normalised layer's scales, a view of shape (fan_out,)."""
    stop = network.starts[layer + 1]
    return theta[stop - network.sizes[layer + 1] : stop]


@allocating
def units_of(network: Network, flat: Flat, layer: int, n_rows: int) -> NDArray[Any]:
    """Return the part of a workspace's buffer for layer `l`, (n_rows, fan_out)."""
    start, stop = n_rows * network.units[layer], n_rows * network.units[layer + 1]
    return flat[start:stop].reshape((n_rows, network.sizes[layer + 1]))


@allocating
def forward(
    rows: Any, chosen: NDArray[np.intp], network: Network, theta: Flat, work: Workspace
) -> NDArray[Any]:
    """Return ``eta`` of some rows, shape (n_rows, n_outputs); a view of `work`.

    Dropout takes the keys, batch normalisation the sample weights that are in `work`.
    """
    n, last = chosen.shape[0], network.codes.shape[0] - 1
    rows.gather(chosen, work.gathered)
    if network.keep[0] < 1.0:
        rows.drop_gathered(chosen, work.gathered, network.keep[0], work.keys)
    for layer in range(last + 1):
        out = units_of(network, work.activations, layer, n)
        weights = weights_of(network, theta, layer)
        if layer == 0:
            rows.rows_dot(chosen, work.gathered, weights, out)
        else:
            np.dot(units_of(network, work.activations, layer - 1, n), weights, out)
        if network.normalised[layer]:
            normalise(
                out,
                work.weights[:n],
                scales_of(network, theta, layer),
                units_of(network, work.standard, layer, n),
                units_of(network, work.roots, layer, 1)[0],
            )
        slopes = units_of(network, work.slopes, layer, n)
        code, biases = network.codes[layer], biases_of(network, theta, layer)
        near = network.rounding[layer]
        if near > 0.0 and code <= LEAKY_RELU:
            activate_rounded(code, near, biases, out, slopes)
        else:
            activate(code, biases, out, slopes)
            if near > 0.0:
                round_bend(code, near, out, slopes)
        if layer < last and network.keep[layer + 1] < 1.0:
            mask = units_of(network, work.masks, layer, n)
            drop_units(out, network.keep[layer + 1], work.keys, layer, mask)
    return units_of(network, work.activations, last, n)


@allocating
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
        if network.normalised[layer]:
            normalise_back(
                delta,
                work.weights[:n],
                scales_of(network, theta, layer),
                units_of(network, work.standard, layer, n),
                units_of(network, work.roots, layer, 1)[0],
                biases,
                scales_of(network, gradient, layer),
            )
        weights = weights_of(network, gradient, layer)
        if layer == 0:
            rows.rows_transpose_dot(chosen, work.gathered, delta, weights)
        else:
            below = units_of(network, work.activations, layer - 1, n)
            np.dot(below.T, delta, weights)
            delta_below = units_of(network, work.deltas, layer - 1, n)
            np.dot(delta, weights_of(network, theta, layer).T, delta_below)
            _through_unit(network, work, layer - 1, n)


@allocating
def _through_unit(network: Network, work: Workspace, layer: int, n: int) -> None:
    """Turn the derivative with respect to what a hidden layer hands on into that of z.

    On the way lie the penalty on activations, dropout's mask, and the activation.
    """
    a = units_of(network, work.activations, layer, n)
    delta = units_of(network, work.deltas, layer, n)
    if network.activity > 0.0:
        near = network.rounding[layer]
        for i in range(n):
            pull = a.dtype.type(network.activity * work.weights[i])
            for c in range(a.shape[1]):
                if abs(a[i, c]) >= near and a[i, c] != 0.0:
                    delta[i, c] += math.copysign(pull, a[i, c])
                elif near > 0.0:
                    delta[i, c] += pull * a[i, c] / near
    keep = network.keep[layer + 1]
    if keep < 1.0:
        mask = units_of(network, work.masks, layer, n)
        for i in range(n):
            for c in range(a.shape[1]):
                delta[i, c] *= mask[i, c]
    slopes = units_of(network, work.slopes, layer, n)
    if network.rounding[layer] > 0.0:
        delta *= slopes
    else:
        deactivate(network.codes[layer], a, slopes, keep, delta)


@allocating
def activity_value(network: Network, work: Workspace, n: int) -> float:
    """Return the penalty on hidden activations of what `forward` left."""
    total = 0.0
    for layer in range(network.codes.shape[0] - 1):
        a, near = units_of(network, work.activations, layer, n), network.rounding[layer]
        for i in range(n):
            size = 0.0
            for c in range(a.shape[1]):
                x = abs(a[i, c])
                size += x - 0.5 * near if x >= near else 0.5 * x * x / near
            total += work.weights[i] * size
    return network.activity * total
