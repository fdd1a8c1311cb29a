r"""Dropout: in training, inputs of a layer are zero at random.

.. math:: a \leftarrow \frac{m}{1 - p} \circ a, \qquad m \sim Bernoulli(1 - p)

The division ("inverted" dropout) keeps the mean, so that nothing is to be done when the
network predicts. A mask is a function of the step and of what the row contains: it does
not depend on the number of threads, nor on whether a row is repeated, weighted or
sparse.

References
----------
Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout: a simple
way to prevent neural networks from overfitting, JMLR 15.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating
from .._random_numbers import child_key, random_bits

_ALL = 2.0**64


@allocating
def limit_of(keep: float) -> np.uint64:
    """Return what random bits are below with probability `keep`, less than one."""
    return np.uint64(keep * _ALL)


@allocating
def drop_units(
    values: NDArray[Any],
    keep: float,
    keys: NDArray[np.uint64],
    layer: int,
    mask: NDArray[Any],
) -> None:
    """Keep a share of the units, divided by it; the others become zero.

    Parameters
    ----------
    values : array of shape (n_rows, n_units)
        Overwritten.
    keep : float
        The share.
    keys : array of shape (n_rows,)
        Of each row's random numbers in this step.
    layer : int
        Which of the row's sequences.
    mask : array of shape (n_rows, n_units)
        Receives the factors, for the way back.
    """
    limit, factor = limit_of(keep), values.dtype.type(1.0 / keep)
    for i in range(values.shape[0]):
        key = child_key(keys[i], layer)
        for c in range(values.shape[1]):
            kept = random_bits(key, c) < limit
            mask[i, c] = factor if kept else values.dtype.type(0.0)
            values[i, c] *= mask[i, c]
