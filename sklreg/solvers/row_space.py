r"""More features than rows and a penalty by l2 or nothing: solve in the row space.

The minimiser is a combination of the rows that have weight, ``w = X_+' a`` (the
representer theorem; without a penalty this picks the solution of least norm). With the
Cholesky factor ``X_+ X_+' = L L'``, as many columns as the rank, the substitution
``w = X_+' L^{-T} v`` keeps ``|w| = |v|`` and leaves a problem in at most n_samples
features, ``Z = X X_+' L^{-T}``, which is `L` in the rows that have weight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..designs import Dense, Standardized
from .factor import pivoted_cholesky
from .problem import Array, Problem


class RowSpace(NamedTuple):
    """The small problem and what leads to it."""

    problem: Problem
    whole: Problem
    rows: NDArray[np.intp]  # the rows that span the space, in the order of the factor
    factor: Array  # rank x rank, lower: of X X' in those rows

    def down(self, w: Array) -> Array:
        """Return the coordinates of the projection of `w` on the row space."""
        eta = self.whole.design.matvec(w)[self.rows]
        return scipy.linalg.solve_triangular(self.factor, eta, lower=True)

    def up(self, v: Array) -> Array:
        """Return the weights that have the coordinates `v`."""
        a = np.zeros((len(self.whole.weight), v.shape[1]))
        a[self.rows] = scipy.linalg.solve_triangular(
            self.factor, v, lower=True, trans="T"
        )
        return self.whole.design.rmatvec(a)


def in_row_space(problem: Problem) -> RowSpace | None:
    """Return the problem in the row space; None if all rows are zero."""
    outer, weighty = problem.design.outer(), np.flatnonzero(problem.weight > 0.0)
    lower, order = pivoted_cholesky(outer[np.ix_(weighty, weighty)])
    rank = lower.shape[1]
    if rank == 0:
        return None
    rows, factor = weighty[order], np.ascontiguousarray(lower[order])
    z = scipy.linalg.solve_triangular(
        factor, outer[rows], lower=True, check_finite=False
    ).T
    z = np.ascontiguousarray(z)
    small = problem._replace(
        design=Standardized(Dense.of(z), np.zeros(rank), np.ones(rank)),
        columns=np.zeros(rank, dtype=np.intp),
        norms=np.sqrt(problem.weight @ z**2),
    )
    return RowSpace(small, problem, rows, factor)
