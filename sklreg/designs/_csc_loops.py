"""Loops over the columns of a CSC matrix, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ._blocks import Array

#: A sum of squares that leaves less than this share of what was summed is taken again.
_CANCELLED = 1e-3


@kernel
def count_entries(
    design: Any, columns: NDArray[np.intp], weight: Array, indptr: NDArray[Any]
) -> None:
    """Write where some columns end, the first one begins where `indptr` does.

    Entries in rows of weight zero do not count; without weights all do.
    """
    for k in range(columns.shape[0]):
        start, stop = design.indptr[columns[k]], design.indptr[columns[k] + 1]
        end = np.uint64(indptr[k])
        if weight.shape[0] == 0:
            end += np.uint64(stop - start)
        else:
            for at in range(start, stop):
                end += np.uint64(weight[design.indices[at]] != 0.0)
        indptr[k + 1] = end


@kernel
def copy_columns(
    design: Any,
    columns: NDArray[np.intp],
    weight: Array,
    indptr: NDArray[Any],
    data: NDArray[Any],
    indices: NDArray[Any],
) -> None:
    """Write the entries of some columns that count, each from its place on."""
    for k in range(columns.shape[0]):
        start, stop = design.indptr[columns[k]], design.indptr[columns[k] + 1]
        to = np.uint64(indptr[k])
        if weight.shape[0] == 0:
            for at in range(start, stop):
                data[to + np.uint64(at - start)] = design.data[at]
                indices[to + np.uint64(at - start)] = design.indices[at]
        else:
            for at in range(start, stop):
                if weight[design.indices[at]] != 0.0:
                    data[to], indices[to] = design.data[at], design.indices[at]
                    to += np.uint64(1)


@kernel
def pairs_in_rows(design: Any, columns: NDArray[np.intp], in_rows: Array) -> float:
    """Return the sum of the squared numbers of entries in each row, counted anew.

    Of some columns; the numbers are zero before.
    """
    total = 0.0
    for j in columns:
        for at in range(design.indptr[j], design.indptr[j + 1]):
            i = design.indices[at]
            total += 2.0 * in_rows[i] + 1.0
            in_rows[i] += 1.0
    return total


@kernel
def add_columns(design: Any, w: Array, out: Array) -> None:
    for j in range(w.shape[0]):
        for c in range(w.shape[1]):
            if w[j, c] != 0.0:
                design.add_column(j, w[j, c], out[c])


@kernel
def column_dots(design: Any, r: Array, out: Array) -> None:
    for j in range(out.shape[1]):
        for c in range(out.shape[0]):
            out[c, j] = design.column_dot(j, r[c])


@kernel
def cross_columns(
    design: Any,
    other: Any,
    starts: NDArray[Any],
    weight: Array,
    symmetric: bool,
    out: Array,
) -> None:
    """Add ``X' diag(weight) Y`` to `out`, `other` is `Y'`; its lower half is copied.

    That is, if `symmetric`: when column `j` comes to a row, the row's next entry is in
    column `j`.
    """
    for j in range(out.shape[0]):
        products = out[j]
        for at in range(design.indptr[j], design.indptr[j + 1]):
            i = design.indices[at]
            factor = weight[i] * design.data[at]
            for b in range(starts[i], other.indptr[i + 1]):
                products[other.indices[b]] += factor * other.data[b]
            starts[i] += symmetric
        if symmetric:
            for k in range(j):
                products[k] = out[k, j]


@kernel
def column_spread(design: Any, weight: Array, mean: Array, variance: Array) -> None:
    """Sum each column about one of its entries, and about their mean if digits cancel.

    The entries present, of mean `m` and weight `present`, and the zeros together have
    the variance of the former plus ``present (1 - present) m^2``.
    """
    n_weighty = 0
    for i in range(weight.shape[0]):
        n_weighty += weight[i] != 0.0
    for j in range(mean.shape[0]):
        start, stop = design.indptr[j], design.indptr[j + 1]
        m, spread, present, absent = 0.0, 0.0, 0.0, 1.0
        if stop > start:
            m = np.float64(design.data[start])
        for _ in range(2):
            present, first, second, n_present = 0.0, 0.0, 0.0, 0
            for at in range(start, stop):
                w = weight[design.indices[at]]
                x = design.data[at] - m
                n_present += w > 0.0
                present += w
                first += w * x
                second += w * x * x
            if n_present == 0:
                break
            absent = 0.0 if n_present == n_weighty else max(1.0 - present, 0.0)
            m += first / present
            spread = max(second - first * first / present, 0.0)
            if spread >= _CANCELLED * second:
                break
        mean[j] = m * (1.0 if absent == 0.0 else present)
        variance[j] = spread + present * absent * m * m
