"""Where training starts."""

from __future__ import annotations

import numpy as np

from .activations import CODES
from .layers import Flat, Network, layers_in
from .scales import Scales

#: The null model of a class that is never or always there has infinite intercepts.
_LARGEST_LOG_ODDS = 10.0


def initial_theta(
    network: Network, scales: Scales, of_classes: bool, rng: np.random.RandomState
) -> Flat:
    r"""Draw weights and biases, those of scikit-learn's networks.

    Uniform in :math:`\pm\sqrt{6 / (n_{in} + n_{out})}` (2 in place of 6 for the
    logistic activation), in the units of each layer. The biases of the output layer
    are the null model's intercepts.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward
    neural networks, AISTATS.
    """
    theta = np.ones(network.n_parameters)  # scales of normalised layers stay at 1
    layers = layers_in(network, theta)
    for layer, (weights, biases, _) in enumerate(layers):
        factor = 2.0 if network.codes[layer] == CODES["logistic"] else 6.0
        bound = scales.parameters[layer] * np.sqrt(factor / sum(weights.shape))
        weights[:] = rng.uniform(-bound, bound, weights.shape)
        biases[:] = rng.uniform(-bound, bound, biases.shape)
    last = scales.intercept
    if of_classes:
        last = np.clip(last, -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS)
    layers[-1].biases[:] = last
    return theta
