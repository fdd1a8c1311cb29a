"""The matrix X row by row: what a first layer multiplies, dense or sparse.

``gather`` copies the numbers of a mini-batch into a buffer, where they may be changed,
as ``drop_gathered`` does; ``rows_dot`` is the first layer's forward product with them
and ``rows_transpose_dot`` its backward one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from .._compile import record
from .._random_numbers import random_bits
from ..designs import narrow, read_only
from .dropout import limit_of

Indices = NDArray[np.intp]


@record
class DenseRows(NamedTuple):
    """A C-contiguous array; the rows of a mini-batch are gathered, then BLAS works."""

    values: NDArray[Any]  # n_samples x n_features

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.values.shape

    def gather(self, chosen: Indices, gathered: NDArray[Any]) -> None:
        """Copy ``X[chosen]`` to the beginning of `gathered`."""
        shape = chosen.shape[0], self.values.shape[1]
        out = gathered[: shape[0] * shape[1]].reshape(shape)
        for i in range(shape[0]):
            row = chosen[i]
            for j in range(shape[1]):
                out[i, j] = self.values[row, j]

    def drop_gathered(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        keep: float,
        keys: NDArray[np.uint64],
    ) -> None:
        """Keep a share of the features of each row, divided by it."""
        limit, factor = limit_of(keep), gathered.dtype.type(1.0 / keep)
        shape = chosen.shape[0], self.values.shape[1]
        out = gathered[: shape[0] * shape[1]].reshape(shape)
        for i in range(shape[0]):
            key = keys[i]
            for j in range(shape[1]):
                kept = random_bits(key, j) < limit
                out[i, j] *= factor if kept else gathered.dtype.type(0.0)

    def rows_dot(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        w: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write the product of what was gathered and `w` to `out`."""
        shape = chosen.shape[0], w.shape[0]
        np.dot(gathered[: shape[0] * shape[1]].reshape(shape), w, out)

    def rows_transpose_dot(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        delta: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write the transpose of what was gathered, times `delta`, to `out`."""
        shape = chosen.shape[0], out.shape[0]
        np.dot(gathered[: shape[0] * shape[1]].reshape(shape).T, delta, out)

    def room(self, n_rows: int) -> int:
        """Return how much `gather` copies of any `n_rows` rows. Python only."""
        return n_rows * self.values.shape[1]

    def dense(self, chosen: Indices) -> NDArray[Any]:
        """Return some rows as an array. Python only."""
        return self.values[chosen]

    def transpose_dot(self, r: NDArray[np.float64]) -> NDArray[Any]:
        """Return ``X' r`` for all rows. Python only."""
        return self.values.T @ r.astype(self.values.dtype)


@record
class SparseRows(NamedTuple):
    """Compressed rows; only the entries that are stored are touched."""

    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[Any]
    n_features: int

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return len(self.indptr) - 1, self.n_features

    def gather(self, chosen: Indices, gathered: NDArray[Any]) -> None:
        """Copy the stored numbers of the rows to `gathered`."""
        count = 0
        for i in range(chosen.shape[0]):
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                gathered[count] = self.data[at]
                count += 1

    def drop_gathered(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        keep: float,
        keys: NDArray[np.uint64],
    ) -> None:
        """Keep a share of the features of each row, divided by it."""
        limit, factor = limit_of(keep), gathered.dtype.type(1.0 / keep)
        count = 0
        for i in range(chosen.shape[0]):
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                kept = random_bits(keys[i], self.indices[at]) < limit
                gathered[count] *= factor if kept else gathered.dtype.type(0.0)
                count += 1

    def rows_dot(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        w: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write the product of what was gathered and `w` to `out`."""
        count = 0
        for i in range(chosen.shape[0]):
            for c in range(w.shape[1]):
                out[i, c] = 0.0
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                j, x = self.indices[at], gathered[count]
                count += 1
                for c in range(w.shape[1]):
                    out[i, c] += x * w[j, c]

    def rows_transpose_dot(
        self,
        chosen: Indices,
        gathered: NDArray[Any],
        delta: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write the transpose of what was gathered, times `delta`, to `out`."""
        out[:] = 0.0
        count = 0
        for i in range(chosen.shape[0]):
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                j, x = self.indices[at], gathered[count]
                count += 1
                for c in range(delta.shape[1]):
                    out[j, c] += x * delta[i, c]

    def room(self, n_rows: int) -> int:
        """Return how much `gather` copies of any `n_rows` rows. Python only."""
        sizes = np.sort(np.diff(self.indptr))
        return int(sizes[-n_rows:].sum())

    def dense(self, chosen: Indices) -> NDArray[Any]:
        """Return some rows as an array. Python only."""
        return self._matrix()[chosen].toarray()

    def transpose_dot(self, r: NDArray[np.float64]) -> NDArray[Any]:
        """Return ``X' r`` for all rows. Python only."""
        return self._matrix().T @ r

    def _matrix(self) -> Any:
        parts = (self.data, self.indices, self.indptr)
        return scipy.sparse.csr_array(parts, shape=self.shape)


def as_rows(X: Any) -> DenseRows | SparseRows:
    """Wrap a validated X; dense data are copied only if not C-contiguous."""
    if scipy.sparse.issparse(X):
        X = X.tocsr()
        limit = max(X.nnz, *X.shape)
        indices, indptr = narrow(X.indices, limit), narrow(X.indptr, limit)
        data, indices, indptr = map(read_only, (X.data, indices, indptr))
        return SparseRows(data, indices, indptr, X.shape[1])
    return DenseRows(read_only(np.ascontiguousarray(X)))
