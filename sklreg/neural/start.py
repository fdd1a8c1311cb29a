"""Where training starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import CODES
from .layers import Flat, Network, pack
from .scales import Scales

#: The null model of a class that is never or always there has infinite intercepts.
_LARGEST_LOG_ODDS = 10.0


def initial_theta(
    network: Network, scales: Scales, has_link: bool, rng: np.random.RandomState
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
    coefs: list[Any] = []
    intercepts: list[Any] = []
    for layer in range(network.n_layers):
        fan_in, fan_out = network.sizes[layer], network.sizes[layer + 1]
        factor = 2.0 if network.codes[layer] == CODES["logistic"] else 6.0
        bound = scales.parameters[layer] * np.sqrt(factor / (fan_in + fan_out))
        coefs.append(rng.uniform(-bound, bound, (fan_in, fan_out)))
        intercepts.append(rng.uniform(-bound, bound, fan_out))
    intercepts[-1] = scales.intercept
    if has_link:
        intercepts[-1] = np.clip(intercepts[-1], -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS)
    return pack(coefs, intercepts, np.float64)
