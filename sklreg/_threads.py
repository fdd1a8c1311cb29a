"""One BLAS thread for small products: they gain nothing from more.

Worse, on a busy machine each of them waits for the slowest thread.
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
_limits: list[Any] = []  # of the first of the uses under way
_n_uses = 0


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread; the last of concurrent uses restores it."""
    global _n_uses  # noqa: PLW0603
    with _lock:
        if _n_uses == 0:
            _limits.append(_controller().limit(limits=1, user_api="blas"))
        _n_uses += 1
    try:
        yield
    finally:
        with _lock:
            _n_uses -= 1
            if _n_uses == 0:
                _limits.pop().restore_original_limits()


@functools.cache
def _controller() -> Any:
    import scipy.linalg.blas  # noqa: F401  # the BLAS kernels call; load it first
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def blas_threads_for(
    shape: tuple[int, ...],
) -> contextlib.AbstractContextManager[None]:
    """Limit BLAS to one thread for a matrix of few numbers, leave it alone for many.

    And for very few, of which it makes no threads: to set the limit takes time.
    """
    size = math.prod(shape)
    tiny = size <= _TINY and size * min(shape) <= _TINY_PRODUCT
    return (
        one_blas_thread() if size <= _SMALL and not tiny else contextlib.nullcontext()
    )
