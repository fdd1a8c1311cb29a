r"""Groups as products: a penalty on norms becomes one on squares.

.. math::
    \|w_g\| = \min_{s_g v_g = w_g} \tfrac{1}{2} (s_g^2 + \|v_g\|^2), \qquad s_g \ge 0

with a number `s` for each group and a number `v` for each weight. In these variables,

.. math::
    F = f(w) + P(w) + \sum_g \tfrac{\lambda_g}{2} (s_g - \|v_g\|)^2, \qquad
    w_g = s_g v_g,

has no kink where a group is zero, and is curved there if zero is the group's only
minimiser: L-BFGS finds zeros as it finds anything else. Where single weights have a
kink too (sparse groups) their signs are fixed, with zero as a bound.

A round leaves out the groups that are zero and stay there in a proximal step, and ends
with the zeros of such a step.

References
----------
Hoff (2017), Lasso, fractional norm and structured sparse estimation using a Hadamard
product parametrization, Computational Statistics and Data Analysis 115.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from .._compile import allocating
from .budget import Budget
from .layers import Flat, Network, biases_of, layers_in, weights_of
from .objective import Array, Objective
from .proximal_gradient import proximal_point
from .quasi_newton import Point, enough_for_now, minimise
from .residual import Residual

#: Stands for zero where the side of it counts; its fourth power is a normal number.
_NEXT_TO_ZERO = 1e-75
_NOTHING = 1e-30
#: Weights up to this share of the shortest step count as zero when a round begins.
_NEAR = 1e-3


class Groups(NamedTuple):
    """The groups of a network's weights."""

    number: NDArray[np.intp]  # n_parameters: the group of each weight, -1: a bias
    strength: Array  # n_groups: lambda
    kink: NDArray[np.bool_]  # n_groups: whether single weights have a kink at zero


def groups_of(objective: Objective) -> Groups:
    """Return the groups of all layers, one after the other."""
    penalty, network = objective.penalty, objective.network
    number = np.full(network.n_parameters, -1)
    strength: list[float] = []
    kink: list[bool] = []
    for layer, own in enumerate(layers_in(network, number)):
        order = penalty.row_order(layer, len(own.weights))
        record, i = penalty.at_layer(layer), 0
        while i < len(order):
            stop = record.block_end(order, i)
            columns = np.repeat(order[i:stop], own.weights.shape[1])
            own.weights[order[i:stop]] = len(strength)
            strength.append(record.block_strength(columns, 0, len(columns)))
            kink.append(_has_kink(record, columns[0]))
            i = stop
    return Groups(number, np.array(strength), np.array(kink))


def _has_kink(record: Any, column: int) -> bool:
    """Tell whether a weight has a kink at zero beside one that is not zero."""
    first, second, pull = np.empty((3, 2))
    columns = np.full(2, column)
    record.block_derivatives(np.eye(2)[0], columns, 0, 2, first, second, pull)
    return bool(np.isinf(second[1]))


class Factors(NamedTuple):
    """The variables of a round: ``s``, ``v`` and biases, in one array and in units."""

    weights: NDArray[np.bool_]  # n_parameters: those that may move
    biases: NDArray[np.bool_]  # n_parameters
    group: NDArray[np.intp]  # n_v: position of each weight's s
    strength: Array  # n_s: lambda, in units
    side: Array  # n_v: sign of the weight where that is fixed, else 0
    units: Array  # n_parameters

    def split(self, u: Array) -> tuple[Array, Array, Array]:
        """Return s, v and biases; numbers that are next to zero on the right side."""
        s, v, biases = np.split(u, [len(self.strength), -int(self.biases.sum())])
        v = np.where(v == 0.0, _NEXT_TO_ZERO * self.side, v)
        return np.maximum(s, _NEXT_TO_ZERO), v, biases

    def norms(self, v: Array) -> Array:
        """Return the norm of each group's v."""
        squares = np.bincount(self.group, v * v, minlength=len(self.strength))
        return np.maximum(np.sqrt(squares), _NEXT_TO_ZERO)

    def variables(self, theta: Flat) -> Array:
        """Return the factors of the least sum of squares."""
        w = (theta / self.units)[self.weights]
        s = np.where(self.strength > 0.0, np.sqrt(self.norms(w)), 1.0)
        return np.concatenate([s, w / s[self.group], (theta / self.units)[self.biases]])

    def write(self, u: Array, theta: Flat) -> None:
        """Write the products to `theta`."""
        s, v, biases = self.split(u)
        theta[self.weights] = s[self.group] * v * self.units[self.weights]
        theta[self.biases] = biases * self.units[self.biases]

    def imbalance(self, u: Array) -> float:
        """Return the sum of ``lambda (s - |v|)^2 / 2``."""
        s, v, _ = self.split(u)
        return float(0.5 * self.strength @ (s - self.norms(v)) ** 2)

    def gradient(self, u: Array, slopes: Flat) -> Array:
        """Return the derivatives, from those of `f` plus `P`."""
        s, v, _ = self.split(u)
        norms, slope = self.norms(v), (slopes * self.units)[self.weights]
        apart = self.strength * (s - norms)
        along_s = np.bincount(self.group, v * slope, minlength=len(s)) + apart
        along_v = s[self.group] * slope - (apart / norms)[self.group] * v
        return np.concatenate([along_s, along_v, (slopes * self.units)[self.biases]])

    @property
    def bounds(self) -> scipy.optimize.Bounds:
        """Return those of s and, where signs are fixed, of v."""
        fixed = np.where(self.strength > 0.0, np.nan, 1.0)
        free = np.full(int(self.biases.sum()), np.inf)
        lower = np.where(self.side > 0.0, 0.0, -np.inf)
        upper = np.where(self.side < 0.0, 0.0, np.inf)
        return scipy.optimize.Bounds(
            np.concatenate([np.nan_to_num(fixed, nan=0.0), lower, -free]),
            np.concatenate([np.nan_to_num(fixed, nan=np.inf), upper, free]),
        )


