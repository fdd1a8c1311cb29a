r"""Batch normalisation: forward beside backward, and folding it into the weights.

In training, over the rows of a mini-batch of weights `s`, with ``q_i = s_i / sum s``,

.. math::
    \mu = \sum_i q_i z_i, \quad \sigma^2 = \sum_i q_i (z_i - \mu)^2, \quad
    \hat z_i = \frac{z_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad
    z_i \leftarrow \gamma \hat z_i + \beta

for each hidden unit, before its activation. The shift :math:`\beta` takes the place of
the bias. With :math:`\delta` the derivative with respect to what is left,

.. math::
    \nabla\beta = \sum_i \delta_i, \quad \nabla\gamma = \sum_i \delta_i \hat z_i, \quad
    \delta_i \leftarrow \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
    (\delta_i - q_i \nabla\beta - q_i \hat z_i \nabla\gamma).

A fitted network has :math:`\mu` and :math:`\sigma` of the whole training set, which
make the normalisation a linear map: it is folded into weights and biases.

References
----------
Ioffe and Szegedy (2015), Batch normalization: accelerating deep network training by
reducing internal covariate shift, ICML.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating

Array = NDArray[np.float64]

EPSILON = 1e-5


@allocating
def normalise(
    z: NDArray[Any],
    weight: Array,
    scale: NDArray[Any],
    standard: NDArray[Any],
    root: NDArray[Any],
) -> None:
    r"""Replace `z` by :math:`\gamma \hat z`, in place; the shift is added later.

    Parameters
    ----------
    z : array of shape (n_rows, n_units)
        Overwritten.
    weight : array of shape (n_rows,)
        Sample weights, in any unit.
    scale : array of shape (n_units,)
        :math:`\gamma`.
    standard : array of shape (n_rows, n_units)
        Receives :math:`\hat z`.
    root : array of shape (n_units,)
        Receives :math:`1 / \sqrt{\sigma^2 + \epsilon}`.
    """
    _weighted_means(z, weight, root)
    for i in range(z.shape[0]):
        for c in range(z.shape[1]):
            z[i, c] -= root[c]
            standard[i, c] = z[i, c] * z[i, c]
    _weighted_means(standard, weight, root)
    for c in range(z.shape[1]):
        root[c] = z.dtype.type(1.0) / np.sqrt(root[c] + z.dtype.type(EPSILON))
    for i in range(z.shape[0]):
        for c in range(z.shape[1]):
            standard[i, c] = z[i, c] * root[c]
            z[i, c] = scale[c] * standard[i, c]


@allocating
def _weighted_means(z: NDArray[Any], weight: Array, out: NDArray[Any]) -> None:
    """Write the weighted mean of each column."""
    total = weight.sum()
    out[:] = 0.0
    for i in range(z.shape[0]):
        q = z.dtype.type(weight[i] / total)
        for c in range(z.shape[1]):
            out[c] += q * z[i, c]


@allocating
def normalise_back(
    delta: NDArray[Any],
    weight: Array,
    scale: NDArray[Any],
    standard: NDArray[Any],
    root: NDArray[Any],
    shift_gradient: NDArray[Any],
    scale_gradient: NDArray[Any],
) -> None:
    r"""Replace `delta` by the derivative with respect to `normalise`'s input.

    Parameters
    ----------
    delta : array of shape (n_rows, n_units)
        Derivative with respect to its result; overwritten.
    weight, scale, standard, root
        As in `normalise`.
    shift_gradient : array of shape (n_units,)
        :math:`\nabla\beta`, which is known already.
    scale_gradient : array of shape (n_units,)
        Receives :math:`\nabla\gamma`.
    """
    total = weight.sum()
    scale_gradient[:] = 0.0
    for i in range(delta.shape[0]):
        for c in range(delta.shape[1]):
            scale_gradient[c] += delta[i, c] * standard[i, c]
    for i in range(delta.shape[0]):
        q = delta.dtype.type(weight[i] / total)
        for c in range(delta.shape[1]):
            pull = shift_gradient[c] + standard[i, c] * scale_gradient[c]
            delta[i, c] = scale[c] * root[c] * (delta[i, c] - q * pull)
