"""Sums over rows, in threads of our own where that pays."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from .._threads import n_own_threads
from ._blocks import Array

#: Multiplications that a thread is worth, and the most chunks that rows are cut into.
_WORTHWHILE, _MOST = 2.5e7, 16
#: Rows of a chunk for each column, at least: what chunks are added up to is smaller.
_ROWS_PER_COLUMN = 4


def sum_over_rows(part: Callable[[slice], Array], n: int, q: int) -> Array:
    """Return the sum of ``part(rows)`` over `n` rows: products of `q` columns.

    Where BLAS is limited to one thread, its others each take a chunk of rows, which
    does more than as many threads of BLAS for each block of a chunk. What the chunks
    are depends on sizes alone, and they are added in order: the sum is the same for any
    number of threads.
    """
    wanted = min(
        _MOST, int(0.5 * n * q * q / _WORTHWHILE), n // (_ROWS_PER_COLUMN * max(q, 1))
    )
    height = -(-n // max(wanted, 1))
    chunks = [slice(i, min(i + height, n)) for i in range(0, n, height)]
    n_threads = min(len(chunks), n_own_threads())
    if n_threads == 1:
        return _added(map(part, chunks))
    contexts = [contextvars.copy_context() for _ in chunks]  # how NumPy treats errors
    with ThreadPoolExecutor(n_threads) as pool:
        return _added(pool.map(lambda it, rows: it.run(part, rows), contexts, chunks))


def _added(parts: Iterator[Array]) -> Array:
    """Return the sum of some arrays, in the first of them."""
    total = next(parts)
    for each in parts:
        total += each
    return total
