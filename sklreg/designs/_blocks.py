"""Walking through a matrix in blocks of rows, each a small float64 array."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Numbers in one block: 1 MiB of float64, which stays in a core's cache.
BLOCK_SIZE = 1 << 17
#: The least number of rows of a block whose cross product is taken: to add that up must
#: not be the larger work.
CROSS_ROWS = 512


def row_slices(n_rows: int, n_columns: int, least: int = 1) -> Iterator[slice]:
    """Yield slices that cover the rows, about `BLOCK_SIZE` numbers each."""
    height = max(least, BLOCK_SIZE // max(1, n_columns))
    for start in range(0, n_rows, height):
        yield slice(start, min(start + height, n_rows))


def adjoining(sizes: Iterable[int]) -> list[slice]:
    """Return where parts of these sizes lie, one after the other."""
    ends = [0, *itertools.accumulate(sizes)]
    return list(map(slice, ends[:-1], ends[1:]))


def column_sums(r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums of the columns of a matrix of many rows and few columns."""
    return np.ones(len(r)) @ r
