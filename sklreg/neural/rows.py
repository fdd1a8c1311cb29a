"""The matrix X row by row: what a first layer multiplies, dense or sparse.

Two verbs, beside each other: ``rows_dot`` is the first layer's forward product and
``rows_transpose_dot`` its backward one, both over the rows of a mini-batch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from .._compile import record

Indices = NDArray[np.intp]


@record
class DenseRows(NamedTuple):
    """A C-contiguous array; the rows of a mini-batch are gathered, then BLAS works."""

    values: NDArray[Any]  # n_samples x n_features

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.values.shape

    def rows_dot(
        self,
        chosen: Indices,
        w: NDArray[Any],
        gathered: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write ``X[chosen] w`` to `out`; keep ``X[chosen]`` in `gathered`."""
        batch = gathered[: chosen.shape[0] * w.shape[0]].reshape(
            (chosen.shape[0], w.shape[0])
        )
        for i in range(chosen.shape[0]):
            for j in range(w.shape[0]):
                batch[i, j] = self.values[chosen[i], j]
        np.dot(batch, w, out)

    def rows_transpose_dot(
        self,
        chosen: Indices,
        delta: NDArray[Any],
        gathered: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write ``X[chosen]' delta`` to `out`, from what `rows_dot` gathered."""
        batch = gathered[: chosen.shape[0] * out.shape[0]].reshape(
            (chosen.shape[0], out.shape[0])
        )
        np.dot(batch.T, delta, out)

    def room(self, n_rows: int) -> int:
        """Return the size of `gathered` for `n_rows` rows. Python only."""
        return n_rows * self.values.shape[1]

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

    def rows_dot(
        self,
        chosen: Indices,
        w: NDArray[Any],
        gathered: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write ``X[chosen] w`` to `out`."""
        for i in range(chosen.shape[0]):
            for c in range(w.shape[1]):
                out[i, c] = 0.0
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                j, x = self.indices[at], self.data[at]
                for c in range(w.shape[1]):
                    out[i, c] += x * w[j, c]

    def rows_transpose_dot(
        self,
        chosen: Indices,
        delta: NDArray[Any],
        gathered: NDArray[Any],
        out: NDArray[Any],
    ) -> None:
        """Write ``X[chosen]' delta`` to `out`."""
        out[:] = 0.0
        for i in range(chosen.shape[0]):
            for at in range(self.indptr[chosen[i]], self.indptr[chosen[i] + 1]):
                j, x = self.indices[at], self.data[at]
                for c in range(delta.shape[1]):
                    out[j, c] += x * delta[i, c]

    def room(self, n_rows: int) -> int:
        """Nothing is gathered. Python only."""
        del n_rows
        return 0

    def transpose_dot(self, r: NDArray[np.float64]) -> NDArray[Any]:
        """Return ``X' r`` for all rows. Python only."""
        parts = (self.data, self.indices, self.indptr)
        return scipy.sparse.csr_array(parts, shape=self.shape).T @ r


def as_rows(X: Any) -> DenseRows | SparseRows:
    """Wrap a validated X; dense data are copied only if not C-contiguous."""
    if scipy.sparse.issparse(X):
        X = X.tocsr()
        return SparseRows(X.data, X.indices, X.indptr, X.shape[1])
    return DenseRows(np.ascontiguousarray(X))
