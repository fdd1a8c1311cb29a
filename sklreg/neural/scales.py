r"""The units of a problem: what makes training independent of the scale of y.

With targets in units of `s` (their standard deviation) the output layer's parameters
are of the order of `s`, the loss of the order of the null model's. A network on
standardised targets with output parameters `v` is the network with `s v`, so steps that
are `s` times as long in the output layer train as if the targets had been standardised,
while the objective, and hence the penalty, stays that of the user's units.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..losses import null_intercept, weighted_gradient
from .layers import Network
from .objective import Data

Array = NDArray[np.float64]

#: Where features tell nothing about y only rounding is left, which is no yardstick.
_ROUNDING = 1e-8
_SHORT = 1e-2
#: Sizes whose reciprocals overflow are zero.
_SMALLEST = 1e-290


class Scales(NamedTuple):
    """Typical sizes, and the null model they were measured at."""

    parameters: Array  # n_layers: of a layer's parameters
    loss: float  # the null model's mean loss
    gradient: float  # largest gradient entry of a linear model's weights at zero
    intercept: Array  # of the null model
    unit: float  # of the loss: that of standardised targets is 1

    @property
    def steps(self) -> Array:
        """Return a step for each layer, shorter than a typical reciprocal curvature."""
        return _SHORT * self.parameters**2 / self.loss

    @property
    def violations(self) -> Array:
        r"""Return what a violation in each layer is relative to.

        In the output layer the largest gradient entry that a linear model sees at zero
        weights, the same yardstick as in the linear estimators (at zero weights a
        network with hidden layers sees none). In the others `s` times as much.
        """
        relative_to = self.gradient * self.parameters[-1] / self.parameters
        return np.maximum(relative_to, _SMALLEST)


def measure(data: Data, network: Network, loss: Any, has_link: bool) -> Scales:
    """Measure the null model.

    Parameters
    ----------
    has_link : bool
        Whether the output is not in the units of y, as in classification; `s` is 1.
    """
    q = data.weight / data.weight.sum()
    target_scale = 1.0 if has_link else standard_deviation(data.y, q)
    intercept = null_intercept(loss, data.y, q)
    residual = np.empty_like(data.y)
    at_zero = weighted_gradient(loss, data.y, np.zeros_like(data.y), q, residual)
    pull = float(np.abs(residual.sum(axis=0)).max())
    eta = np.tile(intercept, (data.n_samples, 1))
    null_loss = weighted_gradient(loss, data.y, eta, q, residual)
    gradient = float(np.abs(data.rows.transpose_dot(residual)).max(initial=0.0))
    gradient = _or_one(max(gradient, _ROUNDING * pull))
    null_loss = _or_one(max(float(null_loss), np.finfo(np.float64).eps * at_zero))
    parameters = np.ones(network.n_layers)
    parameters[-1] = target_scale
    varies = null_loss > _ROUNDING * at_zero and not has_link
    unit = 2.0 * null_loss / data.y.shape[1] if varies else target_scale**2
    return Scales(parameters, null_loss, gradient, intercept, unit)


def standard_deviation(y: Array, q: Array) -> float:
    """Return the root mean square over outputs of their standard deviations, or 1."""
    return _or_one(float(np.sqrt((q @ (y - q @ y) ** 2).mean())))


def _or_one(size: float) -> float:
    """Return `size`, or 1 where it is zero and cannot be a unit."""
    return size if size > _SMALLEST else 1.0