def choose_factors(groups: Groups, theta: Flat, units: Array) -> Factors:
    """Return the variables at a point: groups, and weights with a kink, off zero."""
    is_weight = groups.number >= 0
    alive = np.zeros(len(groups.strength), dtype=np.bool_)
    alive[groups.number[is_weight & (theta != 0.0)]] = True
    kink = groups.kink[groups.number]
    free = is_weight & alive[groups.number] & ~(kink & (theta == 0.0))
    present, position = np.unique(groups.number[free], return_inverse=True)
    unit = np.zeros(len(present))
    unit[position] = units[free]
    return Factors(
        free,
        ~is_weight,
        position,
        groups.strength[present] * unit,
        np.where(kink, np.sign(theta), 0.0)[free],
        units,
    )


def within_groups(
    groups: Groups, residual: Residual, at: Point, tol: float, budget: Budget
) -> Flat:
    """Minimise over the groups that are not zero; a `Round` of `quasi_newton`.

    The gradient in the factors is that in the weights times the other factor, which may
    be small; the round ends by the residual of the weights.
    """
    objective, scales = residual.objective, residual.scales
    moved = proximal_point(residual, at.theta, at.gradient, 1.0)
    units = residual.per_parameter(scales.parameters)
    near_zero = np.abs(at.theta) <= _NEAR * _shortest(residual) * units
    point = np.where((groups.number >= 0) & near_zero, moved, at.theta)
    factors = choose_factors(groups, point, units)
    scale = scales.gradient * scales.parameters[-1]
    gradient, slopes = at.gradient, np.zeros_like(point)
    yardsticks = residual.per_parameter(scales.violations)

    def value_and_gradient(u: Array) -> tuple[float, Array]:
        nonlocal gradient
        factors.write(u, point)
        loss, gradient = objective.loss_and_gradient(point)
        value = loss + objective.penalty_value(point) + factors.imbalance(u)
        _slopes(objective.penalty, objective.network, point, slopes)
        return value / scale, factors.gradient(u, gradient + slopes) / scale

    def is_done() -> bool:
        settled = _settled(groups, residual, point, gradient)
        left = np.where((settled != 0.0) | factors.biases, gradient + slopes, 0.0)
        squares = np.bincount(groups.number + 1, (left / yardsticks) ** 2)
        return bool(squares.max() <= enough**2)

    enough = enough_for_now(at, tol)
    start = factors.variables(point)
    result = minimise(value_and_gradient, start, factors.bounds, 0.0, budget, is_done)
    budget.count_pass()
    value_and_gradient(result.x)
    return _settled(groups, residual, point, gradient)


def _settled(groups: Groups, residual: Residual, theta: Flat, gradient: Flat) -> Flat:
    """Make zero what a short proximal step does, and weights that lead nowhere."""
    moved = proximal_point(residual, theta, gradient, _shortest(residual))
    is_zero = (moved == 0.0) | (np.abs(theta) < _NOTHING)
    settled = np.where((groups.number >= 0) & is_zero, 0.0, theta)
    layers = layers_in(residual.objective.network, settled)
    for above, below in pairwise(reversed(layers)):
        below.weights[:, ~above.weights.any(axis=1)] = 0.0
    return settled


def _shortest(residual: Residual) -> float:
    """Return a step for curvatures of one over the width of rounded kinks."""
    rounding = residual.objective.network.rounding
    return float(rounding[rounding > 0.0].min(initial=1.0))


@allocating
def _slopes(penalty: Any, network: Network, theta: Flat, out: Flat) -> None:
    """Write the penalty's derivatives."""
    for layer in range(network.codes.shape[0]):
        w, slope = weights_of(network, theta, layer), weights_of(network, out, layer)
        penalty.weights_slopes(layer, w, slope)
        b, pull = biases_of(network, theta, layer), biases_of(network, out, layer)
        for c in range(b.shape[0]):
            pull[c] = penalty.bias_alpha * b[c]
