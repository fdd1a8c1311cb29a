"""The rows of an epoch, portion by portion: as they are, or augmented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._random_numbers import child_key
from ..augmentation import Augmentation, augment_rows
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


def portions(
    data: Data,
    order: Order,
    batch_size: int,
    n_batches: int,
    recipe: tuple[Any, ...],
    key: np.uint64,
) -> Iterator[tuple[Data, Order]]:
    """Yield rows and the order to read them in, some mini-batches at a time.

    Without recipe they are all rows; else copies of the next ones, augmented mini-batch
    by mini-batch, which the next portion overwrites. So one kernel trains whatever the
    recipe is, and kernels of augmentations are compiled once each.

    Parameters
    ----------
    data : Data
        All rows.
    order : array of int
        Which rows the epoch consists of.
    batch_size, n_batches : int
        Rows of a mini-batch, and how many of these make a portion, at most.
    recipe : tuple of NamedTuple
        Records of augmentations.
    key : uint64
        Where the random numbers of the epoch come from.
    """
    if recipe:
        in_cache = _NUMBERS // (batch_size * data.rows.shape[1])
        n_batches = max(1, min(n_batches, in_cache))
    height = batch_size * n_batches
    for start in range(0, len(order), height):
        chosen = order[start : start + height]
        if recipe:
            first = start // batch_size
            yield _augmented(data, chosen, batch_size, first, recipe, key)
        else:
            yield data, chosen


def _augmented(
    data: Data,
    chosen: Order,
    batch_size: int,
    first: int,
    recipe: tuple[Any, ...],
    key: np.uint64,
) -> tuple[Data, Order]:
    source = data.rows.values
    X, y, weight = source[chosen], data.y[chosen], data.weight[chosen]
    for number, step in enumerate(recipe):
        own = np.uint64(child_key(key, number))
        augment_rows(step, X, y, weight, source, batch_size, first, own)
    return Data(DenseRows(X), y, weight), np.arange(len(chosen))
