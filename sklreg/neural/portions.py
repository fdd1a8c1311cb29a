"""The rows of an epoch, portion by portion: as they are, or augmented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._random_numbers import child_key
from ..augmentation import Augmentation, augment_rows
from ..designs import read_only
from .objective import Data
from .rows import DenseRows

Order = NDArray[np.intp]

#: Numbers that are augmented at a time: they stay in the cache.
_NUMBERS = 1 << 18


def recipe(augmentation: Any, rows: Any) -> tuple[Any, ...]:
    """Return the records of augmentations, in the order in which they are applied.

    Parameters
    ----------
    augmentation : None, Augmentation, or list or tuple of them
        As the user wrote it.
    rows : DenseRows or SparseRows
        The training rows.
    """
    if augmentation is None:
        return ()
    is_sparse = not isinstance(rows, DenseRows)
    steps = augmentation if isinstance(augmentation, list | tuple) else [augmentation]
    for step in steps:
        if not isinstance(step, Augmentation):
            msg = (
                "augmentation must be an object of sklreg.augmentation, or a list of "
                f"them, got {step!r}."
            )
            raise ValueError(msg)  # noqa: TRY004
        if is_sparse:
            msg = (
                f"augmentation={step!r} would fill the zeros of a sparse X; pass "
                "X.toarray(), or augmentation=None."
            )
            raise ValueError(msg)
    return tuple(step.record(rows.shape[1]) for step in steps)


class Portion(NamedTuple):
    """Some consecutive mini-batches of an epoch."""

    data: Data
    order: Order  # which rows of the data to read
    bounds: Order  # where in the order each mini-batch begins, and the end
    batches: slice  # which they are


def portions(
    data: Data,
    order: Order,
    bounds: Order,
    n_batches: int,
    recipe: tuple[Any, ...],
    key: np.uint64,
) -> Iterator[Portion]:
    """Yield an epoch in portions.

    Without recipe they refer to all rows; else to copies of their own, augmented
    mini-batch by mini-batch. So one kernel trains whatever the recipe is, and kernels
    of augmentations are compiled once each.

    Parameters
    ----------
    data : Data
        All rows.
    order : array of int
        Which rows the epoch consists of.
    bounds : array of int
        Where in the order each mini-batch begins, and the end.
    n_batches : int
        Mini-batches of a portion, at most.
    recipe : tuple of NamedTuple
        Records of augmentations.
    key : uint64
        Where the random numbers of the epoch come from.
    """
    if recipe:
        in_cache = _NUMBERS // (int(np.diff(bounds).max()) * data.rows.shape[1])
        n_batches = max(1, min(n_batches, in_cache))
    for start in range(0, len(bounds) - 1, n_batches):
        batches = slice(start, start + n_batches)
        part = Portion(data, order, bounds[start : start + n_batches + 1], batches)
        yield _augmented(part, recipe, key) if recipe else part


def _augmented(part: Portion, recipe: tuple[Any, ...], key: np.uint64) -> Portion:
    start, stop = part.bounds[0], part.bounds[-1]
    bounds, chosen = part.bounds - start, part.order[start:stop]
    source, first = part.data.rows.values, part.batches.start
    X, y, weight = source[chosen], part.data.y[chosen], part.data.weight[chosen]
    marks = part.data.marks[chosen]
    for number, step in enumerate(recipe):
        own = np.uint64(child_key(key, number))
        augment_rows(step, X, y, weight, source, bounds, first, own)
    data = Data(DenseRows(read_only(X)), y, weight, marks)
    return Portion(data, np.arange(len(chosen)), bounds, part.batches)
