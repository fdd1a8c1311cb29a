"""A dense matrix in C or Fortran order, float64 or float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel, record
from ._arrays import read_only
from ._blocks import CROSS_ROWS, Array, adjoining, row_slices
from ._products import times_few
from ._reserve import Reserve
from ._sums import sum_over_rows

Indices = NDArray[np.intp]
Order = Literal["C", "F"]

#: Rows of a block for each column, so that adding products up is the smaller work.
_ROWS_PER_COLUMN = 4
#: Numbers that are copied at once: 8 MiB.
_COPIED = 1 << 20
#: Rows, at least, that stand for all; up to what share of their squares that of a mean
#: is near zero; and what share must be left about the mean, less costs a digit.
_FEW_ROWS, _NEAR, _KEPT = 64, 0.8, 0.1
#: Up to so many vectors X is read once, with all of them.
_FEW = 3
#: Multiplications up to which BLAS has kernels of its own for few columns. Beyond, a
#: product is faster the wide way round: ``(W' X')'``.
_SMALL_PRODUCT = 100**3


@record
class Dense(NamedTuple):
    """The array `values` of shape (n_samples, n_features), never copied as a whole.

    float32 is read block by block; every sum is taken in float64.
    """

    values: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Dense:
        """Wrap an array, which is not to be written from here on."""
        return cls(read_only(values))

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.values.shape

    @property
    def n_entries(self) -> int:
        """Return how many numbers are stored."""
        return self.values.size

    def column_entries(self) -> NDArray[Any]:
        """Return how many numbers each column stores."""
        return np.full(self.shape[1], self.shape[0])

    def cross_work(
        self, enough: float = np.inf, columns: Indices | None = None
    ) -> float:
        """Return about how many multiplications ``X' X`` takes the time of.

        That is of some columns, or of all. BLAS does one half of them, eight at a time.
        """
        k = self.shape[1] if columns is None else len(columns)
        return self.shape[0] * k * k / 16

    def epoch_work(self) -> float:
        """Return the multiplications of one pass over all columns, eight at a time."""
        return self.values.size / 4

    def column_dot(self, j: int, r: Array) -> float:
        """Return ``X[:, j] @ r``."""
        total = 0.0
        for i in range(r.shape[0]):
            total += self.values[i, j] * r[i]
        return total

    def add_column(self, j: int, factor: float, out: Array) -> None:
        """Add ``factor * X[:, j]`` to `out`."""
        for i in range(out.shape[0]):
            out[i] += factor * self.values[i, j]

    def add_weighted_column(
        self, j: int, factor: float, weight: Array, out: Array
    ) -> None:
        """Add ``factor * weight * X[:, j]`` to `out`."""
        for i in range(out.shape[0]):
            out[i] += factor * weight[i] * self.values[i, j]

    def weighted_square(self, j: int, weight: Array) -> float:
        """Return ``sum_i weight_i X[i, j]^2``."""
        total = 0.0
        for i in range(weight.shape[0]):
            total += weight[i] * self.values[i, j] * self.values[i, j]
        return total

    def matvec(self, w: Array) -> Array:
        """Return ``X w`` for `w` of shape (n_features, k)."""
        if self._are_few(w):
            return times_few(self.values, w)
        if self.values.dtype == np.float64:
            return _product(self.values, w)
        out = np.empty((self.shape[0], w.shape[1]))
        for rows in row_slices(*self.shape):
            out[rows] = self.values[rows].astype(np.float64) @ w
        return out

    def rmatvec(self, r: Array) -> Array:
        """Return ``X' r`` for `r` of shape (n_samples, k)."""
        if self._are_few(r):
            return times_few(self.values.T, r)
        if self.values.dtype == np.float64:
            return (r.T @ self.values).T
        out = np.zeros((r.shape[1], self.shape[1]))
        for rows in row_slices(*self.shape):
            out += r[rows].T @ self.values[rows].astype(np.float64)
        return out.T

    def _are_few(self, vectors: Array) -> bool:
        """Tell whether BLAS is slower: it is made for one vector, and for many."""
        k = vectors.shape[1]
        return k <= _FEW and not (k == 1 and self.values.dtype == np.float64)

    def cross(
        self, other: Dense, weight: Array, centre: Array, other_centre: Array
    ) -> Array:
        """Return ``(X - 1 centre')' diag(weight) (Y - 1 other_centre')``."""
        if other is self and weight.min(initial=0.0) >= 0.0:
            return self.gram(weight, centre)[0]
        if not (centre.any() or other_centre.any()) and self._is_plain(weight):
            return weight[0] * (self.values.T @ other.values)
        width = max(self.shape[1], other.shape[1])
        out = np.zeros((self.shape[1], other.shape[1]))
        for rows in row_slices(self.shape[0], width, CROSS_ROWS):
            left = _shifted(self.values[rows], centre)
            right = _shifted(other.values[rows], other_centre)
            out += left.T @ (weight[rows, None] * right)
        return out

    def gram(self, weight: Array, centre: Array) -> tuple[Array, Array]:
        """Return ``Z' diag(weight) Z`` and ``Z' weight`` of ``Z = X - 1 centre'``.

        One pass. A centre near zero is subtracted afterwards, unless that costs digits.
        """
        if weight.min(initial=0.0) < 0.0:
            sums = self.rmatvec(weight[:, None])[:, 0] - weight.sum() * centre
            return self.cross(self, weight, centre, centre), sums
        ones = np.ones((len(weight), 1))
        if self._are_near_zero(centre):
            products = self._products(np.zeros_like(centre), ones, weight)
            square, sums, total = products[:-1, :-1], products[:-1, -1], weight.sum()
            if not centre.any():
                return np.ascontiguousarray(square), sums
            with np.errstate(over="ignore", invalid="ignore"):
                out = square - np.outer(sums, centre) - np.outer(centre, sums)
                out += total * np.outer(centre, centre)
                kept = np.diagonal(out) >= _KEPT * np.diagonal(square)
            if kept.all():
                return out, sums - total * centre
        products = self._products(centre, ones, weight)
        return np.ascontiguousarray(products[:-1, :-1]), products[:-1, -1]

    def _are_near_zero(self, means: Array) -> bool:
        """Tell whether columns are larger than their means, as a few rows show."""
        if not means.any():
            return True
        few = self.values[:: max(len(self.values) // _FEW_ROWS, 1)].astype(np.float64)
        return bool(_near_zero(means, (few**2).mean(axis=0)).all())

    def _is_plain(self, weight: Array) -> bool:
        """Tell whether BLAS may read X in place: float64, and weights all the same."""
        return bool(
            self.values.dtype == np.float64 and weight.min() == weight.max() < np.inf
        )

    def shifted_products(
        self, beside: Array, weight: Array
    ) -> tuple[Array, Array] | None:
        """Return a shift and ``Z' diag(weight) Z`` of ``Z = [X - 1 shift', beside]``.

        The shift is near the means: those of a few rows, or zero if all are near that.
        In few rows a column of dummies may not vary: if the means of some columns are
        in doubt, but not of most, those of all rows tell. The first column `beside` is
        of ones.
        """
        few = self.values[:: max(len(self.values) // _FEW_ROWS, 1)].astype(np.float64)
        means, squares = few.mean(axis=0), (few**2).mean(axis=0)
        shift, doubtful = means, np.count_nonzero(~_near_zero(means, squares))
        sums = None
        if 0 < doubtful <= len(means) // 2:
            sums = self.rmatvec(beside)
            means = sums[:, 0] / len(self.values)
        if _near_zero(means, squares).all():
            shift = np.zeros_like(means)
        return shift, self._products(shift, beside, weight, sums)

    def _products(
        self, shift: Array, beside: Array, weight: Array, sums: Array | None = None
    ) -> Array:
        """Return ``Z' diag(weight) Z`` of ``Z = [X - 1 shift', beside]``.

        BLAS reads X in place, where it can; otherwise blocks of rows are shifted and
        multiplied while in the cache. The `sums` are ``X' beside``, if these are known.
        """
        (n, p), q = self.shape, self.shape[1] + beside.shape[1]
        if not shift.any() and self._is_plain(weight):
            out = np.empty((q, q))
            out[:p, :p] = sum_over_rows(self._square, n, p)
            out[:p, p:] = self.rmatvec(beside) if sums is None else sums
            out[p:, :p] = out[:p, p:].T
            out[p:, p:] = beside.T @ beside
            return weight[0] * out
        root = None if weight.min() == weight.max() else np.sqrt(weight)
        order: Order = "F" if self.values.flags.f_contiguous else "C"

        def fill(rows: slice, z: Array) -> None:
            z[:, :p] = self.values[rows]
            if shift.any():
                z[:, :p] -= shift
            z[:, p:] = beside[rows]
            if root is not None:
                z *= root[rows, None]

        out = _sum_of_products(fill, n, q, order)
        return out if root is not None else weight[0] * out

    def _square(self, rows: slice) -> Array:
        """Return ``X' X`` of some rows."""
        return np.asarray(self.values[rows].T @ self.values[rows])

    def pulled(
        self, others: list[Dense], centres: list[Array], pull: Array
    ) -> tuple[Array, Array]:
        """Return ``A' A`` and ``A' pull'`` of the columns of this design and others.

        ``A = [diag(pull_1) Z_1, diag(pull_2) Z_2, ...]`` with ``Z = X - 1 centre'``.
        """
        every = [self, *others]
        places = adjoining(each.shape[1] for each in every)
        p = places[-1].stop

        def fill(rows: slice, z: Array) -> None:
            for each, centre, v, place in zip(
                every, centres, pull, places, strict=True
            ):
                z[:, place] = _shifted(each.values[rows], centre)
                z[:, place] *= v[rows, None]
            z[:, p:] = pull[:, rows].T

        out = _sum_of_products(fill, pull.shape[1], p + len(pull), "F")
        return np.ascontiguousarray(out[:p, :p]), np.ascontiguousarray(out[:p, p:])

    def outer(self, mean: Array, factor: Array) -> Array:
        """Return ``(X - 1 mean') diag(factor) (X - 1 mean')'``, n_samples squared."""
        n, p = self.shape
        if self._is_plain(factor):
            sums = self.values @ mean
            centred = _centred_after(self.values, np.ones(n), sums, mean @ mean)
            if centred is not None:
                centred *= factor[0]
                return centred
        out = np.zeros((n, n))
        for columns in row_slices(p, n):
            block = (self.values[:, columns] - mean[columns]) * np.sqrt(factor[columns])
            out += block @ block.T
        return out

    def moments(self, weight: Array) -> tuple[Array, Array]:
        """Return the weighted means and standard deviations of the columns.

        One pass, shifted by the heaviest row so that no digits cancel.
        """
        shift = self.values[int(weight.argmax())].astype(np.float64)
        first, second = np.zeros(self.shape[1]), np.zeros(self.shape[1])
        along = _moments_by_row if self.values.flags.c_contiguous else _moments
        along(self.values, weight, shift, first, second)
        with np.errstate(over="ignore", invalid="ignore"):  # infinite is told later
            variance = np.maximum(second - first * first, 0.0)
            return shift + first, np.sqrt(variance)

    def take(
        self, columns: NDArray[np.intp], mean: Array, scale: Array
    ) -> tuple[Dense, Array, Array]:
        """Return some columns, shifted and scaled, and what is left of both: nothing.

        They are contiguous, column by column.
        """
        rows = self.values.T[columns].astype(np.float64, copy=False)
        rows = _standardized(rows, mean, scale)
        return Dense.of(rows.T), np.zeros_like(mean), np.ones_like(scale)

    def collected(
        self,
        columns: NDArray[np.intp],
        mean: Array,
        scale: Array,
        weight: Array,
        before: Dense,
        reserve: Reserve,
    ) -> tuple[Dense, Array, Array]:
        """Return the columns `before` and some of these behind them.

        These shifted and scaled, in all rows: nothing is saved by leaving some out.
        Also what is left of means and scales: nothing.
        """
        (n, most), k, m = self.shape, before.shape[1], len(columns)
        (rows,) = reserve.extended([before.values.T], k + m, most)
        for part in row_slices(n, m):
            some = self.values[part].T[columns].astype(np.float64, copy=False)
            rows[k:, part] = _standardized(some, mean, scale)
        return Dense.of(rows.T), np.zeros_like(mean), np.ones_like(scale)

    def last_columns(self, m: int) -> Dense:
        """Return the last `m` columns; they are not copied."""
        return Dense.of(self.values[:, -m:])

    def row_blocks(self, n_columns: int) -> Iterator[tuple[Dense, slice]]:
        """Yield blocks of rows, not copied, of which so many columns may well be."""
        least = max(CROSS_ROWS, n_columns, _COPIED // max(n_columns, 1))
        for rows in row_slices(self.shape[0], n_columns, least):
            yield Dense.of(self.values[rows]), rows

    def parts(self, rows: Indices) -> Iterator[tuple[Dense, Indices]]:
        """Yield copies of some rows, enough at a time to multiply them, and which."""
        least = max(CROSS_ROWS, _ROWS_PER_COLUMN * self.shape[1])
        for block in row_slices(len(rows), self.shape[1], least):
            yield Dense.of(self.values[rows[block]]), rows[block]

    def is_formed(self) -> bool:
        """Tell whether columns are contiguous, in float64."""
        return bool(self.values.flags.f_contiguous and self.values.dtype == np.float64)

    def formed(self, mean: Array, scale: Array) -> tuple[Dense, Array, Array]:
        """Return all columns, shifted and scaled, and what is left of both."""
        return self.take(np.arange(self.shape[1]), mean, scale)

    def to_array(self) -> NDArray[Any]:
        """Return all numbers."""
        return self.values

    def joined(self, other: Dense) -> Dense:
        """Return the columns of both."""
        n, p = self.shape
        dtype = np.result_type(self.values, other.values)
        values = np.empty((n, p + other.shape[1]), dtype, order="F")
        values[:, :p], values[:, p:] = self.values, other.values
        return Dense.of(values)


def _standardized(rows: Array, mean: Array, scale: Array) -> Array:
    """Shift and scale rows, in place, and return them."""
    if mean.any():
        rows -= mean[:, None]
    if (scale != 1.0).any():
        rows /= scale[:, None]
    return rows


def _near_zero(means: Array, squares: Array) -> NDArray[np.bool_]:
    """Tell which means are near zero, beside the mean squares of columns."""
    return means**2 <= _NEAR * squares


def _product(left: Array, right: Array) -> Array:
    """Return ``left right``, where `right` has few columns."""
    if right.shape[1] == 1 or left.size * right.shape[1] <= _SMALL_PRODUCT:
        return left @ right
    return np.ascontiguousarray((right.T @ left.T).T)


def _sum_of_products(
    fill: Callable[[slice, Array], None], n: int, q: int, order: Order
) -> Array:
    """Return ``Z' Z`` of a matrix of `n` rows and `q` columns.

    `fill` writes some of its rows at a time to an array that stays in the cache.
    """

    def part(rows: slice) -> Array:
        blocks = list(row_slices(rows.stop - rows.start, q, max(CROSS_ROWS, q)))
        space, out = np.empty(blocks[0].stop * q), np.zeros((q, q))
        for block in blocks:
            m = block.stop - block.start
            z = space[: m * q].reshape((m, q), order=order)
            fill(slice(rows.start + block.start, rows.start + block.stop), z)
            out += z.T @ z  # BLAS makes one half of it
        return out

    return sum_over_rows(part, n, q)


def _shifted(values: NDArray[Any], centre: Array) -> Array:
    """Return values less the centre of their columns, in float64."""
    return values - centre if centre.any() else values.astype(np.float64, copy=False)


def _centred_after(
    values: Array, side: Array, sums: Array, square: Array | float
) -> Array | None:
    """Return ``values values'`` of the centred matrix, which is not formed.

    None if that would cost digits: where a square falls by more than half.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        out = values @ values.T
        before = np.diagonal(out).copy()
        for rows in row_slices(len(out), len(out)):
            known = np.outer(side[rows], sums) + np.outer(sums[rows], side)
            out[rows] -= known - square
        kept = np.diagonal(out) >= 0.5 * before
    return out if kept.all() and np.isfinite(out).all() else None


@kernel
def _moments(
    values: NDArray[Any], weight: Array, shift: Array, first: Array, second: Array
) -> None:
    """Sum ``x - shift`` and its square, column by column."""
    for j in range(values.shape[1]):
        a, b = 0.0, 0.0
        for i in range(values.shape[0]):
            x = values[i, j] - shift[j]
            a += weight[i] * x
            b += weight[i] * x * x
        first[j], second[j] = a, b


@kernel
def _moments_by_row(
    values: NDArray[Any], weight: Array, shift: Array, first: Array, second: Array
) -> None:
    """Sum ``x - shift`` and its square, row by row."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            x = values[i, j] - shift[j]
            first[j] += weight[i] * x
            second[j] += weight[i] * x * x
