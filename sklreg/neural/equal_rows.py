"""Rows told apart by what they contain, whatever their order and number.

Each row gets a random 64-bit mark, a hash of its content. With it equal rows can be
kept on one side of a validation split, or be merged into one row with their total
weight: sample weights are then repetitions to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Bits = NDArray[np.uint64]

#: Numbers that are hashed at a time.
_BLOCK = 1 << 18
#: Weights are rounded, so that a third three times is one.
_DIGITS = 13


def row_marks(X: Any, rng: np.random.RandomState) -> Bits:
    """Return a random mark for each row, the same for equal rows.

    The sum, modulo 2^64, of a mixture of each non-zero number's bits and its column's
    key; dense and sparse rows of the same content get the same mark.
    """
    keys = rng.randint(0, 2**63 - 1, size=X.shape[1], dtype=np.int64).astype(np.uint64)
    if scipy.sparse.issparse(X):
        sums = np.zeros(X.nnz + 1, dtype=np.uint64)
        np.cumsum(_marks(X.data, keys[X.indices]), out=sums[1:])
        return np.diff(sums[X.indptr])
    marks = np.empty(X.shape[0], dtype=np.uint64)
    height = max(1, _BLOCK // X.shape[1])
    for start in range(0, X.shape[0], height):
        rows = slice(start, start + height)
        marks[rows] = _marks(X[rows], keys).sum(axis=1, dtype=np.uint64)
    return marks


def merged(
    X: Any, y: NDArray[Any], weight: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return one row for each that is different in X or y, and their total weights.

    In an order that depends on the rows' contents alone; the largest weight is 1.

    Parameters
    ----------
    X : array or CSR matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples, n_outputs)
        Targets.
    weight : array of shape (n_samples,)
        Sample weights.
    """
    rng = np.random.RandomState(0)
    marks = row_marks(X, rng) + row_marks(y, rng)
    _, first, group = np.unique(marks, return_index=True, return_inverse=True)
    total = np.bincount(group, weights=weight, minlength=len(first))
    return first, np.round(total / total.max(), _DIGITS)


def _marks(x: NDArray[Any], keys: Bits) -> Bits:
    """Mix the bits of each number and its key; zero gets 0.

    The mixture is splitmix64's (Steele, Lea and Flood 2014, OOPSLA).
    """
    z = np.ascontiguousarray(x, dtype=np.float64).view(np.uint64) ^ keys
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.where(x == 0.0, np.uint64(0), z ^ (z >> np.uint64(31)))
