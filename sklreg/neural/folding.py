r"""Folding batch normalisation into weights and biases, when training ends.

With mean and variance of `z` over the whole training set in place of a mini-batch's,

.. math::
    \gamma \frac{W' a - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta = (W s)' a + b, \qquad
    s = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}, \quad b = \beta - \mu s.

Averages kept along the way, as is usual, are those of weights that have changed since;
on few rows they mislead. They are measured anew, layer by layer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .batch_norm import EPSILON
from .layers import Flat, Layer, build_network, layers_in
from .objective import Array, Objective

#: From so many rows on the moments of a call of `partial_fit` are good by themselves.
_ENOUGH = 1000


class Moments(NamedTuple):
    """Mean and variance of each unit of a layer before it is normalised."""

    mean: Array
    variance: Array


class Folded(NamedTuple):
    """Parameters of the plain network, and the moments that went into them."""

    theta: Flat
    moments: list[Moments]  # one for each normalised layer


def fold(
    objective: Objective, theta: Flat, earlier: list[Moments] | None = None
) -> Folded:
    """Return the plain network that predicts; without normalisation `theta` itself.

    Parameters
    ----------
    objective : Objective
        The network in training, and its rows.
    theta : array of shape (n_parameters,)
        Its parameters.
    earlier : list of Moments, optional
        What was measured on other rows. They count the less the more rows there are.
    """
    network = objective.network
    if not network.normalised.any():
        return Folded(theta, [])
    parts: list[Flat] = []
    moments: list[Moments] = []
    for layer, own in enumerate(layers_in(network, theta)):
        weights, biases = own.weights, own.biases
        if network.normalised[layer]:
            found = _measure(objective, parts, own)
            if earlier:
                found = _blend(found, earlier[layer], objective.data.n_samples)
            moments.append(found)
            factor = own.scales / np.sqrt(found.variance + EPSILON)
            weights, biases = weights * factor, biases - found.mean * factor
        parts += [weights.ravel(), biases]
    return Folded(np.concatenate(parts).astype(theta.dtype), moments)


def _measure(objective: Objective, below: list[Flat], layer: Layer) -> Moments:
    """Pass all rows through the plain layers below and the products of this one."""
    data, network = objective.data, objective.network
    depth = len(below) // 2
    truncated = build_network(network.sizes[: depth + 2], network.codes[:depth])
    nothing = np.zeros_like(layer.biases)
    theta = np.concatenate([*below, layer.weights.ravel(), nothing])
    outputs = Objective(data, truncated, None, None)
    theta = theta.astype(layer.weights.dtype)
    share = data.weight / data.weight.sum()
    centre: Array | None = None
    mean = square = np.zeros(len(nothing))
    for chosen, z in outputs.predictions(theta):
        centre = z[0].astype(np.float64) if centre is None else centre
        away = z - centre
        mean = mean + share[chosen] @ away
        square = square + share[chosen] @ away**2
    variance = np.maximum(square - mean**2, 0.0)
    return Moments(mean + (0.0 if centre is None else centre), variance)


def _blend(found: Moments, earlier: Moments, n_samples: int) -> Moments:
    """Return the moments of a mixture of the rows of now and of earlier."""
    new = min(1.0, n_samples / _ENOUGH)
    mean = new * found.mean + (1.0 - new) * earlier.mean
    between = new * (1.0 - new) * (found.mean - earlier.mean) ** 2
    return Moments(
        mean, new * found.variance + (1.0 - new) * earlier.variance + between
    )
