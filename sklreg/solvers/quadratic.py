"""A penalised quadratic in some coordinates, and coordinate descent on it.

minimise over z:   g' (z - z0) + (z - z0)' H (z - z0) / 2 + alpha P(z)

Two nouns hold the quadratic: one with `H` formed, one with the columns it comes from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel, record
from .problem import Array


@record
class GramQuadratic(NamedTuple):
    """A quadratic with its Hessian formed; `gradient` follows the point."""

    hessian: Array  # at least k x k: there may be room for more
    gradient: Array  # k

    def diagonal(self, i: int) -> float:
        """Return H[i, i]."""
        return self.hessian[i, i]

    def slope(self, i: int) -> float:
        """Return the derivative with respect to coordinate `i`."""
        return self.gradient[i]

    def move(self, i: int, delta: float) -> None:
        """Account for a change of coordinate `i` by `delta`."""
        row = self.hessian[i]
        for k in range(self.gradient.shape[0]):
            self.gradient[k] += delta * row[k]


@record
class ColumnQuadratic(NamedTuple):
    """A quadratic ``|X~ (z - z0)|^2 / 2 + g' (z - z0)`` in the columns of ``X~``.

    ``x~_i = (x_i - mean_i u) / scale_i`` is never formed: `x` are the columns times the
    root of the rows' weights, `u` is that root, ``|u|^2 = total``, and `mean` the
    weighted means. With ``X~ (z - z0) = v - shift u`` and ``x_i' u = mean_i total``

    .. math:: x̃_i' X̃ (z - z_0) = (x_i' v - mean_i u' v) / scale_i
    """

    columns: Any  # a design of `x`
    mean: Array  # k
    scale: Array  # k
    curvatures: Array  # k: |x~_i|^2
    first: Array  # k: g
    fitted: Array  # n x 1: v
    along: Array  # 1: u' v
    total: float

    def diagonal(self, i: int) -> float:
        """Return |x~_i|^2."""
        return self.curvatures[i]

    def slope(self, i: int) -> float:
        """Return the derivative with respect to coordinate `i`."""
        product = self.columns.column_dot(i, self.fitted, 0)
        return self.first[i] + (product - self.mean[i] * self.along[0]) / self.scale[i]

    def move(self, i: int, delta: float) -> None:
        """Account for a change of coordinate `i` by `delta`."""
        factor = delta / self.scale[i]
        self.columns.add_column(i, factor, self.fitted, 0)
        self.along[0] += factor * self.mean[i] * self.total


@kernel
def coordinate_descent(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    n_epochs: int,
    tolerance: float,
) -> float:
    """Take epochs until one changes next to nothing, up to `n_epochs`.

    Returns the largest ``H_ii |change of z_i|`` of the last one, a measure in the units
    of the gradient, which is to be at most `tolerance`.
    """
    largest = 0.0
    for _ in range(n_epochs):
        largest, _ = epoch(quadratic, penalty, columns, z)
        if largest <= tolerance:
            break
    return largest


@kernel
def epoch(
    quadratic: Any, penalty: Any, columns: NDArray[np.intp], z: Array
) -> tuple[float, int]:
    """Minimise exactly in one block after the other, in place.

    With the penalty of feature ``columns[i]`` for weight `i`. Returns the largest
    ``H_ii |change of z_i|`` and how many blocks became or ceased to be zero.
    """
    largest, switches, i = 0.0, 0, 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        change, switched = penalty.block_update(quadratic, z, columns, i, stop)
        largest = max(largest, change)
        switches += switched
        i = stop
    return largest, switches
