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

    Four rows and two vectors at a time, so that both are read less often.
    """
    n, p = values.shape
    k = w.shape[0]
    for start in range(0, p, _BLOCK):
        stop = min(start + _BLOCK, p)
        for i in range(0, n - 3, 4):
            x0, x1 = values[i, start:stop], values[i + 1, start:stop]
            x2, x3 = values[i + 2, start:stop], values[i + 3, start:stop]
            for c in range(0, k - 1, 2):
                u, v = w[c, start:stop], w[c + 1, start:stop]
                u0 = u1 = u2 = u3 = v0 = v1 = v2 = v3 = 0.0
                for j in range(stop - start):
                    u0 += x0[j] * u[j]
                    u1 += x1[j] * u[j]
                    u2 += x2[j] * u[j]
                    u3 += x3[j] * u[j]
                    v0 += x0[j] * v[j]
                    v1 += x1[j] * v[j]
                    v2 += x2[j] * v[j]
                    v3 += x3[j] * v[j]
                _add_four(out[i : i + 4, c], u0, u1, u2, u3)
                _add_four(out[i : i + 4, c + 1], v0, v1, v2, v3)
            if k % 2 == 1:
                u, u0, u1, u2, u3 = w[k - 1, start:stop], 0.0, 0.0, 0.0, 0.0
                for j in range(stop - start):
                    u0 += x0[j] * u[j]
                    u1 += x1[j] * u[j]
                    u2 += x2[j] * u[j]
                    u3 += x3[j] * u[j]
                _add_four(out[i : i + 4, k - 1], u0, u1, u2, u3)
        for i in range(n - n % 4, n):
            for c in range(k):
                for j in range(start, stop):
                    out[i, c] += values[i, j] * w[c, j]


@kernel
def _add_four(out: Array, a: float, b: float, c: float, d: float) -> None:
    out[0] += a
    out[1] += b
    out[2] += c
    out[3] += d


@kernel
def _by_column(
    values: NDArray[Any], used: NDArray[np.intp], w: Array, out: Array
) -> None:
    """Add the `used` columns times the rows of `w` to the rows of `out`.

    Four columns and two vectors at a time, so that both are read less often.
    """
    n, m, k = values.shape[0], used.shape[0], out.shape[0]
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        for a in range(0, m - 3, 4):
            x0, x1 = values[start:stop, used[a]], values[start:stop, used[a + 1]]
            x2, x3 = values[start:stop, used[a + 2]], values[start:stop, used[a + 3]]
            for c in range(0, k - 1, 2):
                u0, u1, u2, u3 = w[a, c], w[a + 1, c], w[a + 2, c], w[a + 3, c]
                d = c + 1
                v0, v1, v2, v3 = w[a, d], w[a + 1, d], w[a + 2, d], w[a + 3, d]
                u, v = out[c, start:stop], out[d, start:stop]
                for i in range(stop - start):
                    u[i] += u0 * x0[i] + u1 * x1[i] + u2 * x2[i] + u3 * x3[i]
                    v[i] += v0 * x0[i] + v1 * x1[i] + v2 * x2[i] + v3 * x3[i]
            if k % 2 == 1:
                c, u = k - 1, out[k - 1, start:stop]
                u0, u1, u2, u3 = w[a, c], w[a + 1, c], w[a + 2, c], w[a + 3, c]
                for i in range(stop - start):
                    u[i] += u0 * x0[i] + u1 * x1[i] + u2 * x2[i] + u3 * x3[i]
        for a in range(m - m % 4, m):
            x = values[start:stop, used[a]]
            for c in range(k):
                u = out[c, start:stop]
                for i in range(stop - start):
                    u[i] += w[a, c] * x[i]
