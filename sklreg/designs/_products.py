"""A dense matrix times a few vectors, which reads it once and makes no copy.

BLAS reads it once for each vector or copies it first, and never sums float32 in
float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ._blocks import Array

#: Numbers of a row or column that stay in the cache, one vector after the other.
_BLOCK = 1024


def times_few(values: NDArray[Any], w: Array) -> Array:
    """Return ``values w`` for `w` of shape (n_columns, k), `k` small."""
    if not values.flags.f_contiguous:
        out = np.zeros((len(values), w.shape[1]))
        _by_row(values, np.ascontiguousarray(w.T), out)
        return out
    used = np.flatnonzero(w.any(axis=1))
    out = np.zeros((w.shape[1], len(values)))
    _by_column(values, used, np.ascontiguousarray(w[used]), out)
    return np.ascontiguousarray(out.T)


@kernel
def _by_row(values: NDArray[Any], w: Array, out: Array) -> None:
    """Add products with the rows of `w` to the columns of `out`.

    Four rows at a time, so that `w` is read a quarter as often.
    """
    n, p = values.shape
    for start in range(0, p, _BLOCK):
        stop = min(start + _BLOCK, p)
        for i in range(0, n - 3, 4):
            x0, x1 = values[i, start:stop], values[i + 1, start:stop]
            x2, x3 = values[i + 2, start:stop], values[i + 3, start:stop]
            for c in range(w.shape[0]):
                vector, sum0, sum1, sum2, sum3 = w[c, start:stop], 0.0, 0.0, 0.0, 0.0
                for j in range(stop - start):
                    sum0 += x0[j] * vector[j]
                    sum1 += x1[j] * vector[j]
                    sum2 += x2[j] * vector[j]
                    sum3 += x3[j] * vector[j]
                out[i, c] += sum0
                out[i + 1, c] += sum1
                out[i + 2, c] += sum2
                out[i + 3, c] += sum3
        for i in range(n - n % 4, n):
            for c in range(w.shape[0]):
                for j in range(start, stop):
                    out[i, c] += values[i, j] * w[c, j]


@kernel
def _by_column(
    values: NDArray[Any], used: NDArray[np.intp], w: Array, out: Array
) -> None:
    """Add the `used` columns times the rows of `w` to the rows of `out`.

    Four at a time, so that the sums are read and written a quarter as often.
    """
    n, m = values.shape[0], used.shape[0]
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        for a in range(0, m - 3, 4):
            x0, x1 = values[start:stop, used[a]], values[start:stop, used[a + 1]]
            x2, x3 = values[start:stop, used[a + 2]], values[start:stop, used[a + 3]]
            for c in range(out.shape[0]):
                w0, w1, w2, w3 = w[a, c], w[a + 1, c], w[a + 2, c], w[a + 3, c]
                total = out[c, start:stop]
                for i in range(stop - start):
                    total[i] += w0 * x0[i] + w1 * x1[i] + w2 * x2[i] + w3 * x3[i]
        for a in range(m - m % 4, m):
            x = values[start:stop, used[a]]
            for c in range(out.shape[0]):
                total = out[c, start:stop]
                for i in range(stop - start):
                    total[i] += w[a, c] * x[i]
