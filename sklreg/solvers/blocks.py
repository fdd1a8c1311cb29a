r"""Minimise a quadratic whose penalty is a function of the norms of blocks.

Norms do not change under rotations. In the eigenvectors of its blocks,
``H_gg = Q_g diag(e) Q_g'``, the quadratic

.. math:: g' (z - z_0) + \tfrac{1}{2} (z - z_0)' H (z - z_0), \qquad z = Q x

has diagonal blocks, in which each block's problem is one of its norm alone (Qin,
Scheinberg and Goldfarb 2013, Efficient block-coordinate descent algorithms for the
group lasso, Mathematical Programming Computation 5(2)).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .active_set import minimize_quadratic
from .layout import block_order
from .problem import Array
from .quadratic import GramQuadratic

_EPS = float(np.finfo(np.float64).eps)


def minimize_in_blocks(
    quadratic: GramQuadratic,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    tolerance: float,
) -> None:
    """Minimise in place as `minimize_quadratic` does, in rotated coordinates."""
    order = block_order(penalty, columns)
    hessian = quadratic.hessian[order][:, order].copy()
    x, gradient, columns = z[order].copy(), quadratic.gradient[order], columns[order]
    rotations = list(_rotations(penalty.blocks(columns), hessian))
    for block, q in rotations:
        hessian[block] = q.T @ hessian[block]
        hessian[:, block] = hessian[:, block] @ q
        values = np.diagonal(hessian[block, block])
        floor = len(q) * _EPS * values.max(initial=0.0)
        hessian[block, block] = np.diag(np.where(values > floor, values, 0.0))
        x[block], gradient[block] = q.T @ x[block], q.T @ gradient[block]
    minimize_quadratic(GramQuadratic(hessian, gradient), penalty, columns, x, tolerance)
    for block, q in rotations:
        x[block] = q @ x[block]
    z[order] = x


def _rotations(
    blocks: NDArray[np.intp], hessian: Array
) -> Iterator[tuple[slice, Array]]:
    """Yield the blocks that are not diagonal with their eigenvectors."""
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(blocks)], strict=True):
        block = slice(start, stop)
        part = hessian[block, block]
        if stop > start + 1 and (part != np.diag(np.diagonal(part))).any():
            yield block, np.linalg.eigh(part)[1]
