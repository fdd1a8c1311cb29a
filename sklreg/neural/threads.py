"""One BLAS thread while training: small products gain nothing from more.

The result then does not depend on the number of threads either.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_limits: list[Any] = []  # of the first of the trainings under way
_n_training = 0


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS to one thread; of concurrent uses the last to end restores it."""
    global _n_training  # noqa: PLW0603
    with _lock:
        if _n_training == 0:
            _limits.append(_controller().limit(limits=1, user_api="blas"))
        _n_training += 1
    try:
        yield
    finally:
        with _lock:
            _n_training -= 1
            if _n_training == 0:
                _limits.pop().restore_original_limits()


@functools.cache
def _controller() -> Any:
    import scipy.linalg.blas  # noqa: F401  # the BLAS kernels call; load it first
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
