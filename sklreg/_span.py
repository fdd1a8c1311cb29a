"""Loops from one number to another, of which Numba knows that none is negative."""

from __future__ import annotations

import numpy as np

from ._compile import kernel


@kernel
def span(start: int, stop: int) -> range:
    """Return ``range(start, stop)`` for `start` and `stop` of at least zero.

    Negative indices count from the end. Where a loop begins at a number that might be
    negative every index is asked for its sign, and the loop is not vectorised. For
    kernels alone: a compiled function cannot hand a range to Python.
    """
    return range(np.uintp(start), np.uintp(stop))
