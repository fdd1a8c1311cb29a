r"""Adam, with the penalty's proximal step in its own metric.

For each parameter, with the gradient `g` of the mini-batch's mean loss,

.. math::
    m &\leftarrow \beta_1 m + (1 - \beta_1) g, &
    \hat m &= m / (1 - \beta_1^t) \\
    v &\leftarrow \beta_2 v + (1 - \beta_2) g^2, &
    \hat v &= v / (1 - \beta_2^t) \\
    \eta &= \gamma / (\sqrt{\hat v} + \epsilon), &
    w &\leftarrow prox_{\eta \alpha P}(w - \eta \hat m)

The step :math:`\eta` of the parameter itself is also the step of its proximal operator:
a weight at zero stays there if and only if :math:`|\hat m| \le \alpha` for l1, which is
the optimality condition of the objective. With the global learning rate as threshold
another problem would be solved.

References
----------
Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR.
Yun, Lozano and Yang (2021), Adaptive proximal gradient methods for structured neural
networks, NeurIPS 34.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .layers import Flat, Network, biases_of, weights_of

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
#: The weights of a dead unit shrink for ever; subnormal numbers would be slow.
_NOTHING = 1e-30


class Adam(NamedTuple):
    """State of the optimiser; the arrays change in place."""

    first: Flat  # m
    second: Flat  # v
    time: NDArray[np.intp]  # t, one number

    def copy(self) -> Adam:
        """Return an independent copy."""
        return Adam(*(part.copy() for part in self))


def new_adam(theta: Flat) -> Adam:
    """Return the state before the first step."""
    return Adam(np.zeros_like(theta), np.zeros_like(theta), np.zeros(1, dtype=np.intp))


@kernel
def adam_step(
    penalty: Any,
    network: Network,
    theta: Flat,
    gradient: Flat,
    adam: Adam,
    rates: NDArray[np.float64],
    floors: NDArray[np.float64],
) -> None:
    """Make one step in place; weights with proximal step, biases without.

    Parameters
    ----------
    rates, floors : array of shape (n_layers,)
        Learning rate and the epsilon beside the root, of each layer.
    """
    adam.time[0] += 1
    correction_1 = 1.0 - BETA_1 ** adam.time[0]
    correction_2 = 1.0 - BETA_2 ** adam.time[0]
    real = theta.dtype.type
    b1, b2 = real(BETA_1), real(BETA_2)
    root = real(np.sqrt(1.0 / correction_2))
    for layer in range(network.codes.shape[0]):
        rate, floor = real(rates[layer]), real(floors[layer])
        along = real(1.0 / correction_1)
        w, g = weights_of(network, theta, layer), weights_of(network, gradient, layer)
        m, v = (
            weights_of(network, adam.first, layer),
            weights_of(network, adam.second, layer),
        )
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                m[j, c] = b1 * m[j, c] + (real(1.0) - b1) * g[j, c]
                v[j, c] = b2 * v[j, c] + (real(1.0) - b2) * g[j, c] * g[j, c]
                step = rate / (root * np.sqrt(v[j, c]) + floor)
                moved = penalty.prox(w[j, c] - step * along * m[j, c], step, j)
                w[j, c] = moved if abs(moved) > _NOTHING else 0.0
        b, h = biases_of(network, theta, layer), biases_of(network, gradient, layer)
        m_b, v_b = (
            biases_of(network, adam.first, layer),
            biases_of(network, adam.second, layer),
        )
        for c in range(b.shape[0]):
            m_b[c] = b1 * m_b[c] + (real(1.0) - b1) * h[c]
            v_b[c] = b2 * v_b[c] + (real(1.0) - b2) * h[c] * h[c]
            b[c] -= rate * along * m_b[c] / (root * np.sqrt(v_b[c]) + floor)
