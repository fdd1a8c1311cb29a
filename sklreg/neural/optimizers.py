r"""Adam and momentum, with the penalty's proximal step in their own metric.

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

Momentum is the same with :math:`v = 1`, without corrections, and with
:math:`\gamma / (1 - \mu)` in place of :math:`\gamma`: written with a mean of gradients
rather than a sum, it too has the true objective's stationary points. Nesterov's looks
ahead: :math:`\mu m + (1 - \mu) g` in place of `m`.

After the step come decoupled weight decay, which multiplied the weights by
:math:`1 - \gamma \cdot decay` before, and the largest norm of incoming weights.

References
----------
Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR.
Yun, Lozano and Yang (2021), Adaptive proximal gradient methods for structured neural
networks, NeurIPS 34.
Sutskever, Martens, Dahl and Hinton (2013), On the importance of initialization and
momentum in deep learning, ICML.
Loshchilov and Hutter (2019), Decoupled weight decay regularization, ICLR.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .layer_penalties import Stride
from .layers import Flat, Network, weights_of
from .scales import Scales

Array = NDArray[np.float64]

EPSILON = 1e-8


class Memory(NamedTuple):
    """State of the optimiser; the arrays change in place."""

    first: Flat  # m
    second: Flat  # v
    time: NDArray[np.intp]  # t, one number

    def copy(self) -> Memory:
        """Return an independent copy."""
        return Memory(*(part.copy() for part in self))

    def forget(self) -> None:
        """Return to the state before the first step."""
        self.first[:], self.time[:] = 0, 0
        self.second[:] = 0


def new_memory(theta: Flat) -> Memory:
    """Return the state before the first step."""
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    return Memory(first, second, np.zeros(1, dtype=np.intp))


class Rule(NamedTuple):
    """The coefficients of the formulas above."""

    beta_1: float
    beta_2: float
    corrects: bool  # whether the means start from zero and are corrected for it
    scaled: bool  # whether steps are divided by the root of v, else v counts as 1
    along: float  # share of m in the direction
    ahead: float  # share of g
    rates: Array  # n_layers
    floors: Array  # n_layers: the epsilon beside the root
    decay: float
    max_norms: Array  # n_layers; infinite: none


def adam(
    rate: float, betas: tuple[float, float], scales: Scales, decay: float, norms: Array
) -> Rule:
    """Return the coefficients of Adam, in the units of each layer."""
    floors = EPSILON * scales.loss / scales.parameters
    rates = rate * scales.parameters
    return Rule(*betas, True, True, 1.0, 0.0, rates, floors, rate * decay, norms)


def momentum(
    rate: float,
    momentum: float,
    nesterov: bool,
    scales: Scales,
    decay: float,
    norms: Array,
) -> Rule:
    """Return the coefficients of stochastic gradient descent with momentum."""
    rates = rate / (1.0 - momentum) * scales.parameters**2 / scales.unit
    ahead = 1.0 - momentum if nesterov else 0.0
    along = momentum if nesterov else 1.0
    floors = np.ones_like(rates)
    return Rule(
        momentum, 0.0, False, False, along, ahead, rates, floors, rate * decay, norms
    )


@allocating
def descend(
    penalty: Any,
    network: Network,
    theta: Flat,
    gradient: Flat,
    memory: Memory,
    rule: Rule,
    factor: float,
) -> None:
    """Make one step in place; weights with proximal step, biases and scales without.

    Parameters
    ----------
    factor : float
        On the learning rate, what its schedule says.
    """
    memory.time[0] += 1
    _remember(gradient, memory, rule)
    correction_1, correction_2 = 1.0, 1.0
    if rule.corrects:
        correction_1 = 1.0 - rule.beta_1 ** memory.time[0]
        correction_2 = 1.0 - rule.beta_2 ** memory.time[0]
    real = theta.dtype.type
    for layer in range(network.codes.shape[0]):
        stride = Stride(
            real(factor * rule.rates[layer]),
            real(math.sqrt(1.0 / correction_2) if rule.scaled else 0.0),
            real(rule.floors[layer]),
            real(1.0 - factor * rule.decay),
            real(rule.along / correction_1),
            real(rule.ahead),
        )
        w = weights_of(network, theta, layer)
        penalty.weights_step(
            layer,
            stride,
            w,
            weights_of(network, memory.first, layer),
            weights_of(network, memory.second, layer),
            weights_of(network, gradient, layer),
        )
        if rule.max_norms[layer] < np.inf:
            _limit_norms(w, rule.max_norms[layer])
        start = network.starts[layer] + w.shape[0] * w.shape[1]
        stop, n_biases = network.starts[layer + 1], w.shape[1]
        for at in range(start, stop):
            v = memory.second[at]
            step = stride.rate / (stride.root * np.sqrt(v) + stride.floor)
            move = stride.along * memory.first[at] + stride.ahead * gradient[at]
            ridge = step * real(penalty.bias_alpha) if at < start + n_biases else 0.0
            theta[at] = (theta[at] - step * move) / (real(1.0) + real(ridge))


@allocating
def _remember(gradient: Flat, memory: Memory, rule: Rule) -> None:
    """Update the means `m` and, where it counts, `v`."""
    real = gradient.dtype.type
    b1, b2 = real(rule.beta_1), real(rule.beta_2)
    c1, c2 = real(1.0 - rule.beta_1), real(1.0 - rule.beta_2)
    for k in range(gradient.shape[0]):
        g = gradient[k]
        memory.first[k] = b1 * memory.first[k] + c1 * g
        memory.second[k] = b2 * memory.second[k] + c2 * g * g


@allocating
def _limit_norms(w: NDArray[Any], largest: float) -> None:
    """Scale down the columns that are longer."""
    for c in range(w.shape[1]):
        square = 0.0
        for j in range(w.shape[0]):
            square += w[j, c] * w[j, c]
        if square > largest * largest:
            factor = w.dtype.type(largest / math.sqrt(square))
            for j in range(w.shape[0]):
                w[j, c] *= factor
