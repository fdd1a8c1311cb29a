"""Columns shifted and scaled: a wrapper, never formed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ._blocks import Array, column_sums
from ._reserve import Reserve

Indices = NDArray[np.intp]

#: A column whose spread is below this share of its mean is constant up to rounding.
_CONSTANT = 16 * np.finfo(np.float64).eps


class Standardized(NamedTuple):
    """The matrix ``(X[i, j] - mean[j]) / scale[j]`` of the design `X`.

    An infinite scale makes a column exactly zero.
    """

    design: Any
    mean: Array
    scale: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.design.shape

    @property
    def n_entries(self) -> int:
        """Return how many numbers are stored."""
        return int(self.design.n_entries)

    def column_entries(self) -> NDArray[Any]:
        """Return how many numbers each column stores."""
        return np.asarray(self.design.column_entries())

    def cross_work(
        self, enough: float = np.inf, columns: Indices | None = None
    ) -> float:
        """Return about how many multiplications ``X' X`` takes the time of.

        That is of some columns, or of all; or some number above `enough`, if that is
        known to be too few.
        """
        return float(self.design.cross_work(enough, columns))

    def epoch_work(self) -> float:
        """Return about how many multiplications one pass over all columns takes."""
        return float(self.design.epoch_work())

    def matvec(self, w: Array) -> Array:
        """Return ``X (w / scale) - mean' (w / scale)``."""
        w = w / self.scale[:, None]
        return self.design.matvec(w) - self.mean @ w

    def rmatvec(self, r: Array) -> Array:
        """Return ``(X' r - mean sum(r)) / scale``, vector after vector in memory."""
        products = np.ascontiguousarray(self.design.rmatvec(r).T)
        _standardize(self.mean, self.scale, column_sums(r), products)
        return products.T

    def cross(self, other: Standardized, weight: Array) -> Array:
        """Return ``X' diag(weight) Y`` of the centred and scaled columns."""
        out = self.design.cross(other.design, weight, self.mean, other.mean)
        out /= other.scale
        out /= self.scale[:, None]
        return out

    def gram(self, weight: Array) -> tuple[Array, Array]:
        """Return ``X' diag(weight) X`` and ``X' weight``, in one pass if that pays."""
        square, sums = self.design.gram(weight, self.mean)
        square /= self.scale
        square /= self.scale[:, None]
        return square, sums / self.scale

    def pulled(self, others: list[Standardized], pull: Array) -> tuple[Array, Array]:
        """Return ``A' A`` and ``A' pull'`` of this design and others of the same rows.

        ``A = [diag(pull_1) X_1, diag(pull_2) X_2, ...]`` of the centred and scaled
        columns, with a row of `pull` for each design. The blocks of each design with
        itself are the caller's to write.
        """
        every = [self, *others]
        centres = [each.mean for each in every]
        designs = [each.design for each in others]
        square, sums = self.design.pulled(designs, centres, pull)
        scale = np.concatenate([each.scale for each in every])
        square /= scale
        square /= scale[:, None]
        return square, sums / scale[:, None]

    def formed(self) -> Standardized:
        """Return the same, with dense columns shifted and scaled, and contiguous.

        That is a copy, unless they are.
        """
        if (
            not self.mean.any()
            and (self.scale == 1.0).all()
            and self.design.is_formed()
        ):
            return self
        return Standardized(*self.design.formed(self.mean, self.scale))

    def to_array(self) -> Array:
        """Return the centred and scaled columns, formed."""
        return (self.design.to_array() - self.mean) / self.scale

    def outer(self) -> Array:
        """Return ``X X'`` of the centred and scaled columns."""
        return self.design.outer(self.mean, 1.0 / self.scale**2)

    def take(self, columns: NDArray[np.intp]) -> Standardized:
        """Return the design of some columns."""
        return Standardized(
            *self.design.take(columns, self.mean[columns], self.scale[columns])
        )

    def collected(
        self,
        columns: NDArray[np.intp],
        weight: Array,
        before: Standardized,
        reserve: Reserve,
    ) -> Standardized:
        """Return the columns `before` and some of these behind them.

        They are right in rows of some weight; what is in others may differ. Nothing is
        copied twice if all that is collected with this `reserve` is from before.
        """
        design, mean, scale = self.design.collected(
            columns,
            self.mean[columns],
            self.scale[columns],
            weight,
            before.design,
            reserve,
        )
        return Standardized(
            design, np.append(before.mean, mean), np.append(before.scale, scale)
        )

    def last_columns(self, m: int) -> Standardized:
        """Return the last `m` columns, at least one; they are not copied."""
        return Standardized(
            self.design.last_columns(m), self.mean[-m:], self.scale[-m:]
        )

    def row_blocks(self, n_columns: int) -> Iterator[tuple[Standardized, slice]]:
        """Yield designs of blocks of rows, and which rows; nothing is copied.

        They are as large as copies of so many columns may be.
        """
        for part, rows in self.design.row_blocks(n_columns):
            yield self._replace(design=part), rows

    def parts(self, rows: Indices) -> Iterator[tuple[Standardized, Indices]]:
        """Yield designs of some rows, a part at a time, and which rows these are."""
        for part, some in self.design.parts(rows):
            yield self._replace(design=part), some

    def joined(self, other: Standardized) -> Standardized:
        """Return the columns of both."""
        return Standardized(
            self.design.joined(other.design),
            np.append(self.mean, other.mean),
            np.append(self.scale, other.scale),
        )


@kernel
def _standardize(mean: Array, scale: Array, sums: Array, out: Array) -> None:
    """Make ``r' X`` that of the shifted and scaled columns, in place."""
    for c in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[c, j] = (out[c, j] - mean[j] * sums[c]) / scale[j]


def is_constant(deviation: Array, mean: Array) -> NDArray[np.bool_]:
    """Tell which columns vary by rounding only."""
    return deviation <= _CONSTANT * np.abs(mean)


def standardized(
    design: Any, weight: Array, *, centre: bool, scale: bool
) -> tuple[Standardized, Array]:
    """Wrap `design` and return it with the norms of its columns.

    With `centre`, columns get weighted mean zero and constant ones become exactly
    zero. With `scale`, columns are divided by their weighted standard deviation, or,
    uncentred, by the same. The norm is ``sqrt(sum_i weight_i x_ij^2)``.
    """
    mean, deviation = design.moments(weight)
    return standardized_by(design, mean, deviation, centre=centre, scale=scale)


def standardized_by(
    design: Any, mean: Array, deviation: Array, *, centre: bool, scale: bool
) -> tuple[Standardized, Array]:
    """Do the same with means and standard deviations that are known."""
    constant = is_constant(deviation, mean)
    ones = np.ones_like(mean)
    divisor = np.where(constant, ones, deviation) if scale else ones
    if centre:
        divisor = np.where(constant, np.inf, divisor)
    else:
        mean, deviation = np.zeros_like(mean), np.hypot(mean, deviation)
    with np.errstate(invalid="ignore"):  # an overflow shows in the norms
        return Standardized(design, mean, divisor), deviation / divisor
