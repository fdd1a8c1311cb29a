"""Arrays as kernels see them: of few types, for each of which all is compiled anew."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that cannot be written: one array type for Numba, whatever came."""
    view = array.view()
    view.flags.writeable = False
    return view


def narrow(indices: NDArray[Any], limit: int) -> NDArray[Any]:
    """Return indices of 32 bits if all are below `limit` and that is enough.

    What is compiled for these serves all but the largest matrices. Those that are, of
    whatever sign, are not copied.
    """
    is_narrow = indices.itemsize <= 4
    enough = limit <= np.iinfo(np.int32).max
    return indices.astype(np.int32) if enough and not is_narrow else indices
