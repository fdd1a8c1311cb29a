r"""Coordinates in which a quadratic with a penalty of blocks is easy to minimise.

Norms do not change under rotations. So where a penalty depends on them alone, the
quadratic is taken in the eigenvectors of its blocks, ``H_gg = Q_g diag(e) Q_g'``:

.. math:: g' (z - z_0) + \tfrac{1}{2} (z - z_0)' H (z - z_0), \qquad z = Q x

has diagonal blocks, in which each block's problem is one of its norm alone (Qin,
Scheinberg and Goldfarb 2013, Efficient block-coordinate descent algorithms for the
group lasso, Mathematical Programming Computation 5(2)).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dsyevd

from .active_set import minimize_along, minimize_quadratic
from .cholesky import Cholesky
from .layout import Order, block_order
from .problem import Array
from .quadratic import GramQuadratic

_EPS = float(np.finfo(np.float64).eps)


class Frame(NamedTuple):
    """Weights block by block, each block in the eigenvectors of its part of `H`.

    Where blocks are single weights, or may not be rotated, these are the weights
    themselves.
    """

    order: Order  # of the weights
    rotations: list[tuple[slice, Array]]  # blocks that were not diagonal, and Q_g
    hessian: Array  # there may be room for more weights
    factor: Cholesky  # of the weights in use

    @classmethod
    def of(cls, penalty: Any, columns: NDArray[np.intp], hessian: Array) -> Frame:
        """Rotate the Hessian in the weights of features `columns`."""
        if penalty.separable:
            return cls(slice(None), [], hessian, Cholesky.empty(len(hessian)))
        order, k = block_order(penalty, columns), len(columns)
        hessian = hessian[:k, :k][order][:, order].copy()
        rotations = []
        blocks = _slices(penalty.blocks(columns[order])) if penalty.isotropic else []
        for block in blocks:
            if block.stop == block.start + 1:
                continue
            part = hessian[block, block]
            if np.count_nonzero(part) > np.count_nonzero(np.diagonal(part)):
                rotations.append((block, _eigenvectors(part)))
        for _ in range(2):  # Q' H Q = (Q' (Q' H)')'
            for block, q in rotations:
                hessian[block] = q.T @ hessian[block]
            hessian = np.ascontiguousarray(hessian.T)
        for block, q in rotations:
            values = np.diagonal(hessian[block, block])
            floor = len(q) * _EPS * values.max(initial=0.0)
            hessian[block, block] = np.diag(np.where(values > floor, values, 0.0))
        return cls(order, rotations, hessian, Cholesky.empty(k))

    def enlarged(
        self, penalty: Any, columns: NDArray[np.intp], hessian: Array
    ) -> Frame:
        """Return the frame of a Hessian that begins with that of this one."""
        if not penalty.separable:
            return Frame.of(penalty, columns, hessian)
        factor = self.factor.enlarged(len(hessian))
        return self._replace(hessian=hessian, factor=factor)

    def minimize(
        self,
        slopes: Array,
        penalty: Any,
        columns: NDArray[np.intp],
        z: Array,
        tolerance: float,
    ) -> None:
        """Minimise quadratic, of the given slopes at `z`, plus penalty in place."""
        quadratic, x = self._seen(slopes, z)
        minimize_quadratic(
            quadratic, self.factor, penalty, columns[self.order], x, tolerance
        )
        z[:] = self._back(x)

    def minimize_along(
        self,
        slopes: Array,
        penalty: Any,
        columns: NDArray[np.intp],
        z: Array,
        alphas: Array,
        share: float,
    ) -> Array:
        """Minimise for some strengths of the penalty in turn, from `z` on.

        Returns one minimiser a row, as many as Newton steps find.
        """
        quadratic, x = self._seen(slopes, z)
        xs = minimize_along(
            quadratic, self.factor, penalty, columns[self.order], x, alphas, share
        )
        return self._back(xs)

    def _seen(self, slopes: Array, z: Array) -> tuple[GramQuadratic, Array]:
        """Return the quadratic of the given slopes at `z`, and where that is."""
        x, slopes = z[self.order], slopes[self.order]
        for block, q in self.rotations:
            x[block], slopes[block] = q.T @ x[block], q.T @ slopes[block]
        return GramQuadratic(self.hessian, slopes), x

    def _back(self, x: Array) -> Array:
        """Return the weights of one or more vectors of these coordinates."""
        z = np.empty_like(x)
        for block, q in self.rotations:
            x[..., block] = x[..., block] @ q.T
        z[..., self.order] = x
        return z


def _eigenvectors(part: Array) -> Array:
    """Return them; raises LinAlgError where no algorithm finds them."""
    _, vectors, failed = dsyevd(part)
    return scipy.linalg.eigh(part)[1] if failed else vectors


def _slices(blocks: NDArray[np.intp]) -> list[slice]:
    """Return where each block lies, given the number of the block of each weight."""
    ends = np.append(np.flatnonzero(np.diff(blocks)) + 1, len(blocks))
    return list(map(slice, np.append(0, ends[:-1]), ends))
