"""Cholesky's factor of a matrix that may be singular."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpstrf

from .problem import Array

_EPS = float(np.finfo(np.float64).eps)
#: Times ``n eps``, Higham's bound: the matrix is a product that was rounded as well.
MARGIN = 8


def pivoted_cholesky(matrix: Array) -> tuple[Array, NDArray[np.intp]]:
    """Factor a positive semidefinite matrix as far as its rank.

    Returns ``L`` of shape (n, rank) with ``matrix = L L'`` up to rounding, and the
    pivots: the rows ``L[pivots]`` are lower triangular.

    Higham (2002), Accuracy and Stability of Numerical Algorithms, section 10.3; rows
    and columns are scaled to a unit diagonal first.
    """
    n = len(matrix)
    scale = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    inverse = np.divide(1.0, scale, out=np.zeros(n), where=scale > 0.0)
    unit = matrix * inverse * inverse[:, None]
    factor, order, rank, _ = dpstrf(unit.T, tol=MARGIN * n * _EPS, lower=True)
    order = order.astype(np.intp) - 1
    if scale.max(initial=0.0) == 0.0:
        rank = 0
    lower = np.empty((n, rank))
    lower[order] = np.tril(factor)[:, :rank]
    return scale[:, None] * lower, order[:rank]
