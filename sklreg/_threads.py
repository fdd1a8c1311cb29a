"""One BLAS thread for small products: they gain nothing from more.

Worse, on a busy machine each of them waits for the slowest thread. Many small products
that are added up may run in threads of our own instead; then BLAS must keep to one, for
its threads wait for more work long after a product.
"""

from __future__ import annotations

import contextlib
import functools
import math
import threading
from collections.abc import Iterator
from typing import Any

_SMALL = 1 << 22  # numbers in X: 32 MiB of float64
#: Numbers, and multiplications of a Gram matrix, of which BLAS makes one thread's work.
_TINY, _TINY_PRODUCT = 1 << 13, 1 << 17

_lock = threading.Lock()
_before: dict[Any, int] = {}  # the threads of each BLAS before the uses under way
_n_uses = 0


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread; the last of concurrent uses restores it."""
    global _n_uses  # noqa: PLW0603
    with _lock:
        if _n_uses == 0:
            _before.update((blas, blas.num_threads) for blas in _libraries())
            _set_threads(dict.fromkeys(_before, 1))
        _n_uses += 1
    try:
        yield
    finally:
        with _lock:
            _n_uses -= 1
            if _n_uses == 0:
                _set_threads(_before)
                _before.clear()


def n_own_threads() -> int:
    """Return how many threads may take the place of those that BLAS does without."""
    with _lock:
        return min(_before.values(), default=1)


def _set_threads(threads: dict[Any, int]) -> None:
    """Set the threads of each BLAS."""
    for blas, n in threads.items():
        if blas.num_threads != n:
            blas.set_num_threads(n)


@functools.cache
def _libraries() -> list[Any]:
    """Return the BLAS libraries that are loaded."""
    import scipy.linalg.blas  # noqa: F401  # the BLAS kernels call; load it first
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)


def blas_threads_for(
    shape: tuple[int, ...], *, in_moments: bool = False
) -> contextlib.AbstractContextManager[None]:
    """Limit BLAS to one thread for a matrix of few numbers, leave it alone for many.

    And for very few, of which it makes no threads: to set the limit takes time. Where
    least squares is solved `in_moments`, these are summed in threads of our own.
    """
    size = math.prod(shape)
    tiny = size <= _TINY and size * min(shape) <= _TINY_PRODUCT
    limited = (size <= _SMALL or in_moments) and not tiny
    return one_blas_thread() if limited else contextlib.nullcontext()
