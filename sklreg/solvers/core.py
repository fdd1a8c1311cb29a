r"""The columns of most entries, `C`: descent over them goes by their Gram matrix.

Most entries of sparse columns are often those of a few, such as of common words, and it
is these columns that are alike. To visit a column of many entries costs twice as many
multiplications, out of order; to do so in the Gram matrix costs one for each of `C`. So
the other columns are visited in turn, a few times, and then

.. math:: \min_{z_C} \; g_C' (z_C - z_C^0)
    + \tfrac{1}{2} (z_C - z_C^0)' H_{CC} (z_C - z_C^0) + \alpha P(z_C)

in `H_CC` alone: that is block coordinate descent with one block more. (Tseng 2001,
Convergence of a block coordinate descent method for nondifferentiable minimization,
Journal of Optimization Theory and Applications 109(3).)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .problem import Array
from .quadratic import ColumnQuadratic, GramQuadratic, coordinate_descent

#: How often columns are visited before the core is, and the core before these are.
_SWEEPS = 4
#: By what share the members become more, at least: those of the core are read anew.
_GROWTH = 0.3
#: Epochs before there is a core.
_PATIENCE = 40


class Core(NamedTuple):
    """Some of the columns of a quadratic, and their part of its Hessian."""

    members: NDArray[np.intp]  # in order of entry
    outside: NDArray[np.intp]  # the other columns
    hessian: Array  # members x members

    @classmethod
    def empty(cls, k: int) -> Core:
        """Return the core of `k` columns that has no members."""
        return cls(np.empty(0, np.intp), np.arange(k), np.empty((0, 0)))

    @classmethod
    def of(cls, members: NDArray[np.intp], k: int, hessian: Array) -> Core:
        """Return the core of some of `k` columns."""
        outside = np.delete(np.arange(k), members)
        return cls(members, outside, hessian)

    def grown(self, design: Any, h: Array, coupling: Array, spent: float) -> Core:
        """Return the core of a design that begins with the columns of this one.

        The Hessian is ``X' h X - c c'`` with `c` the coupling. The first members join
        when that takes no longer than what epochs have `spent`, and these were many.
        """
        k = design.shape[1]
        wanted = _densest(design.column_entries())
        wanted[self.members] = False
        new = np.flatnonzero(wanted)
        m = len(self.members)
        early = m == 0 and spent < _PATIENCE * design.epoch_work()
        if early or len(new) <= _GROWTH * m:
            return Core.of(self.members, k, self.hessian)
        added = design.take(new)
        if m == 0 and spent < added.cross_work(spent):
            return Core.of(self.members, k, self.hessian)
        members = np.append(self.members, new)
        hessian = np.empty((len(members), len(members)))
        hessian[:m, :m] = self.hessian
        if m:
            hessian[:m, m:] = design.take(self.members).cross(added, h)
        hessian[m:, m:] = added.cross(added, h)
        hessian[:, m:] -= np.outer(coupling[members], coupling[new])
        hessian[m:, :m] = hessian[:m, m:].T
        return Core.of(members, k, hessian)


def _densest(entries: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which columns have at least as many entries as there are such columns."""
    ranked = np.sort(entries)[::-1]
    n_dense = int(np.count_nonzero(ranked >= np.arange(1, len(ranked) + 1)))
    return np.asarray(entries >= max(n_dense, 1))


@kernel
def descend(
    quadratic: ColumnQuadratic,
    members: NDArray[np.intp],
    outside: NDArray[np.intp],
    hessian: Array,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
    numbers: NDArray[np.intp],
    x: Array,
    slopes: Array,
) -> float:
    """Minimise over the columns outside, then over the core, in place.

    A round ends where that changes next to nothing. Returns the largest ``H_ii |change
    of z_i|`` of the last sweep outside and of the core.
    """
    k = members.shape[0]
    largest = 0.0
    for _ in range(_SWEEPS if k > 0 else 1):
        largest = 0.0
        for a in range(outside.shape[0]):
            i = outside[a]
            change, _ = penalty.block_update(quadratic, z, columns, i, i + 1)
            largest = max(largest, change)
        if largest <= tolerance:
            break
    if k == 0:
        return largest
    for a in range(k):
        i = members[a]
        x[a], slopes[a] = z[i], quadratic.slope(i)
    inner = GramQuadratic(hessian, slopes)
    left = coordinate_descent(inner, penalty, numbers, x, _SWEEPS, tolerance)
    largest = max(largest, left)
    for a in range(k):
        i = members[a]
        if x[a] != z[i]:
            quadratic.move(i, x[a] - z[i])
            largest = max(largest, quadratic.diagonal(i) * abs(x[a] - z[i]))
            z[i] = x[a]
    return largest
