"""A dense matrix in C or Fortran order, float64 or float32."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._blocks import Array, add_cross, row_slices


class Dense(NamedTuple):
    """The array `values` of shape (n_samples, n_features), never copied as a whole.

    float32 is read block by block; every sum is taken in float64.
    """

    values: NDArray[Any]

    @property
    def shape(self) -> tuple[int, int]:
        """Return (n_samples, n_features)."""
        return self.values.shape

    def matvec(self, w: Array) -> Array:
        """Return ``X w`` for `w` of shape (n_features, k)."""
        if self.values.dtype == np.float64:
            return self.values @ w
        out = np.empty((self.shape[0], w.shape[1]))
        for rows in row_slices(*self.shape):
            out[rows] = self.values[rows].astype(np.float64) @ w
        return out

    def rmatvec(self, r: Array) -> Array:
        """Return ``X' r`` for `r` of shape (n_samples, k)."""
        if self.values.dtype == np.float64:
            return self.values.T @ r
        out = np.zeros((self.shape[1], r.shape[1]))
        for rows in row_slices(*self.shape):
            out += self.values[rows].astype(np.float64).T @ r[rows]
        return out

    def cross(
        self, other: Dense, weight: Array, centre: Array, other_centre: Array
    ) -> Array:
        """Return ``(X - 1 centre')' diag(weight) (Y - 1 other_centre')``."""
        width = max(self.shape[1], other.shape[1])
        out = np.zeros((self.shape[1], other.shape[1]))
        for rows in row_slices(self.shape[0], width):
            left = right = self.values[rows] - centre
            if other is not self:
                right = other.values[rows] - other_centre
            add_cross(left, right, weight[rows], out)
        return out

    def outer(self, mean: Array, factor: Array) -> Array:
        """Return ``(X - 1 mean') diag(factor) (X - 1 mean')'``, n_samples squared."""
        n, p = self.shape
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
        with np.errstate(over="ignore", invalid="ignore"):  # infinite is told later
            for rows in row_slices(*self.shape):
                block = self.values[rows] - shift
                first += weight[rows] @ block
                block *= block
                second += weight[rows] @ block
            variance = np.maximum(second - first * first, 0.0)
            return shift + first, np.sqrt(variance)

    def take(self, columns: NDArray[np.intp]) -> Dense:
        """Return the design of some columns, contiguous column by column."""
        return Dense(np.asfortranarray(self.values[:, columns]))
