r"""L-BFGS within an orthant: exact zeros of single weights from a smooth method.

Where no weight changes its sign the penalty is smooth. A round fixes the orthant (the
sign of each weight; a weight at zero opens to the side the gradient asks for, or stays
zero if the optimality condition holds there), minimises within it by L-BFGS with zero
as a bound, and the next round looks again. A penalty without a kink needs one round.

References
----------
Andrew and Gao (2007), Scalable training of L1-regularized log-linear models, ICML.
Byrd, Lu, Nocedal and Zhu (1995), A limited memory algorithm for bound constrained
optimization, SIAM Journal on Scientific Computing 16(5).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from .._compile import allocating
from .budget import Budget
from .layers import Flat, Network, biases_of, weights_of
from .objective import Array
from .quasi_newton import Point, enough_for_now, minimise
from .residual import Residual

#: Stands for the side of zero on which a derivative is asked for.
_NEXT_TO_ZERO = 1e-300


class Orthant(NamedTuple):
    """Where the penalty is smooth: a side of zero for each weight."""

    side: Array  # -1, 1, or 0: the weight stays zero
    kink: NDArray[np.bool_]  # whether zero is a kink

    @property
    def free(self) -> NDArray[np.bool_]:
        """Tell which parameters may move."""
        return ~self.kink | (self.side != 0.0)

    @property
    def bounds(self) -> scipy.optimize.Bounds:
        """Return the bounds of the free parameters."""
        lower = np.where(self.kink & (self.side > 0.0), 0.0, -np.inf)
        upper = np.where(self.kink & (self.side < 0.0), 0.0, np.inf)
        return scipy.optimize.Bounds(lower[self.free], upper[self.free])


def choose_orthant(residual: Residual, theta: Flat, gradient: Flat) -> Orthant:
    """Return the orthant of `theta`.

    A weight at zero gets the side that the gradient asks for, or stays if it asks for
    less than the kink holds.
    """
    objective = residual.objective
    kink = np.zeros(theta.shape, dtype=np.bool_)
    _kinks(objective.penalty, objective.network, kink)
    violation = objective.violations(theta, gradient, residual.scales.steps)
    asked = np.where(violation > 0.0, -np.sign(gradient), 0.0)
    return Orthant(np.where(theta != 0.0, np.sign(theta), asked), kink)


def within_orthant(residual: Residual, at: Point, tol: float, budget: Budget) -> Flat:
    """Minimise over the orthant of a point; a `Round` of `quasi_newton`.

    The variables are the parameters in their layers' units, and the objective is
    scaled so that its largest projected slope is the relative residual.
    """
    objective, scales = residual.objective, residual.scales
    orthant = choose_orthant(residual, at.theta, at.gradient)
    enough = enough_for_now(at, tol) if orthant.kink.any() else tol
    units = residual.per_parameter(scales.parameters)[orthant.free]
    scale = scales.gradient * scales.parameters[-1]
    point, slope = at.theta.copy(), np.zeros_like(at.theta)

    def value_and_gradient(u: Array) -> tuple[float, Array]:
        point[orthant.free] = u * units
        loss, gradient = objective.loss_and_gradient(point)
        value = loss + objective.penalty_value(point)
        penalty_slopes(objective.penalty, objective.network, point, orthant.side, slope)
        return value / scale, (gradient + slope)[orthant.free] * units / scale

    start = at.theta[orthant.free] / units
    result = minimise(value_and_gradient, start, orthant.bounds, enough, budget)
    # L-BFGS-B is content with a weight next to its bound that would go beyond.
    beyond = (result.x - result.jac) * orthant.side[orthant.free] <= 0.0
    stuck = beyond & (np.abs(result.x) <= enough) & orthant.kink[orthant.free]
    point[orthant.free] = np.where(stuck, 0.0, result.x * units)
    return point


@allocating
def _kinks(penalty: Any, network: Network, out: NDArray[np.bool_]) -> None:
    """Write whether the penalty has a kink at zero; biases have none."""
    for layer in range(network.codes.shape[0]):
        kink, own = weights_of(network, out, layer), penalty.at_layer(layer)
        for j in range(kink.shape[0]):
            for c in range(kink.shape[1]):
                at = penalty.coordinate(layer, j, c)
                kink[j, c] = own.curvature(0.0, at) == np.inf


@allocating
def penalty_slopes(
    penalty: Any, network: Network, theta: Flat, side: Array, out: Flat
) -> None:
    """Write the penalty's derivative on the given side of zero."""
    for layer in range(network.codes.shape[0]):
        own = penalty.at_layer(layer)
        w, s = weights_of(network, theta, layer), weights_of(network, side, layer)
        slope = weights_of(network, out, layer)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                x = w[j, c]
                if x == 0.0:
                    x = _NEXT_TO_ZERO * s[j, c]
                slope[j, c] = own.derivative(x, penalty.coordinate(layer, j, c))
        b, pull = biases_of(network, theta, layer), biases_of(network, out, layer)
        for c in range(b.shape[0]):
            pull[c] = penalty.bias_alpha * b[c]
