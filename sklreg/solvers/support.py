r"""Minimise a penalised quadratic in columns: epochs, and exact steps on the support.

An epoch over all columns tells which weights are in use. Over these alone, `S`, epochs
go on until they have taken as long as the system

.. math:: (\tilde X_S' h \tilde X_S + P'') d = -(slope + P')

takes to form and solve: then that gives the minimiser over `S`, and the next epoch over
all tells whether it is the solution. Weights that would pass a kink, zero or a bound,
stop there. (Lee, Battle, Raina and Ng 2006, Efficient sparse coding algorithms, NIPS
19.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from .cholesky import Cholesky, append, drop, solve
from .problem import Array
from .quadratic import ColumnQuadratic, epoch

#: The most weights in use that a system is formed for.
_LARGEST = 400
#: Weights in use for each epoch that takes as long as the system.
_WEIGHTS_PER_EPOCH = 12


class Support(NamedTuple):
    """What the step writes to; its weights are numbered in the order of `chosen`."""

    factor: Cholesky
    hessian: Array  # k x k
    chosen: NDArray[np.intp]  # k: the weights in use
    end: NDArray[np.intp]  # k: where blocks of one weight end
    second: Array  # k: the penalty's curvature
    pull: Array  # k: nothing
    way: Array  # k
    product: Array  # n: h x_i

    @classmethod
    def of(cls, n: int, k: int) -> Support:
        """Return room for a problem of `n` rows and `k` weights."""
        k = min(k, _LARGEST)
        return cls(
            Cholesky.empty(k),
            np.empty((k, k)),
            np.empty(k, np.intp),
            np.arange(1, k + 1),
            np.empty(k),
            np.zeros(k),
            np.empty(k),
            np.empty(n),
        )


@kernel
def minimize_by_support(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    n_epochs: int,
    tolerance: float,
    support: Support,
) -> None:
    """Minimise in place until an epoch moves no slope by more than `tolerance`.

    Or `n_epochs` are spent. Of a penalty that is separable and convex.
    """
    exact = True
    while n_epochs > 0:
        largest, _ = epoch(quadratic, penalty, columns, z, True)
        n_epochs -= 1
        if largest <= tolerance:
            break
        patience = n_epochs
        if exact:
            n_used = 0
            for i in range(z.shape[0]):
                n_used += z[i] != 0.0
            patience = min(n_epochs, 1 + n_used // _WEIGHTS_PER_EPOCH)
        n_epochs -= patience
        for _ in range(patience):
            largest, _ = epoch(quadratic, penalty, columns, z, False)
            if largest <= 0.3 * tolerance:
                break
        if exact and largest > 0.3 * tolerance:
            exact = _settle(quadratic, penalty, columns, z, support)


@kernel
def _settle(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    support: Support,
) -> bool:
    """Minimise over the weights in use, or tell that there is no such system.

    Where they depend on each other, with a ridge: the step is lower, not the lowest.
    """
    factor, way = support.factor, support.way
    n_steps = _form(quadratic, penalty, columns, z, support) + 1
    for _ in range(n_steps):
        for a in range(factor.size[0]):
            i = support.chosen[factor.members[a]]
            way[a] = -(quadratic.slope(i) + penalty.derivative(z[i], columns[i]))
        solve(factor, way)
        reach, stopped, end = 1.0, -1, 0.0
        for a in range(factor.size[0]):
            i = support.chosen[factor.members[a]]
            j, target = columns[i], z[i] + way[a]
            kink = penalty.within(target, j)
            if kink * z[i] <= 0.0 and penalty.curvature(0.0, j) == np.inf:
                kink = 0.0
            if kink != target:
                share = abs(kink - z[i]) / abs(way[a])
                if share < reach:
                    reach, stopped, end = share, a, kink
            elif penalty.curvature(target, j) != support.second[factor.members[a]]:
                return False
        for a in range(factor.size[0]):
            i = support.chosen[factor.members[a]]
            new = end if a == stopped else z[i] + reach * way[a]
            quadratic.move(i, new - z[i])
            z[i] = new
        if stopped < 0:
            return True
        drop(factor, stopped)
    return False


@kernel
def _form(
    quadratic: ColumnQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    support: Support,
) -> int:
    """Form and factorise the system; return how many weights it has, or -1."""
    factor, product = support.factor, support.product
    design, mean, scale = quadratic.columns, quadratic.mean, quadratic.scale
    factor.size[0], s = 0, 0
    for i in range(z.shape[0]):
        second = penalty.curvature(z[i], columns[i])
        if z[i] == 0.0 or second == np.inf:
            continue
        if s == support.chosen.shape[0]:
            return -1
        support.chosen[s], support.second[s] = i, second
        for row in range(product.shape[0]):
            product[row] = 0.0
        design.add_weighted_column(i, 1.0, quadratic.rows, product)
        for a in range(s):
            m = support.chosen[a]
            entry = design.column_dot(m, product)
            entry -= mean[i] * mean[m] * quadratic.total
            support.hessian[s, a] = entry / (scale[i] * scale[m])
        support.hessian[s, s] = quadratic.diagonal(i)
        added = append(
            factor,
            support.hessian,
            support.second,
            support.pull,
            support.end,
            s,
            penalty.curvature(0.0, columns[i]) == np.inf,
        )
        if not added:
            return -1
        s += 1
    return s
