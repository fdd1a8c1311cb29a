"""A penalised quadratic in some coordinates, and coordinate descent on it.

minimise over z:   g' (z - z0) + (z - z0)' H (z - z0) / 2 + alpha P(z)

Two nouns hold the quadratic: one with `H` formed, one with the columns it comes from.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel, record
from .._span import span
from .problem import Array


@record
class GramQuadratic(NamedTuple):
    """A quadratic with its Hessian formed; `gradient` follows the point."""

    hessian: Array  # at least k x k: there may be room for more
    gradient: Array  # k

    def diagonal(self, i: int) -> float:
        """Return H[i, i]."""
        return self.hessian[i, i]

    def entry(self, i: int, m: int) -> float:
        """Return H[i, m]."""
        return self.hessian[i, m]

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

    ``x~_i = (x_i - mean_i 1) / scale_i`` is never formed, the norm is weighted by `h`,
    and `mean` are the `h`-weighted means. With ``X~ (z - z0) = v - shift 1`` and
    ``x_i' h = mean_i total``

    .. math:: x̃_i' h X̃ (z - z_0) = (x_i' h v - mean_i h' v) / scale_i
    """

    columns: Any  # a design of `x`
    rows: Array  # n: h
    mean: Array  # k
    scale: Array  # k
    curvatures: Array  # k: x~_i' h x~_i
    first: Array  # k: g
    fitted: Array  # n: h v
    along: Array  # 1: h' v
    total: float

    def diagonal(self, i: int) -> float:
        """Return x~_i' h x~_i."""
        return self.curvatures[i]

    def slope(self, i: int) -> float:
        """Return the derivative with respect to coordinate `i`."""
        product = self.columns.column_dot(i, self.fitted)
        return self.first[i] + (product - self.mean[i] * self.along[0]) / self.scale[i]

    def move(self, i: int, delta: float) -> None:
        """Account for a change of coordinate `i` by `delta`."""
        factor = delta / self.scale[i]
        self.columns.add_weighted_column(i, factor, self.rows, self.fitted)
        self.along[0] += factor * self.mean[i] * self.total


@kernel
def column_moments(
    columns: Any,
    h: Array,
    about: Array,
    scale: Array,
    centre: bool,
    first: int,
    mean: Array,
    curvatures: Array,
    coupling: Array,
) -> float:
    """Write `mean` and `curvatures` of a `ColumnQuadratic`; return `total`.

    `coupling` becomes ``h' (x_i - about_i 1) / scale_i``. Those before the `first` are
    known. Without `centre` the means stay zero.
    """
    total = 0.0
    for i in range(h.shape[0]):
        total += h[i]
    for i in span(first, mean.shape[0]):
        product = columns.column_dot(i, h)
        coupling[i] = (product - about[i] * total) / scale[i]
        mean[i] = product / total if centre and total > 0.0 else 0.0
        square = columns.weighted_square(i, h) - mean[i] * mean[i] * total
        curvatures[i] = max(square, 0.0) / (scale[i] * scale[i])
    return total


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

    That is, until the largest ``H_ii |change of z_i|``, a measure in the units of the
    gradient, is at most `tolerance`. Returns it.
    """
    largest = 0.0
    for _ in range(n_epochs):
        largest, _ = epoch(quadratic, penalty, columns, z, True)
        if largest <= tolerance:
            break
    return largest


@kernel
def epoch(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    all_blocks: bool,
) -> tuple[float, int]:
    """Minimise exactly in one block after the other, in place; zeros on demand.

    With the penalty of feature ``columns[i]`` for weight `i`. Returns the largest
    ``H_ii |change of z_i|`` and how many blocks became or ceased to be zero.
    """
    largest, switches, i = 0.0, 0, 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        used = all_blocks
        for a in range(i, stop):
            used = used or z[a] != 0.0
        if used:
            change, switched = penalty.block_update(quadratic, z, columns, i, stop)
            largest = max(largest, change)
            switches += switched
        i = stop
    return largest, switches
