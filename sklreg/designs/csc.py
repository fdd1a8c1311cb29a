"""A sparse matrix stored by columns, float64 or float32, any index width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from .._compile import record
from ._arrays import narrow, read_only
from ._blocks import CROSS_ROWS, Array, adjoining, row_slices
from ._csc_loops import (
    add_columns,
    column_dots,
    column_spread,
    copy_columns,
    count_entries,
    cross_columns,
    pairs_in_rows,
)
from ._reserve import Reserve

Indices = NDArray[np.intp]

#: Denser than this, blocks of rows are expanded to use BLAS for the Gram matrix.
_DENSE_ENOUGH = 0.1
#: Entries that are converted to float64 at once: 32 MiB.
_BLOCK_ENTRIES = 1 << 22


@record
class CSC(NamedTuple):
    """Compressed columns of a matrix; never made dense as a whole.

    Column `j` holds ``data[indptr[j]:indptr[j + 1]]`` in the rows `indices` of the
    same range, without duplicates. Both are unsigned: kernels then need not ask whether
    an index counts from the end, which takes twice the time of the rest.
    """

    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[Any]
    n_samples: int

    @classmethod
    def from_scipy(cls, matrix: Any) -> CSC:
        """Wrap a SciPy CSC matrix or array whose indices are canonical."""
        return cls.of(matrix.data, matrix.indices, matrix.indptr, matrix.shape[0])

    @classmethod
    def of(
        cls,
        data: NDArray[Any],
        indices: NDArray[Any],
        indptr: NDArray[Any],
        n_samples: int,
    ) -> CSC:
        """Wrap arrays that kernels see as one type each, whatever they come from."""
        limit = max(len(data), n_samples)
        return cls(
            read_only(data),
            read_only(_unsigned(narrow(indices, limit))),
            read_only(_unsigned(narrow(indptr, limit))),
            n_samples,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.n_samples, len(self.indptr) - 1

    @property
    def n_entries(self) -> int:
        """Return how many numbers are stored."""
        return len(self.data)

    def column_entries(self) -> NDArray[Any]:
        """Return how many numbers each column stores."""
        return np.diff(_signed(self.indptr))

    def cross_work(
        self, enough: float = np.inf, columns: Indices | None = None
    ) -> float:
        """Return about how many multiplications ``X' X`` takes the time of.

        That is of some columns, or of all. Half of the pairs of entries of each row;
        out of order, which is eight times as slow, and twice that, for most fits are
        over before it would pay. Not counted if `enough` are too few for rows as long
        as each other, which have the fewest.
        """
        columns = np.arange(self.shape[1]) if columns is None else columns
        n_entries = float(self.column_entries()[columns].sum())
        least = 8.0 * n_entries**2 / max(self.n_samples, 1)
        if least > enough:
            return least
        return 8.0 * pairs_in_rows(self, columns, np.zeros(self.n_samples))

    def epoch_work(self) -> float:
        """Return the multiplications of one pass over all columns, out of order."""
        return 4.0 * self.n_entries

    def column_dot(self, j: int, r: Array) -> float:
        """Return ``X[:, j] @ r``."""
        total = 0.0
        for at in range(self.indptr[j], self.indptr[j + 1]):
            total += self.data[at] * r[self.indices[at]]
        return total

    def add_column(self, j: int, factor: float, out: Array) -> None:
        """Add ``factor * X[:, j]`` to `out`."""
        for at in range(self.indptr[j], self.indptr[j + 1]):
            out[self.indices[at]] += factor * self.data[at]

    def add_weighted_column(
        self, j: int, factor: float, weight: Array, out: Array
    ) -> None:
        """Add ``factor * weight * X[:, j]`` to `out`."""
        for at in range(self.indptr[j], self.indptr[j + 1]):
            i = self.indices[at]
            out[i] += factor * weight[i] * self.data[at]

    def weighted_square(self, j: int, weight: Array) -> float:
        """Return ``sum_i weight_i X[i, j]^2``."""
        total = 0.0
        for at in range(self.indptr[j], self.indptr[j + 1]):
            total += weight[self.indices[at]] * self.data[at] * self.data[at]
        return total

    def matvec(self, w: Array) -> Array:
        """Return ``X w`` for `w` of shape (n_features, k)."""
        out = np.zeros((w.shape[1], self.n_samples))
        add_columns(self, np.ascontiguousarray(w), out)
        return out.T

    def rmatvec(self, r: Array) -> Array:
        """Return ``X' r`` for `r` of shape (n_samples, k)."""
        out = np.empty((r.shape[1], self.shape[1]))
        column_dots(self, np.ascontiguousarray(r.T), out)
        return out.T

    def cross(
        self, other: CSC, weight: Array, centre: Array, other_centre: Array
    ) -> Array:
        """Return ``(X - 1 centre')' diag(weight) (Y - 1 other_centre')``.

        The two centres of one design are the same.
        """
        numbers = self.n_samples * (self.shape[1] + other.shape[1])
        if self.n_entries + other.n_entries < _DENSE_ENOUGH * numbers:
            return self._cross_sparse(other, weight, centre, other_centre)
        out = np.empty((self.shape[1], other.shape[1]))
        for left in self._column_slices():
            x, c = self._to_scipy(left), centre[left]
            for right in other._column_slices():
                same = other is self and left == right
                y, d = x if same else other._to_scipy(right), other_centre[right]
                out[left, right] = _cross_by_rows(x, y, weight, c, d)
        return out

    def gram(self, weight: Array, centre: Array) -> tuple[Array, Array]:
        """Return ``Z' diag(weight) Z`` and ``Z' weight`` of ``Z = X - 1 centre'``."""
        sums = self.rmatvec(weight[:, None])[:, 0] - weight.sum() * centre
        return self.cross(self, weight, centre, centre), sums

    def pulled(
        self, others: list[CSC], centres: list[Array], pull: Array
    ) -> tuple[Array, Array]:
        """Return ``A' A`` and ``A' pull'`` of the columns of this design and others.

        ``A = [diag(pull_1) Z_1, diag(pull_2) Z_2, ...]`` with ``Z = X - 1 centre'``.
        The blocks of each design with itself are left to the caller.
        """
        every = [self, *others]
        places = adjoining(each.shape[1] for each in every)
        p = places[-1].stop
        square, sums = np.zeros((p, p)), np.empty((p, len(pull)))
        for c, (x, centre, v) in enumerate(zip(every, centres, pull, strict=True)):
            met = v * pull
            sums[places[c]] = x.rmatvec(met.T) - np.outer(centre, met.sum(axis=1))
            for m in range(c + 1, len(every)):
                block = x.cross(every[m], met[m], centre, centres[m])
                square[places[c], places[m]] = block
                square[places[m], places[c]] = block.T
        return square, sums

    def _cross_sparse(
        self, other: CSC, weight: Array, centre: Array, other_centre: Array
    ) -> Array:
        """Multiply column by column, and correct for the centres."""
        out = np.zeros((self.shape[1], other.shape[1]))
        x, c = self._without_full(weight, centre)
        y, d = (x, c) if other is self else other._without_full(weight, other_centre)
        rows = y._to_scipy(slice(0, y.shape[1])).tocsr()
        by_rows = CSC.of(rows.data, rows.indices, rows.indptr, x.shape[1])
        starts = by_rows.indptr[:-1].copy()
        cross_columns(x, by_rows, starts, weight, y is x, out)
        if c.any() or d.any():
            sums = x.rmatvec(weight[:, None])[:, 0]
            other_sums = y.rmatvec(weight[:, None])[:, 0]
            out -= np.outer(c, other_sums) + np.outer(sums, d)
            out += weight.sum() * np.outer(c, d)
        return out

    def _without_full(self, weight: Array, centre: Array) -> tuple[CSC, Array]:
        """Shift the columns that have an entry in every row that counts; and the rest.

        These stay as they are stored, and keep digits that a correction would cancel:
        the mean of others is at most about ``sqrt(n_samples)`` standard deviations.
        """
        lengths, n_rows = self.column_entries(), np.count_nonzero(weight)
        moved = np.zeros_like(centre)
        for j in np.flatnonzero((lengths >= n_rows) & (centre != 0.0)):
            rows = self.indices[self.indptr[j] : self.indptr[j + 1]]
            if np.count_nonzero(weight[rows]) == n_rows:
                moved[j] = centre[j]
        if not moved.any():
            return self, centre
        data = read_only(self.data - np.repeat(moved, lengths))
        return self._replace(data=data), centre - moved

    def row_blocks(self, n_columns: int) -> Iterator[tuple[CSC, slice]]:
        """Yield the whole: to find the entries of some rows all are read."""
        yield self, slice(0, self.n_samples)

    def parts(self, rows: Indices) -> Iterator[tuple[CSC, Indices]]:
        """Yield some rows, all at once: to find them the whole matrix is read."""
        yield CSC.from_scipy(self._to_scipy(slice(0, self.shape[1]))[rows]), rows

    def _column_slices(self) -> Iterator[slice]:
        """Yield slices that cover the columns, a bounded number of entries each."""
        start, p = 0, self.shape[1]
        while start < p:
            limit = int(self.indptr[start]) + _BLOCK_ENTRIES
            stop = int(np.searchsorted(_signed(self.indptr), limit, side="right")) - 1
            stop = min(max(stop, start + 1), p)
            yield slice(start, stop)
            start = stop

    def _to_scipy(self, columns: slice) -> Any:
        """Return some columns as a SciPy matrix in float64."""
        starts = _signed(self.indptr)[columns.start : columns.stop + 1]
        entries = slice(starts[0], starts[-1])
        data = self.data[entries].astype(np.float64, copy=False)
        indices, shape = (
            _signed(self.indices)[entries],
            (self.n_samples, len(starts) - 1),
        )
        return scipy.sparse.csc_array((data, indices, starts - starts[0]), shape=shape)

    def shifted_products(
        self, beside: Array, weight: Array
    ) -> tuple[Array, Array] | None:
        """Return None: shifted columns would not be sparse."""
        return None

    def outer(self, mean: Array, factor: Array) -> Array:
        """Return ``(X - 1 mean') diag(factor) (X - 1 mean')'``, n_samples squared."""
        moved, mean = self._without_full(np.ones(self.n_samples), mean)
        out = np.zeros((self.n_samples, self.n_samples))
        for columns in moved._column_slices():
            x = moved._to_scipy(columns)
            scaled = x.copy()
            scaled.data *= np.repeat(factor[columns], np.diff(x.indptr))
            out += (scaled @ x.T).toarray()
        side = moved.matvec((mean * factor)[:, None])
        out -= side
        out -= side.T
        return out + (mean * factor) @ mean

    def moments(self, weight: Array) -> tuple[Array, Array]:
        """Return the weighted means and standard deviations of the columns."""
        mean, variance = np.empty(self.shape[1]), np.empty(self.shape[1])
        column_spread(self, np.ascontiguousarray(weight), mean, variance)
        return mean, np.sqrt(variance)

    def take(
        self, columns: NDArray[np.intp], mean: Array, scale: Array
    ) -> tuple[CSC, Array, Array]:
        """Return some columns as they are, and their means and scales."""
        starts = _signed(self.indptr)
        indptr = np.zeros(len(columns) + 1, dtype=starts.dtype)
        np.cumsum(starts[columns + 1] - starts[columns], out=indptr[1:])
        data = np.empty(indptr[-1], self.data.dtype)
        indices = np.empty(indptr[-1], self.indices.dtype)
        copy_columns(self, columns, np.empty(0), _unsigned(indptr), data, indices)
        return CSC.of(data, indices, indptr, self.n_samples), mean, scale

    def collected(
        self,
        columns: NDArray[np.intp],
        mean: Array,
        scale: Array,
        weight: Array,
        before: CSC,
        reserve: Reserve,
    ) -> tuple[CSC, Array, Array]:
        """Return the columns `before` and some of these behind them, of the same rows.

        Entries of these in rows of weight zero are left out. Also their means and
        scales.
        """
        weight = np.empty(0) if weight.all() else weight
        k, starts = before.shape[1], _signed(before.indptr)
        indptr = np.empty(k + len(columns) + 1, dtype=starts.dtype)
        indptr[: k + 1] = starts
        count_entries(self, columns, weight, _unsigned(indptr[k:]))
        arrays = [before.data, before.indices]
        data, indices = reserve.extended(arrays, int(indptr[-1]), self.n_entries)
        copy_columns(self, columns, weight, _unsigned(indptr[k:]), data, indices)
        return CSC.of(data, indices, indptr, self.n_samples), mean, scale

    def last_columns(self, m: int) -> CSC:
        """Return the last `m` columns; they are not copied."""
        starts = self.indptr[-m - 1 :]
        entries = slice(int(starts[0]), None)
        data, indices = self.data[entries], self.indices[entries]
        return CSC.of(data, indices, starts - starts[0], self.n_samples)

    def is_formed(self) -> bool:
        """Tell whether columns are contiguous: always."""
        return True

    def formed(self, mean: Array, scale: Array) -> tuple[CSC, Array, Array]:
        """Return the columns as they are: shifted they would not be sparse."""
        return self, mean, scale

    def to_array(self) -> NDArray[Any]:
        """Return all numbers, zeros too; for some rows or columns of a design."""
        return np.asarray(self._to_scipy(slice(0, self.shape[1])).toarray())

    def joined(self, other: CSC) -> CSC:
        """Return the columns of both."""
        indptr = np.append(self.indptr, self.indptr[-1] + other.indptr[1:])
        data = np.append(self.data, other.data)
        indices = np.append(self.indices, other.indices)
        return CSC.of(data, indices, indptr, self.n_samples)


def _unsigned(indices: NDArray[Any]) -> NDArray[Any]:
    return indices.view(f"u{indices.dtype.itemsize}")


def _signed(indices: NDArray[Any]) -> NDArray[Any]:
    """Return what NumPy and SciPy index with."""
    return indices.view(f"i{indices.dtype.itemsize}")


def _cross_by_rows(x: Any, y: Any, weight: Array, c: Array, d: Array) -> Array:
    """Expand some rows at a time, for BLAS."""
    square = y is x and weight.min(initial=0.0) >= 0.0
    x, y = x.tocsr(), y.tocsr()
    out = np.zeros((x.shape[1], y.shape[1]))
    for rows in row_slices(x.shape[0], max(out.shape), CROSS_ROWS):
        left, h = x[rows].toarray() - c, weight[rows, None]
        if square:  # one operand twice: BLAS does half the work
            left *= np.sqrt(h)
            out += left.T @ left
        else:
            out += left.T @ (h * (y[rows].toarray() - d))
    return out
