r"""L-BFGS in variables in which every unit is curved alike.

The weights and the bias that lead to unit `c` enter the objective through
:math:`z_{ic} = \tilde a_i' w_c`, with :math:`\tilde a` the units below and a one. Their
own part of the Hessian is nearly

.. math:: H_c = \sum_i \kappa_{ic} \tilde a_i \tilde a_i' + P'', \qquad
    \kappa_{ic} = act'^2 \sum_k w_{ck}^2 \kappa_{ik} +
    \max(\delta_{ic} \, act'', 0)

where `k` are the units above, whose :math:`\kappa` starts as the second derivative of
the loss, :math:`\delta` is the derivative with respect to the unit, and `act''` that of
the rounding of a kink: one over its width, so that the rows on kinks, of which there
are thousands in a network of relu without zeros, would be all that L-BFGS sees. With
:math:`H_c = L L'` the variables are :math:`L' w_c`. A round keeps them for some
iterations.

References
----------
Martens and Grosse (2015), Optimizing neural networks with Kronecker-factored
approximate curvature, ICML (blocks of the Hessian, of layers rather than units).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..losses import weighted_gradient, weighted_hessian
from .activations import jump
from .budget import Budget
from .layers import Flat, Layer, Network, layers_in
from .objective import Array, Objective, Passed
from .orthants import penalty_slopes
from .quasi_newton import Point, minimise
from .residual import Residual

#: Iterations in one set of variables, and the numbers that may define them.
_ITERATIONS, _MOST_NUMBERS = 200, 4_000_000
#: What is added to a Hessian's diagonal, relative to traces.
_RIDGE = 1e-8


def is_small(network: Network) -> bool:
    """Tell whether the units' Hessians fit."""
    fan_in, units = network.sizes[:-1] + 1, network.sizes[1:]
    return bool(fan_in**2 @ units <= _MOST_NUMBERS)


class Whitening(NamedTuple):
    """The variables ``L' w`` of each unit, for all layers."""

    network: Network
    roots: list[Array]  # L': fan_out x (fan_in + 1) x (fan_in + 1) each
    inverses: list[Array]

    def variables(self, theta: Flat) -> Flat:
        """Return the variables at `theta`."""
        return self._times(self.roots, theta)

    def theta(self, u: Flat) -> Flat:
        """Return the parameters of variables."""
        return self._times(self.inverses, u)

    def gradient(self, slopes: Flat) -> Flat:
        """Return the derivatives with respect to the variables."""
        transposed = [inverse.transpose(0, 2, 1) for inverse in self.inverses]
        return self._times(transposed, slopes)

    def _times(self, matrices: list[Array], flat: Flat) -> Flat:
        out = np.empty_like(flat)
        given, written = layers_in(self.network, flat), layers_in(self.network, out)
        for matrix, old, new in zip(matrices, given, written, strict=True):
            stacked = np.vstack([old.weights, old.biases]).T[:, :, None]
            product = (matrix @ stacked)[:, :, 0].T
            new.weights[:], new.biases[:] = product[:-1], product[-1]
        return out


def whitening(objective: Objective, theta: Flat) -> Whitening:
    """Return the variables that belong to a point."""
    roots = []
    for hessian in own_hessians(objective, theta):
        sizes = np.trace(hessian, axis1=1, axis2=2)
        ridge = _RIDGE * (sizes + (sizes.max() or 1.0))
        safe = hessian + ridge[:, None, None] * np.eye(hessian.shape[1])
        roots.append(np.linalg.cholesky(safe).transpose(0, 2, 1))
    return Whitening(objective.network, roots, [np.linalg.inv(r) for r in roots])


def whitened(residual: Residual, at: Point, tol: float, budget: Budget) -> Flat:
    """Minimise for some iterations in such variables; a `Round` of `quasi_newton`."""
    objective, scales = residual.objective, residual.scales
    scale = scales.gradient * scales.parameters[-1]
    variables, short = whitening(objective, at.theta), budget.part(budget.max_fun)
    point, gradient = at.theta, at.gradient
    slopes = np.zeros_like(point)

    def value_and_gradient(u: Array) -> tuple[float, Array]:
        nonlocal point, gradient
        point = variables.theta(u)
        loss, gradient = objective.loss_and_gradient(point)
        penalty_slopes(objective.penalty, objective.network, point, point, slopes)
        value = (loss + objective.penalty_value(point)) / scale
        return value, variables.gradient(gradient + slopes) / scale

    def is_done() -> bool:
        enough = short.n_iter >= _ITERATIONS
        return enough or residual.relative(point, gradient) <= tol

    start = variables.variables(at.theta)
    result = minimise(value_and_gradient, start, None, 0.0, short, is_done)
    return variables.theta(result.x)


def own_hessians(objective: Objective, theta: Flat) -> list[Array]:
    """Return ``H`` of every unit, for each layer (fan_out, fan_in + 1, fan_in + 1)."""
    penalty, layers = objective.penalty, layers_in(objective.network, theta)
    hessians: list[Array] = []
    for layer, own in enumerate(layers):
        record = penalty.at_layer(layer)
        rows = [[record.curvature(x, j) for x in w] for j, w in enumerate(own.weights)]
        diagonal = np.vstack([*rows, np.full(len(own.biases), penalty.bias_alpha)])
        hessians.append(diagonal.T[:, :, None] * np.eye(len(diagonal)))
    for passed in objective.forward_passes(theta):
        _add_rows(objective, layers, passed, hessians)
    return hessians


def _add_rows(
    objective: Objective, layers: list[Layer], rows: Passed, hessians: list[Array]
) -> None:
    """Add the part of some rows, from the outputs down."""
    network, y = objective.network, objective.data.y[rows.chosen]
    units = [objective.data.rows.dense(rows.chosen), *rows.units]
    eta, weight = units[-1], objective.data.weight[rows.chosen]
    weight = weight / objective.data.n_samples
    delta, (second, pull) = np.empty_like(y), np.zeros((2, *y.T.shape))
    weighted_gradient(objective.loss, y, eta, weight, delta)
    weighted_hessian(objective.loss, y, eta, weight, 0.0, second, pull)
    curvature = second.T
    for layer in range(network.n_layers - 1, -1, -1):
        below = np.column_stack([units[layer], np.ones(len(y))])
        for c in range(curvature.shape[1]):
            hessians[layer][c] += (below * curvature[:, c, None]).T @ below
        if layer > 0:
            w, own = layers[layer].weights, layers[layer - 1]
            z = units[layer - 1] @ own.weights + own.biases
            bend = _bends(network, layer - 1, z)
            slope, pull = rows.slopes[layer - 1], delta @ w.T
            curvature = slope**2 * (curvature @ (w**2).T) + np.maximum(pull * bend, 0.0)
            delta = pull * slope


def _bends(network: Network, layer: int, z: Array) -> Array:
    """Return the second derivatives of rounded kinks."""
    width, code = network.rounding[layer], network.codes[layer]
    return np.where(np.abs(z) < width, 0.5 * jump(code) / width, 0.0)
