r"""Proximal gradient with backtracking: for penalties that offer value and prox alone.

.. math::
    \theta^+ = prox_{t \, \sigma \alpha P}(\theta - t \, \sigma \nabla f(\theta))

with one factor `t` for all parameters and the layers' typical steps :math:`\sigma`.
A step starts at Barzilai and Borwein's length and is halved until the objective falls
below the largest of the last few.

References
----------
Wright, Nowak and Figueiredo (2009), Sparse reconstruction by separable approximation,
IEEE Transactions on Signal Processing 57(7).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._compile import allocating
from .budget import Budget
from .layers import Flat, Network, biases_of, weights_of
from .objective import Array
from .residual import Residual

_MEMORY = 10
_SUFFICIENT = 1e-4
_HALVINGS = 60


def proximal_gradient(
    residual: Residual, theta: Flat, tol: float, budget: Budget
) -> tuple[Flat, float]:
    """Minimise until the residual is at most `tol`; return the point and its residual.

    Or until the budget is spent, or no step goes down.
    """
    metric = residual.per_parameter(residual.scales.steps)
    here = _evaluate(residual, theta, budget)
    length, best, values = 1.0, here, [here.value]
    found = residual.relative(theta, here.gradient)
    while found > tol and not budget.spent:
        highest = max(values[-_MEMORY:])
        trial, length = _step(residual, here, length, highest, metric, budget)
        if trial is None:
            break
        move = trial.theta - here.theta
        bend = move @ (trial.gradient - here.gradient)
        if bend > 0.0:
            length = float(np.clip(move @ (move / metric) / bend, 1e-10, 1e10))
        here = trial
        budget.count_iteration()
        values.append(here.value)
        best = here if here.value <= best.value else best
        found = residual.relative(here.theta, here.gradient)
    if found <= tol:
        return here.theta, found
    return best.theta, residual.relative(best.theta, best.gradient)


class Evaluated(NamedTuple):
    """A point, the objective there, and the gradient of its loss."""

    theta: Flat
    value: float
    gradient: Flat


def _evaluate(residual: Residual, theta: Flat, budget: Budget) -> Evaluated:
    budget.count_pass()
    loss, gradient = residual.objective.loss_and_gradient(theta)
    return Evaluated(theta, loss + residual.objective.penalty_value(theta), gradient)


def _step(
    residual: Residual,
    here: Evaluated,
    length: float,
    highest: float,
    metric: Array,
    budget: Budget,
) -> tuple[Evaluated | None, float]:
    """Halve the step until the objective is below `highest`; None if it never is."""
    for _ in range(_HALVINGS):
        moved = proximal_point(residual, here.theta, here.gradient, length)
        trial = _evaluate(residual, moved, budget)
        move = moved - here.theta
        if trial.value <= highest - _SUFFICIENT / length * (move @ (move / metric)):
            return trial, length
        length *= 0.5
    return None, length


def proximal_point(
    residual: Residual, theta: Flat, gradient: Flat, length: float
) -> Flat:
    """Return where a proximal step of so many typical steps ends."""
    objective, moved = residual.objective, np.empty_like(theta)
    steps = length * residual.scales.steps
    _prox(objective.penalty, objective.network, theta, gradient, steps, moved)
    return moved


@allocating
def _prox(
    penalty: Any, network: Network, theta: Flat, gradient: Flat, steps: Array, out: Flat
) -> None:
    """Write a proximal gradient step."""
    for layer in range(network.codes.shape[0]):
        step = steps[layer]
        for at in range(network.starts[layer], network.starts[layer + 1]):
            out[at] = theta[at] - step * gradient[at]
        penalty.weights_prox(layer, weights_of(network, out, layer), step)
        biases = biases_of(network, out, layer)
        for c in range(biases.shape[0]):
            biases[c] /= 1.0 + step * penalty.bias_alpha
