r"""Sequences of strengths for networks: from where nothing but a constant is left.

Let :math:`F_0` be the loss of the best constant prediction and :math:`r_i` the gradient
of the loss of row `i` there. Whatever weights and biases a network of `D` layers has,
if its activations are nowhere steeper than one, its loss falls short of :math:`F_0` by

.. math::
    F_0 - F \le \sum_j c_j u_j, \qquad
    u_j = \frac{\sum_i s_i \|r_i\| |x_{ij} - \bar x_j|}{\sum_i s_i},

since the loss is convex in the output, and feature `j` moves the output by at most
:math:`c_j` times itself: the sum over paths of products of weights. That is at most
:math:`g \prod_l \|W_l\|` with :math:`g = \max_j u_j` if :math:`\|W\|` is the sum of the
lengths of rows, which l1 and group penalties are not below, and with
:math:`g = \|u\|_2` for the Frobenius norm of l2. The penalty of weights is not below
:math:`\alpha D / p \, (\prod_l \|W_l\|)^{p / D}`, with `p` 1 or 2, and the loss not
below zero. Hence no network beats the constant from

.. math:: \alpha_{max} = \frac{p}{D} F_0 \left(\frac{g}{F_0}\right)^{p / D}

on. For one layer and l1 that is :func:`~sklreg.alpha_max` with absolute values in its
sum, which is larger by the correlation it does not see; without hidden layer the
sequence is that of the linear model.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import scipy.sparse

from ..losses import weighted_gradient
from ..neural.layers import layers_in
from ..neural.linear_limit import linear_problem
from ..neural.objective import Objective
from ..neural.scales import Scales
from .grid import Array, checked, downwards, strengths

#: Smallest over largest strength, for penalties with a kink and without one.
_RATIO, _RATIO_OF_SMOOTH = 1e-4, 1e-6
#: Small weights, where l1 has the say in an elastic net.
_SMALL = 1e-3
#: Rows at a time.
_BLOCK = 512


def network_strengths(
    X: Any, objective: Objective, scales: Scales, alphas: Any, ratio: float | None
) -> Array:
    """Return the strengths in decreasing order.

    Parameters
    ----------
    X : array or CSR matrix of shape (n_samples, n_features)
        The rows of the objective.
    objective : Objective
        With penalties of strength 1, or none.
    scales : Scales
        Of the objective.
    alphas : int or array of shape (n_alphas,)
        Strengths, or their number for a geometric sequence.
    ratio : float or None
        Smallest over largest strength of that sequence, in (0, 1); None for 1e-4, or
        1e-6 for penalties without kink.

    Raises
    ------
    ValueError
        For strengths that are negative, not finite or none at all; for numbers and
        ratios out of range; for a number where there is no penalty.
    """
    if not isinstance(alphas, numbers.Integral):
        return checked(alphas)
    if objective.network.n_layers == 1:
        return strengths(linear_problem(X, objective), alphas, ratio)
    smooth = objective.penalty.is_smooth()
    default = _RATIO_OF_SMOOTH if smooth else _RATIO
    largest = strongest(X, objective, scales)
    return downwards(largest, int(alphas), default if ratio is None else ratio)


def strongest(X: Any, objective: Objective, scales: Scales) -> float:
    """Return the strength from which on no network beats a constant.

    Parameters
    ----------
    X, objective, scales
        As in `network_strengths`.
    """
    pull, power = pulls(X, objective, scales), 1.0
    size = pull.max(initial=0.0)
    if objective.penalty.is_smooth():
        size, power = np.linalg.norm(pull), 2.0
    unit = _unit(objective, power)
    share = power / objective.network.n_layers
    return float(share * scales.loss * (size / scales.loss) ** share / unit)


def pulls(X: Any, objective: Objective, scales: Scales) -> Array:
    """Return the bounds `u` of what the features can do, (n_features,).

    Parameters
    ----------
    X, objective, scales
        As in `network_strengths`.
    """
    y, weight = objective.data.y, objective.data.weight
    q, residual = weight / weight.sum(), np.empty_like(y)
    eta = np.tile(scales.intercept, (len(y), 1))
    weighted_gradient(objective.loss, y, eta, q, residual)
    lengths, mean = np.linalg.norm(residual, axis=1), q @ X
    if scipy.sparse.issparse(X):
        own = np.repeat(lengths, np.diff(X.indptr)) * (
            np.abs(X.data - mean[X.indices]) - np.abs(mean[X.indices])
        )
        present = np.bincount(X.indices, own, minlength=X.shape[1])
        return np.asarray(lengths.sum() * np.abs(mean) + present)
    total = np.zeros(X.shape[1])
    for at in range(0, len(y), _BLOCK):
        rows = slice(at, at + _BLOCK)
        total += lengths[rows] @ np.abs(X[rows] - mean)
    return total


def _unit(objective: Objective, power: float) -> float:
    """Return the penalty's own factor: 1 for l1 and l2, and the weights of groups.

    The geometric mean over layers of the mean over rows.
    """
    network, logs = objective.network, []
    for layer in range(network.n_layers):
        theta = np.zeros(network.n_parameters)
        weights = layers_in(network, theta)[layer].weights
        weights[:, 0] = _SMALL
        value = objective.penalty_value(theta) / len(weights)
        logs.append(np.log(power * value / _SMALL**power) if value else -np.inf)
    unit = float(np.exp(np.mean(logs)))
    if not (0.0 < unit < np.inf):
        msg = (
            "The penalty has no strength that bounds the weights of all layers, so "
            "there is no sequence to start from it; give alphas as an array."
        )
        raise ValueError(msg)
    return unit
